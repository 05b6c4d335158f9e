"""`kind: scenario`: what an author lets happen to one person, and what must come of it.

An item of `do` is told by the key that it has; an item of `expect` is one key with its value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    model_validator,
)

from journeys import limits
from journeys.clock import parse_duration, parse_instant
from journeys.messages import JsonValue, Reaction
from journeys.outcomes import Outcome, Reason
from journeys.specification import (
    PERIOD_PATTERN,
    CrossingSpec,
    Duration,
    Identifier,
    Instant,
    NamedSpec,
    Spec,
    shown,
    written,
)

PERSON = "person"
"""Who walks where a scenario's profile has no `id`."""
ASKING = ("action", "lookup")
"""Kinds of step that ask the world outside, and may be answered in a scenario."""


@dataclass(frozen=True, slots=True)
class After:
    """So long after the scenario's start."""

    milliseconds: int


_LATER = "an instant, or a time after the start such as +PT10M"


def _after(value: object) -> After:
    if isinstance(value, After):
        return value
    text = str(value)
    if not text.startswith("+"):
        message = f"{text!r} has no sign: write '+{text}', so long after the start"
        raise ValueError(message)
    return After(parse_duration(text[1:]))


def _after_or_instant(value: object) -> str:
    is_after = isinstance(value, After) or str(value).startswith(("+", "P"))
    return "after" if is_after else "instant"


AtTime = Annotated[
    Annotated[
        After,
        PlainValidator(_after),
        written("time after the start", rf"^\+P(?=.){PERIOD_PATTERN}$", _LATER, "+PT10M"),
        Tag("after"),
    ]
    | Annotated[Instant, Tag("instant")],
    Discriminator(_after_or_instant),
]
"""Written as an instant, or as `+PT10M`: so long after the start."""


# What happens.


class DoItem(Spec):
    """One thing that happens. Its `kind` is the key that tells it from the others."""

    kind: ClassVar[str]


class EventItem(DoItem):
    """`{event: purchase, payload: {…}}`: the person does something."""

    kind: ClassVar[str] = "event"
    event: Identifier
    """Id of an event of the project."""
    payload: dict[str, JsonValue] = Field(default_factory=dict)
    """What the event holds besides what its `match` says."""
    id: str | None = None
    """The producer's `_id`: a second event of the same id is a repeat."""
    repeat: Annotated[int, Field(ge=1, le=limits.MAX_REPEATS)] = 1
    """How often it is sent; with an `id`, the copies are repeats of one event."""
    ago: Duration = 0
    """How long before it comes it happened, by its own time."""
    identity: str | None = None
    """Another identity that does it; by default that of the person."""


class UntilSpec(Spec):
    """`{until: 2026-03-02T09:00:00Z}`: time passes until this instant."""

    until: Instant
    """The instant."""


def _duration_or_until(value: object) -> str:
    return "until" if isinstance(value, dict | UntilSpec) else "duration"


class AdvanceItem(DoItem):
    """`{advance: PT30M}`, `{advance: {until: 2026-03-02T09:00:00Z}}`: time passes."""

    kind: ClassVar[str] = "advance"
    advance: Annotated[
        Annotated[Duration, Tag("duration")] | Annotated[UntilSpec, Tag("until")],
        Discriminator(_duration_or_until),
    ]
    """How long, or until when."""


class ResponseSpec(Spec):
    """How a step's calls are answered from here on."""

    step: Identifier
    """The step that asks."""
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    """An HTTP status; from 400 on the action has failed."""
    code: str | None = None
    """What expressions read as `jo_status_code`; by default it follows from the rest."""
    body: JsonValue = None
    """The response; by default an example of the action's `response` schema."""
    error: Literal[True] | None = None
    """The action fails for good."""
    timeout: Literal[True] | None = None
    """The action's whole time passes without success."""
    capped: Literal[True] | None = None
    """The endpoint may be asked no more for now."""
    not_sent: Reason | None = None
    """The channel withholds it, and why; `cap` of a cap whose places are all taken."""
    after: Duration | None = None
    """From the call to its result; by default none, and for `timeout` the action's own."""

    @model_validator(mode="after")
    def _one_end(self) -> ResponseSpec:
        ends = ("status", "error", "timeout", "capped", "not_sent")
        given = [f"'{end}'" for end in ends if getattr(self, end) is not None]
        if len(given) > 1:
            message = f"a call ends in one way, not by {' and '.join(given)}: keep one"
            raise ValueError(message)
        return self


class RespondItem(DoItem):
    """`{respond: {step: score, status: 500}}`: how calls made from here on are answered."""

    kind: ClassVar[str] = "respond"
    respond: ResponseSpec
    """Which step, and how."""


class ProfileItem(DoItem):
    """`{profile: {email: null}}`: a merge patch arrives; `{profile: null}` erases the person."""

    kind: ClassVar[str] = "profile"
    profile: dict[str, JsonValue] | None
    """The patch: null removes, mappings merge, all else replaces."""
    identity: str | None = None
    """Another identity that it is of; by default that of the person."""


class LinkItem(DoItem):
    """`{link: device-7}`: from now on this identity is one more of the person."""

    kind: ClassVar[str] = "link"
    link: str
    """The other identity."""


class AudienceItem(DoItem):
    """`{audience: {id: big_spenders, on: exit}}`: the person goes in, or out."""

    kind: ClassVar[str] = "audience"
    audience: CrossingSpec
    """Which audience, and which way over its border."""


class FeedbackSpec(Spec):
    """`{step: mail, is: clicked}`: what became of a message."""

    step: Identifier
    """The step whose latest message is meant."""
    reaction: Reaction = Field(alias="is")
    """What the person, or the provider, did with it."""
    permanent: bool = True
    """Of `bounced`: whether the address will fail the next time too; `false` suppresses nothing."""


class FeedbackItem(DoItem):
    """`{feedback: {step: mail, is: clicked}}`: something became of a message."""

    kind: ClassVar[str] = "feedback"
    feedback: FeedbackSpec
    """Which message, and what became of it."""


class OfferSpec(Spec):
    """`{payload: {…}}`: one reading of the journey's audience comes to the person."""

    payload: dict[str, JsonValue] | None = None
    """Of the business event that started the reading, if one did."""


class ReadItem(DoItem):
    """`{read: {}}`: the person is read from the audience of the scenario's journey."""

    kind: ClassVar[str] = "read"
    read: OfferSpec
    """What came with the reading."""


DO: dict[str, type[DoItem]] = {
    item.kind: item
    for item in (
        EventItem,
        AdvanceItem,
        RespondItem,
        ProfileItem,
        LinkItem,
        AudienceItem,
        FeedbackItem,
        ReadItem,
    )
}
"""Everything that can happen in a scenario, by its key."""


# What is expected.


class Expectation(Spec):
    """One thing that must be found in the trace. Its `kind` is the key that tells it."""

    kind: ClassVar[str]
    bare: ClassVar[str]
    """The field that a bare value stands for; `true` alone asks for nothing more."""
    journey: Identifier | None = None
    """By default the scenario's own."""

    @model_validator(mode="before")
    @classmethod
    def _lift(cls, value: Any) -> Any:  # noqa: ANN401  # whatever an author wrote
        if value is True:
            return {}
        main = cls.model_fields[cls.bare].alias or cls.bare
        return {main: value} if isinstance(value, str) else value


class Entered(Expectation):
    """`entered: welcome`: the person began a walk."""

    kind: ClassVar[str] = "entered"
    bare: ClassVar[str] = "journey"


class NotEntered(Expectation):
    """`not_entered: {reason: condition}`: the person could have begun a walk and did not."""

    kind: ClassVar[str] = "not_entered"
    bare: ClassVar[str] = "journey"
    reason: Reason | None = None
    """Why."""


class At(Expectation):
    """`at: pause`: the person came to a step and stayed there."""

    kind: ClassVar[str] = "at"
    bare: ClassVar[str] = "step"
    step: Identifier
    """The step."""
    visit: int | None = None
    """Which visit of the step, counted from 1."""
    at: AtTime | None = None
    """When: an instant, or a time after the start such as `+PT10M`."""


class StepReport(Expectation):
    """`step: {id: rank, branch: promising}`: a step reported something."""

    kind: ClassVar[str] = "step"
    bare: ClassVar[str] = "id"
    id: Identifier
    """The step."""
    branch: str | None = None
    """The way that was taken, by its label."""
    outcome: Outcome | None = None
    """What it reported."""
    reason: Reason | None = None
    """Why."""
    visit: int | None = None
    """Which visit of the step, counted from 1."""
    at: AtTime | None = None
    """When: an instant, or a time after the start such as `+PT10M`."""


class ActionAsked(Expectation):
    """`action: {id: welcome_email, to: ann@example.org}`: an action was asked for."""

    kind: ClassVar[str] = "action"
    bare: ClassVar[str] = "id"
    id: Identifier
    """Id of an action of the project."""
    to: str | None = None
    """The address or the URL."""
    body_contains: str | None = None
    """Stands in some text of the message."""
    values: dict[str, JsonValue] = Field(default_factory=dict, alias="with")
    """Fields that the message or its body has, among others."""
    at: AtTime | None = None
    """When: an instant, or a time after the start such as `+PT10M`."""


class NoAction(Expectation):
    """`no_action: tell_sales`: the action was never asked for, at any time."""

    kind: ClassVar[str] = "no_action"
    bare: ClassVar[str] = "id"
    id: Identifier
    """Id of an action of the project."""


class NotSent(Expectation):
    """`not_sent: {step: remind, reason: frequency_cap}`: a message was withheld."""

    kind: ClassVar[str] = "not_sent"
    bare: ClassVar[str] = "step"
    step: Identifier
    """The step that would have sent it."""
    reason: Reason | None = None
    """Why."""
    visit: int | None = None
    """Which visit of the step, counted from 1."""
    at: AtTime | None = None
    """When: an instant, or a time after the start such as `+PT10M`."""


class Completed(Expectation):
    """`completed: true`: a walk reached its end."""

    kind: ClassVar[str] = "completed"
    bare: ClassVar[str] = "journey"
    at: AtTime | None = None
    """When: an instant, or a time after the start such as `+PT10M`."""


class _Ended(Expectation):
    bare: ClassVar[str] = "reason"
    reason: Reason | None = None
    """Why."""
    step: Identifier | None = None
    """Where the person stood."""
    at: AtTime | None = None
    """When: an instant, or a time after the start such as `+PT10M`."""


class Exited(_Ended):
    """`exited: {reason: no_match}`: a walk ended before its end, by a rule."""

    kind: ClassVar[str] = "exited"


class Failed(_Ended):
    """`failed: {reason: action_error}`: a walk ended by a fault."""

    kind: ClassVar[str] = "failed"


class ProfileIs(Expectation):
    """`profile: {consents.marketing.email.val: n}`: the profile has these values from then on."""

    kind: ClassVar[str] = "profile"
    values: dict[str, JsonValue]
    """Dotted path to the value there; null where nothing is."""

    @model_validator(mode="before")
    @classmethod
    def _lift(cls, value: Any) -> Any:  # noqa: ANN401  # whatever an author wrote
        return {"values": value}


class Emitted(Expectation):
    """`emitted: {type: cart.saved}`: an event of the person was sent to a topic."""

    kind: ClassVar[str] = "emitted"
    bare: ClassVar[str] = "event_type"
    event_type: str = Field(alias="type")
    """Its `eventType`."""
    topic: str | None = None
    """Where it was sent."""
    values: dict[str, JsonValue] = Field(default_factory=dict, alias="with")
    """Fields that it has, among others."""
    at: AtTime | None = None
    """When: an instant, or a time after the start such as `+PT10M`."""


EXPECT: dict[str, type[Expectation]] = {
    item.kind: item
    for item in (
        Entered,
        NotEntered,
        At,
        StepReport,
        ActionAsked,
        NoAction,
        NotSent,
        Completed,
        Exited,
        Failed,
        ProfileIs,
        Emitted,
    )
}
"""Everything that can be expected, by its key."""


class ScenarioSpec(NamedSpec):
    """`kind: scenario`: what happens to one person, and what must come of it."""

    model_config = shown(
        {
            "kind": "scenario",
            "id": "welcome.buys",
            "journey": "welcome",
            "profile": {"id": "ann", "email": "ann@example.org"},
            "do": [{"event": "signup", "payload": {"plan": "basic"}}, {"advance": "PT10M"}],
            "expect": [{"entered": "welcome"}, {"action": "welcome_email"}, {"at": "pause"}],
        }
    )

    kind: Literal["scenario"]
    journey: Identifier
    """The journey that it tests."""
    profile: dict[str, JsonValue] = Field(default_factory=dict)
    """What is known of the person at the start; `id` names them."""
    audiences: list[Identifier] = Field(default_factory=list)
    """The audiences that the person is in at the start."""
    start: Instant = parse_instant("2026-03-01T08:00:00Z")
    """When it begins."""
    tables: dict[
        Identifier, Annotated[list[dict[str, JsonValue]], Field(max_length=limits.MAX_ITEMS)]
    ] = Field(default_factory=dict)
    """Dataset that holds a table to its rows here; by default those of its files in the project."""
    # As written: the form of an item depends on its key.
    do: Annotated[list[dict[str, Any]], Field(max_length=limits.MAX_ITEMS)]
    """What happens, in order."""
    expect: Annotated[list[dict[str, Any]], Field(max_length=limits.MAX_ITEMS)] = Field(
        default_factory=list
    )
    """What must be found in the trace, in this order."""
