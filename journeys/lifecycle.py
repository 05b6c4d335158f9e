"""The life of a journey on the running job: what was said about it, and what follows for people.

A journey has at most one live version, and beside it at most one that is rehearsed. Whatever is
said about it - publish, pause, resume, close, stop, roll back - has a revision, a number that only
grows; each walk knows the latest revision that it has followed. What changes the place of people
inside is kept as a `Turn`; a walk follows the turns that it has not followed yet, in order, at its
next activation.

    draft ── publish ──> live ── close ──> closed ── everybody has left ──> finished
      │                  │  ^ └─ pause ──> paused ── resume ──> live
      │                  │  └── roll back ── (a version before is live again)
      │                  └──── stop ──> stopped
      └── test, dry run, shadow ── publish ──> live
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from journeys.mode import InFlight, Mode
from journeys.outcomes import Reason

PausedFor = Literal["hold", "discard"]
"""What becomes of people who come to a step that acts while the journey is paused."""


class Status(StrEnum):
    """Where a version of a journey stands."""

    LIVE = "live"
    """People enter it."""
    PAUSED = "paused"
    """Nobody enters, and nobody is sent anything, until it is resumed."""
    CLOSED = "closed"
    """Nobody enters; those inside go on."""
    FINISHED = "finished"
    """Nobody enters, and nobody is inside."""
    STOPPED = "stopped"
    """Nobody enters, and everybody inside has been let out."""
    TEST = "test"
    """Only flagged people enter it."""
    DRY_RUN = "dry_run"
    """People enter it, and nothing is sent."""
    SHADOW = "shadow"
    """It runs beside the live version, and nothing is sent."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes of those inside other versions from a revision on."""

    revision: int
    version: int
    """The version that is meant to have people from now on; 0: none is."""
    in_flight: InFlight = "finish"
    """What becomes of people at steps that are not named otherwise."""
    exceptions: Mapping[str, InFlight] = field(default_factory=dict)
    """Step to what becomes of people there instead."""
    moves: Mapping[str, str] = field(default_factory=dict)
    """Step of the version they are in to the step they move to; others keep their name."""
    reason: Reason = Reason.FORCED
    """Why people exit, where they do."""

    def fate(self, step: str) -> InFlight:
        """Say what becomes of people at a step."""
        return self.exceptions.get(step, self.in_flight)

    @property
    def reaches_people(self) -> bool:
        """Say whether anybody's place may change by it."""
        return {self.in_flight, *self.exceptions.values()} != {"finish"}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A version that is tried before it is published."""

    version: int
    mode: Mode
    longest_wait_ms: int | None = None
    """In a test no wait is longer; None: as written."""
    revision: int = 0
    """When it was said: a trial that is begun again begins with nobody."""

    @property
    def run(self) -> str:
        """Name it among all rehearsals of its journey."""
        return f"{self.mode}/{self.revision}"


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause, and what becomes of people who come to a step that acts."""

    then: PausedFor = "hold"
    until: int | None = None
    """Instant, in milliseconds, at which it ends by itself."""
    why: str | None = None
    """For people, where somebody said."""

    def holds_at(self, now: int) -> bool:
        """Say whether the pause is on."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What holds of one journey."""

    revision: int = 0
    """Of the latest thing said."""
    live: int | None = None
    """The version that people enter, if they may; None while there are only rehearsals."""
    former: int | None = None
    """The version that was live before."""
    rehearsal: Rehearsal | None = None
    pause: Pause | None = None
    closed: bool = False
    stopped: bool = False
    finished: bool = False
    """Whether everybody has left after it was closed or stopped."""
    turns: tuple[Turn, ...] = ()
    uncounted: int = 0
    """Versions up to this one are never let go of: a release that did not count who is inside may
    have people in them."""

    # What can be said.

    def publish(self, turn: Turn) -> Lifecycle:
        """Make a version live; a pause goes on, so that a mended version can be looked at first."""
        rehearsal = self.rehearsal
        if rehearsal is not None and rehearsal.version <= turn.version:
            rehearsal = None
        return Lifecycle(
            revision=turn.revision,
            live=turn.version,
            former=self.live,
            rehearsal=rehearsal,
            pause=self.pause,
            turns=(*self.turns, turn) if self.live is not None else self.turns,
            uncounted=self.uncounted,
        )

    def rehearse(self, revision: int, rehearsal: Rehearsal | None) -> Lifecycle:
        """Try a version, or end the trial."""
        return replace(self, revision=revision, rehearsal=rehearsal)

    def pause_for(self, revision: int, pause: Pause) -> Lifecycle:
        """Let nobody enter and nothing be sent."""
        return replace(self, revision=revision, pause=pause)

    def resume(self, revision: int) -> Lifecycle:
        """Go on after a pause."""
        return replace(self, revision=revision, pause=None)

    def close(self, revision: int) -> Lifecycle:
        """Let nobody enter any more; those inside go on."""
        return replace(self, revision=revision, closed=True)

    def stop(self, revision: int) -> Lifecycle:
        """Let nobody enter any more, and everybody out."""
        turn = Turn(revision, 0, "exit", reason=Reason.STOPPED)
        # Whoever has not followed the turns before leaves all the same.
        return replace(
            self, revision=revision, stopped=True, pause=None, rehearsal=None, turns=(turn,)
        )

    def without(self, version: int) -> Lifecycle:
        """Let go of a version that nobody is inside of; going back to it brings it along."""
        return replace(self, finished=self.finished or version == self.live)

    # What follows.

    def mode(self, version: int) -> Mode | None:
        """Say how people enter a version, if there is a way."""
        if version == self.live:
            return Mode.LIVE
        rehearsal = self.rehearsal
        return rehearsal.mode if rehearsal is not None and rehearsal.version == version else None

    def refusal(self, mode: Mode, now: int) -> Reason | None:
        """Say why nobody enters, if so."""
        if mode is not Mode.LIVE:
            return None
        if self.stopped:
            return Reason.STOPPED
        if self.closed:
            return Reason.CLOSED
        return Reason.PAUSED if self.paused_at(now) is not None else None

    def paused_at(self, now: int) -> Pause | None:
        """Give the pause, while it is on."""
        pause = self.pause
        return pause if pause is not None and pause.holds_at(now) else None

    def turns_after(self, revision: int) -> Iterator[Turn]:
        """Give what a walk that has followed a revision has still to follow, in order."""
        return (turn for turn in self.turns if turn.revision > revision)

    def status(self, version: int, now: int) -> Status:
        """Say where a version stands."""
        mode = self.mode(version)
        if mode is not None and mode is not Mode.LIVE:
            return Status(mode.value)
        if self.stopped:
            return Status.STOPPED
        if mode is None or self.closed:
            return Status.FINISHED if mode is not None and self.finished else Status.CLOSED
        return Status.PAUSED if self.paused_at(now) is not None else Status.LIVE

    def was_live(self, version: int) -> bool:
        """Say whether people may be inside a version who entered it for real."""
        past = (turn.version for turn in self.turns)
        return self.live is not None and (version <= self.live or version in past)

    def is_entered(self, version: int) -> bool:
        """Say whether a version may still get people."""
        if version == self.live:
            return not (self.closed or self.stopped)
        return self.mode(version) is not None

    def is_kept(self, version: int) -> bool:
        """Say whether the job must keep a version though nobody is known to be inside."""
        return version <= self.uncounted or self.is_entered(version)


@dataclass(frozen=True, slots=True)
class Change:
    """What a command made of its journey, which may be nothing."""

    before: Lifecycle | None
    after: Lifecycle | None


def inverted(moves: Mapping[str, str]) -> dict[str, str]:
    """Turn a map of moves round; of several steps that led to one, the first counts."""
    back: dict[str, str] = {}
    for before, after in moves.items():
        back.setdefault(after, before)
    return back
