"""Who is inside a version, and which of them have still to be told what was said.

Who is inside a version is kept in `BUCKETS` parts, by person. When something is said of a journey,
each part of each version gets a `Sweep`; it nudges those who have not followed yet, at a bounded
rate and again until they have, and says how many are inside and how many are behind. A version that
nobody enters any more, and that has been empty for a while, is retired.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from zlib import crc32

from journeys.fixed import fixed

BUCKETS = 16
"""Parts of those inside a version. Part of every savepoint: never changed."""
RATE = 5_000
"""People a second who are nudged, over all parts (`journey-semantics` A.14: resuming drains so)."""
TICK_MS = 100
"""How often a part sends nudges while some are behind."""
PER_TICK = RATE * TICK_MS // 1000 // BUCKETS
AGAIN_MS = 5_000
"""How long a part waits for those it has nudged, before it nudges those left again."""
FILL = 20_000
"""How many people of a part are lined up at once: what stands in line is kept in memory."""
TELL_MS = 2_000
"""How soon a part says who is inside, once that has changed."""
PARTS_A_SECOND = 50
"""Parts that a subtask lets say so, at most: counting must not take more time than deciding where
there are many versions."""
SAY_MS = 500
"""How soon it is said how many are inside a version, once a part has said something."""
VERSIONS_A_SECOND = 50
"""Versions of which a subtask says so, at most."""
RETIRE_AFTER_MS = 15_000
"""How long a version must have been empty: a person may be on the way in where it is not known yet
that nobody enters any more."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Tell those inside what was said."""

    revision: int
    """What they are to follow."""
    nudges: bool
    """Whether anybody's place may change, so that each must be told."""
    collects: bool
    """Whether nobody enters this version any more, so that it can go when it is empty."""
    retires: bool = False
    """Whether it has gone, so that nothing need be remembered of it."""
    keeps_ms: int = 0
    """How long the version is needed after the last has left: for successes of its experiments."""


@fixed
class Place:
    """Somebody inside a version, or no more."""

    instance_id: str
    profile_id: str
    revision: int | None
    """What was said of the journey and followed; None: the walk is in this version no more."""


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How many are inside a part of a version."""

    bucket: int
    inside: int
    behind: int
    """How many of them have not followed the latest sweep."""
    revision: int
    """Of the latest sweep; 0: there was none."""
    collects: bool
    keeps_ms: int = 0


@dataclass(slots=True)
class Part:
    """One part of those inside a version, but for their names."""

    inside: int = 0
    behind: int = 0
    sweep: Sweep | None = None
    """The latest one."""
    timer: int | None = None
    """Instant of the one timer that is set. Kept by the operator."""

    def is_behind(self, revision: int | None) -> bool:
        """Say whether somebody who has followed so far must still be nudged."""
        sweep = self.sweep
        return (
            sweep is not None
            and sweep.nudges
            and revision is not None
            and revision < sweep.revision
        )

    def move(self, before: int | None, after: int | None) -> None:
        """Count somebody whose followed revision was one and is another; None: is not inside."""
        self.inside += (after is not None) - (before is not None)
        self.behind += self.is_behind(after) - self.is_behind(before)

    def begin(self, sweep: Sweep, revisions: Iterable[int | None]) -> None:
        """Begin a sweep over those who are inside."""
        nudged = sweep.nudges or (self.sweep is not None and self.sweep.nudges and self.behind > 0)
        self.sweep = replace(sweep, nudges=nudged)
        self.behind = sum(self.is_behind(revision) for revision in revisions)

    @property
    def is_gone(self) -> bool:
        """Say whether the version has been retired, so that nobody counts any more who is inside.

        To say it once more would have the version retired once more, and so on for ever.
        """
        return self.sweep is not None and self.sweep.retires and not self.inside

    @property
    def is_forgotten(self) -> bool:
        """Say whether nothing need be remembered."""
        is_needed = self.sweep is not None and not self.sweep.retires
        return not (self.inside or self.timer is not None or is_needed)

    def occupancy(self, bucket: int) -> Occupancy:
        """Say how many are inside."""
        sweep = self.sweep or Sweep(0, nudges=False, collects=False)
        return Occupancy(
            bucket, self.inside, self.behind, sweep.revision, sweep.collects, sweep.keeps_ms
        )


@dataclass(slots=True)
class Counting:
    """What is remembered between two headcounts of a version."""

    say_at: int | None = None
    """Instant at which the next one is said."""
    empty_since: int | None = None
    """Since when nobody is inside and nobody enters any more."""


@dataclass(frozen=True, slots=True)
class Headcount:
    """How many are inside a version, over all parts."""

    inside: int
    behind: int
    revision: int
    """Of the latest sweep that all parts have begun; 0: there is none."""
    is_over: bool
    """Whether nobody is inside and nobody enters any more."""
    retires_after_ms: int = RETIRE_AFTER_MS
    """How long it must have been so."""


def total(parts: Iterable[Occupancy]) -> Headcount:
    """Add up what the parts have said."""
    parts = list(parts)
    inside = sum(part.inside for part in parts)
    is_whole = len(parts) == BUCKETS
    collected = is_whole and all(part.collects for part in parts)
    return Headcount(
        inside,
        sum(part.behind for part in parts),
        # The lowest: a part that has not begun the latest sweep knows not who is behind in it.
        min(part.revision for part in parts) if is_whole else 0,
        collected and inside == 0,
        RETIRE_AFTER_MS + max((part.keeps_ms for part in parts), default=0),
    )


def pause_ms(waiting: int, shortest_ms: int, a_second: int) -> int:
    """Say how long one of those that wait to be told has to wait: the longer, the more there are.

    Args:
        waiting: how many there are.
        shortest_ms: how long the only one waits.
        a_second: how many are told in a second at most.
    """
    return max(shortest_ms, waiting * 1_000 // a_second)


def bucket_of(profile_id: str) -> int:
    """Say in which part a person is kept."""
    return crc32(profile_id.encode("utf-8", "surrogatepass")) % BUCKETS


def part_name(journey: str, version: int, bucket: int) -> str:
    """Name a part of a version."""
    return f"{journey}/{version}/{bucket}"


def read_part_name(name: str) -> tuple[str, int, int]:
    """Give journey, version and bucket of a part."""
    journey, version, bucket = name.rsplit("/", 2)
    return journey, int(version), int(bucket)
