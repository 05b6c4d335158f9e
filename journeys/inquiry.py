"""What is asked about one person, and what is answered: their live state, as the job has it.

Plain values. `journeys.live_state` makes the answer; `journeys.inquiry_codec` writes and reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from journeys.expressions.explaining import Explained
from journeys.fixed import fixed
from journeys.messages import JsonObject


@fixed
class Inquiry:
    """Somebody asks what is known of this person. It changes nothing."""

    id: str
    """Names the answer."""
    values: bool = False
    """Whether values of attributes are asked for, and not their names only."""
    journey: str | None = None
    """Ask also how its rules judge the person now."""
    payload: JsonObject | None = None
    """Of the event that would begin it."""


@dataclass(frozen=True)
class CallUnderWay:
    """A call whose result has not come."""

    request_id: str
    """As the provider gets it."""
    since: int | None
    """When it was asked for, in milliseconds, as far as it is known."""


@dataclass(frozen=True)
class WalkState:
    """Where one walk stands."""

    instance_id: str
    journey: str
    version: int
    mode: str
    """`live`, or which kind of rehearsal."""
    key: str | None
    """Value of the entry's key."""
    entered_at: int
    step: str
    step_kind: str | None
    """None where the job does not know the version any more."""
    since: int | None
    """When it came to the step, in milliseconds; None: an older release let it come there."""
    events: list[str]
    """Ids of the events that it waits for."""
    ways: list[str]
    """The ways out of the step, by their labels."""
    call: CallUnderWay | None
    """The call that it waits for."""
    until: int | None
    """When its wait is up, in milliseconds."""
    held: bool
    """Whether it stands before the step because the journey is paused."""
    ends_at: int | None
    """When it ends wherever it stands."""
    pending: int
    """Events that are kept for it while it is busy."""
    conditions: list[Rule] = field(default_factory=list)
    """How the conditions that it came by judge the person now, where its journey is asked about."""


@dataclass(frozen=True)
class Ended:
    """The latest end of a walk through a journey, under a value of its entry's key."""

    journey: str
    key: str | None
    at: int


@dataclass(frozen=True)
class Rule:
    """One rule, and what it says of the person."""

    name: str
    """What it is about."""
    reason: str | None
    """The word for why it keeps the person out, or from being sent to; None: it does not."""
    said: str
    """One sentence for a person."""
    explained: Explained | None = None
    """The condition, taken apart."""


@dataclass(frozen=True)
class LiveState:
    """All that the job knows of one person at one instant, as far as it may be told."""

    id: str
    """Of the inquiry."""
    profile_id: str
    at: int
    """When, in milliseconds."""
    merged_into: str | None
    """The identity that this one belongs to; nothing else is kept under it then."""
    identities: list[str]
    """Other identities of the person."""
    walks: list[WalkState]
    next_timer: int | None
    """When something happens next by itself."""
    attributes: list[str]
    """Names of all attributes, as dotted paths."""
    values: JsonObject | None
    """The attributes; None where they are not asked for, or may not be told."""
    audiences: dict[str, int]
    """Audiences that the person is in, as far as they are followed or told, and since when."""
    ended: list[Ended]
    """Oldest first."""
    messages_counted: dict[str, list[int]]
    """`channel/category/journey` to the instants of the messages that policies count."""
    entries_counted: dict[str, list[int]]
    """Journey to the instants of the entries that policies count."""
    refused_channels: list[str]
    """Channels by which the person refuses marketing; `any` is all."""
    suppressed_channels: list[str]
    """Channels by which nothing reaches the person."""
    recent_events: list[str]
    """Ids of the latest events that mattered, oldest first: their repeats are told."""
    entry: list[Rule] | None = None
    """How the rules of entry judge the person now; None: no journey is asked about, or it has no
    version to enter."""
    messages: list[Rule] = field(default_factory=list)
    """What would keep the messages of that journey from the person now."""
