"""`kind: journey`: who walks, which way, and when a walk ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from journeys import limits
from journeys.mode import InFlight
from journeys.specification import (
    BorderSpec,
    CrossingSpec,
    Duration,
    Expression,
    Identifier,
    Instant,
    LastingDuration,
    NamedSpec,
    Path,
    Spec,
    shown,
)


class ReentrySpec(Spec):
    """Whether and when a person may walk again."""

    allowed: bool = True
    """False: each person walks once."""
    after: Duration = limits.REENTRY_AFTER_MS
    """Counted from the end of the walk before; five minutes by default, as in the field."""


class WavesSpec(Spec):
    """`{count: 4, every: PT1H}`: a reading cut into equal parts."""

    count: Annotated[int, Field(ge=2, le=limits.MAX_WAVES)]
    """How many parts."""
    every: LastingDuration
    """From the begin of one part to the begin of the next."""


class ReadSpec(Spec):
    """`{audience: big_spenders, at: …}`: everyone in an audience begins a walk."""

    audience: Identifier
    """Id of an audience of the project."""
    at: Instant | None = None
    """When; by default as soon as the journey is published."""
    every: LastingDuration | None = None
    """Read again each time this has passed; by default once."""
    until: Instant | None = None
    """No reading begins after this."""
    rate: Annotated[int, Field(ge=1, le=limits.MAX_READ_RATE)] = limits.READ_RATE
    """People a second at most."""
    incremental: bool = False
    """Of a repeated reading: only those who came in since the one before."""
    force_reentry: bool = False
    """Of a repeated reading: end the walks of those still inside first."""
    waves: WavesSpec | None = None
    """Cut one reading into parts."""


class BusinessSpec(Spec):
    """`{event: new_collection, audience: tea_lovers}`: an event of no person starts a reading."""

    event: Identifier
    """Id of an event of the project that belongs to nobody."""
    audience: Identifier
    """Who begins a walk when it comes."""
    rate: Annotated[int, Field(ge=1, le=limits.MAX_READ_RATE)] = limits.READ_RATE
    """People a second at most."""


class EntrySpec(Spec):
    """Who begins a walk: exactly one of `event`, `audience`, `read` and `business`."""

    event: Identifier | None = None
    """Id of an event of the project; each such event of a person begins a walk."""
    audience: BorderSpec | None = None
    """Whoever goes into an audience, or out of it."""
    read: ReadSpec | None = None
    """Everyone in an audience, once or again and again."""
    business: BusinessSpec | None = None
    """Everyone in an audience, each time an event of no person comes."""
    when: Expression | None = None
    """Must be true of the entry event and the profile, or the person does not enter."""
    key: Expression | None = None
    """Several walks of one person at once, one per value of this expression."""
    reentry: ReentrySpec = ReentrySpec()
    """Whether and when a person may walk again."""
    debounce: Duration = 0
    """Whoever entered less than this ago does not enter again; counted from the entry."""
    max_age: LastingDuration | None = None
    """With `event`: one that happened longer ago, by its own time, begins no walk."""

    @property
    def kinds(self) -> list[str]:
        """Name those ways to begin that are given; exactly one makes sense."""
        given = ("event", "audience", "read", "business")
        return [name for name in given if getattr(self, name) is not None]

    @property
    def heard(self) -> str | None:
        """The event whose payload a walk begins with, if it begins with one."""
        return self.business.event if self.business else self.event


class ExitSpec(Spec):
    """One exit criterion: exactly one of `event`, `audience` and `when` alone."""

    event: Identifier | None = None
    """Id of an event of the project."""
    audience: CrossingSpec | None = None
    """The person goes into an audience, or out of it."""
    when: Expression | None = None
    """With `event`: must hold for it. Alone: exit as soon as it holds for the person."""
    label: str | None = None
    """Name of the criterion in step events; by default its event or audience, or `when`."""

    @property
    def name(self) -> str:
        """What step events call it."""
        return self.label or self.event or (self.audience.id if self.audience else "when")


class InFlightSpec(Spec):
    """`{default: move, exit: [nudge]}`: what becomes of people inside, step by step."""

    default: InFlight = "finish"
    """Of people at all steps that are not named here."""
    finish: list[Identifier] = Field(default_factory=list)
    """Steps whose people finish the version they are in."""
    move: list[Identifier] = Field(default_factory=list)
    """Steps whose people move."""
    exit: list[Identifier] = Field(default_factory=list)
    """Steps whose people exit."""

    @property
    def exceptions(self) -> dict[str, InFlight]:
        """Step to what becomes of people there."""
        fates: dict[str, InFlight] = dict.fromkeys(self.finish, "finish")
        return fates | dict.fromkeys(self.move, "move") | dict.fromkeys(self.exit, "exit")


class JourneySpec(NamedSpec):
    """`kind: journey`: who walks, which way, and when a walk ends."""

    model_config = shown(
        {
            "kind": "journey",
            "id": "welcome",
            "version": 1,
            "entry": {"event": "signup"},
            "steps": {
                "greet": {"action": "welcome_email"},
                "pause": {"wait": "P1D"},
                "remind": {"action": "offer_email", "next": "end"},
            },
        }
    )

    kind: Literal["journey"]
    version: Annotated[int, Field(ge=1)]
    """Raised with every change that is published."""
    namespace: str = "profile"
    """Name of the identity that the record key holds, as in `identityMap`."""
    timezone: str = "UTC"
    """An IANA zone, or `profile` for each person's own (`timeZone`, else UTC)."""
    start: Instant | None = None
    """Nobody enters before."""
    end: Instant | None = None
    """Nobody enters from then on, and everybody inside exits."""
    timeout: LastingDuration = limits.JOURNEY_TIMEOUT_MS
    """A walk that takes longer exits."""
    priority: Annotated[int, Field(ge=0, le=limits.MAX_PRIORITY)] = limits.PRIORITY
    """Where several journeys want one thing of a person at one instant, the higher one goes first.
    """
    entry: EntrySpec
    """Who begins a walk."""
    exit: Annotated[list[ExitSpec], Field(max_length=limits.MAX_EXITS)] = Field(
        default_factory=list
    )
    """What ends a walk wherever it stands; the first criterion that is met."""
    in_flight: InFlight | InFlightSpec = "finish"
    """What becomes of people inside versions before: they finish theirs, move over, or exit."""
    moves: dict[Identifier, Identifier] = Field(default_factory=dict, alias="map")
    """With `in_flight: move`: step of the version before to step of this one, or to `end`. Steps
    of the same name need no line."""
    # As written: the form of a step depends on its kind (`journeys.activities`).
    steps: Annotated[
        dict[Identifier, dict[str, Any]], Field(min_length=1, max_length=limits.MAX_STEPS)
    ]
    """Step id to step, in order: a step leads to the next one written unless it says otherwise."""

    @property
    def fates(self) -> InFlightSpec:
        """What becomes of people inside, in the long form."""
        given = self.in_flight
        return given if isinstance(given, InFlightSpec) else InFlightSpec(default=given)

    def audiences(self) -> Iterator[tuple[Path, str]]:
        """Name every audience that entry and exit mention, and where."""
        entry = self.entry
        if entry.audience:
            yield ("entry", "audience", "id"), entry.audience.id
        if entry.read:
            yield ("entry", "read", "audience"), entry.read.audience
        if entry.business:
            yield ("entry", "business", "audience"), entry.business.audience
        for n, criterion in enumerate(self.exit):
            if criterion.audience:
                yield ("exit", n, "audience", "id"), criterion.audience.id

    def events(self) -> Iterator[tuple[Path, str]]:
        """Name every event that entry and exit mention, and where."""
        if self.entry.event:
            yield ("entry", "event"), self.entry.event
        if self.entry.business:
            yield ("entry", "business", "event"), self.entry.business.event
        for n, criterion in enumerate(self.exit):
            if criterion.event:
                yield ("exit", n, "event"), criterion.event
