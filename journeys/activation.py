"""Activations: everything that can wake the engine for one person."""

from __future__ import annotations

from typing import TypeAlias

from journeys.attributes import Attributes
from journeys.fixed import fixed
from journeys.history import History
from journeys.messages import ActionResult, JsonObject
from journeys.state import PersonState


@fixed
class EventReceived:
    """An event of this person arrived."""

    event_id: str
    """The producer's `_id`, or the place of the record where it has none."""
    record_id: str
    """The place of the record: topic, partition and offset."""
    event_type: str
    payload: JsonObject
    occurred_at: int
    """When it happened, by the producer; milliseconds."""
    past: bool = False
    """Whether it came out of a file: it goes into the history, and begins and wakes nothing."""
    came_at: int | None = None
    """The timestamp of its record, in milliseconds."""


@fixed
class ProfileChanged:
    """New attributes of this person arrived: a merge patch (RFC 7386), or None to erase all."""

    patch: JsonObject | None
    record_id: str
    """The place of the record that says so."""
    at: int | None = None
    """Since when it is so, in milliseconds; None: from now on."""
    timed: bool = False
    """Whether the record says since when: what is known to be so since a later instant stays."""


@fixed
class ActionResolved:
    """A requested action ended."""

    result: ActionResult


@fixed
class FeedbackReceived:
    """Something became of a message that was sent."""

    event_id: str
    """The producer's `_id`, or the place of the record where it has none."""
    request_id: str | None
    """The request under which it was sent; None: it is of no one message, but of the channel."""
    reaction: str
    """`delivered`, `bounced`, `opened`, `clicked`, `unsubscribed` or `complained`."""
    channel: str | None = None
    """How the message was sent, where the record says so."""
    occurred_at: int | None = None
    """When it happened, in milliseconds, where the record says so."""
    permanent: bool = True
    """Of a bounce: whether the address will fail the next time too."""


@fixed
class AudienceChanged:
    """This person went into an audience, or out of it."""

    audience: str
    inside: bool
    record_id: str
    """The place of the record that says so."""


@fixed
class EntryOffered:
    """This person was read from an audience into a journey."""

    journey: str
    record_id: str
    """Names the reading: a person takes each once."""
    payload: JsonObject | None = None
    """Of the business event that started the reading, if one did."""
    version: int | None = None
    """The version that reads; by default the live one."""
    since: int | None = None
    """When the reading before began, if there was one; milliseconds."""
    begun: int | None = None
    """When this reading began; milliseconds. By default now."""


@fixed
class EntryAsked:
    """Somebody asks by the control topic that this person enters a journey."""

    journey: str
    record_id: str
    """The same for a repeat."""
    payload: JsonObject
    """It stands for that of the event which the journey begins with."""


@fixed
class AudiencesSurveyed:
    """Rules of audiences are followed from now on that were not before: whoever is in is noted."""

    record_id: str
    """Names the survey."""


@fixed
class TimerFired:
    """Time has come to look for what is due."""


@fixed
class Nudged:
    """Something was said about a journey that the person is inside of."""


@fixed
class IdentityLinked:
    """This identity is one more of a person who has another: from now on both are one person."""

    primary: str
    """The identity that the person is known by."""
    patch: JsonObject | None
    """What else the record says of the person: a merge patch."""
    record_id: str
    """The place of the record that says so; names the link."""
    at: int | None = None
    """Since when what it says is so, as in `ProfileChanged`."""
    timed: bool = False
    """Whether the record says since when, as there."""


@fixed
class PersonGiven:
    """All that was known of this person under another identity, which is linked to this one."""

    link: str
    """Names the link."""
    person: PersonState
    attributes: Attributes
    history: History
    patch: JsonObject | None
    """What the link itself says of the person: a merge patch."""
    at: int | None = None
    """Since when that is so, as in `ProfileChanged`."""
    timed: bool = False
    """Whether the link says since when, as there."""


@fixed
class IdentityReleased:
    """The person whom this identity belonged to was erased: it stands for itself again."""

    link: str
    """Names the link that is no more."""


@fixed
class Hop:
    """One identity that passed something on to the person whom it belongs to."""

    identity: str
    link: str
    """Names the link by which it belongs to them."""
    number: int
    """Counts what was passed on by this link, from 1: a repeat is told by it."""


@fixed
class PassedOn:
    """What came to another identity of this person."""

    hops: tuple[Hop, ...]
    """The identities on its way, in order; never empty."""
    what: Occurrence


Occurrence: TypeAlias = (
    EventReceived
    | ProfileChanged
    | IdentityLinked
    | PersonGiven
    | ActionResolved
    | FeedbackReceived
    | AudienceChanged
    | EntryOffered
    | EntryAsked
    | AudiencesSurveyed
    | TimerFired
    | Nudged
)
"""What can happen to a person, whichever of their identities it comes to."""
Activation: TypeAlias = Occurrence | PassedOn | IdentityReleased
