"""One person at the engine: sends activations, keeps time, and reads what came of it."""

from __future__ import annotations

from dataclasses import replace

from journeys import codec
from journeys.activation import (
    ActionResolved,
    Activation,
    AudienceChanged,
    EntryOffered,
    EventReceived,
    FeedbackReceived,
    ProfileChanged,
    TimerFired,
)
from journeys.clock import parse_duration, parse_instant
from journeys.command import Command, CountIgnored, EmitEvent, Report, RequestAction
from journeys.engine import advance
from journeys.messages import ActionRequest, ActionResult, ActionStatus, JsonObject, JsonValue
from journeys.plan import Plan, Plans
from journeys.profile import Profile
from journeys.state import PersonState
from journeys.step_event import StepEvent

START = parse_instant("2026-03-01T08:00:00Z")


class Person:
    """A person whose state is written and read between any two activations."""

    def __init__(self, *plans: Plan, profile: JsonObject | None = None, name: str = "ann") -> None:
        self.plans = Plans(plans)
        self.name = name
        self.now = START
        self.stored: str | None = None
        self.attributes = codec.dump_profile(profile or {})
        self.past: str | None = None
        self.commands: list[Command] = []
        self.records = 0

    # What happens to a person.

    def event(
        self, event_type: str, payload: JsonObject | None = None, *, event_id: str | None = None
    ) -> list[str]:
        """Send an event; give the trace of what came of it."""
        self.records += 1
        place = f"events/0/{self.records}"
        name = event_id or place
        body: JsonObject = {"eventType": event_type, **(payload or {})}
        return self.activate(EventReceived(name, place, event_type, body, self.now))

    def signs_up(self, event_id: str | None = None, **payload: JsonValue) -> list[str]:
        return self.event("account.signup", payload, event_id=event_id)

    def buys(self, event_id: str | None = None, **payload: JsonValue) -> list[str]:
        return self.event("commerce.purchases", payload, event_id=event_id)

    def changes(self, patch: JsonObject | None) -> list[str]:
        return self.activate(ProfileChanged(patch))

    def crosses(self, audience: str, *, inside: bool = True) -> list[str]:
        self.records += 1
        return self.activate(AudienceChanged(audience, inside, f"profiles/0/{self.records}"))

    def reacts(self, reaction: str, request: ActionRequest | None = None) -> list[str]:
        """Let something become of a message, by default of the latest."""
        request = request or self.requests[-1]
        return self.activate(FeedbackReceived(request.request_id, reaction))

    def is_offered(self, journey: str, offer: str = "offer-1", **payload: JsonValue) -> list[str]:
        return self.activate(EntryOffered(journey, offer, payload or None))

    def resolve(self, request: ActionRequest | None = None, **fields: object) -> list[str]:
        """Answer a request, by default the latest and with success."""
        return self.activate(ActionResolved(self.result(request, **fields)))

    def result(self, request: ActionRequest | None = None, **fields: object) -> ActionResult:
        request = request or self.requests[-1]
        success = ActionResult(
            request.request_id,
            request.profile_id,
            request.instance_id,
            ActionStatus.SUCCEEDED,
            "http_200",
        )
        return replace(success, **fields)  # type: ignore[arg-type]  # named fields

    def passes(self, duration: str, *, asleep: bool = False) -> list[str]:
        """Let time pass, with every timer at its instant, or all of them late if asleep."""
        end = self.now + parse_duration(duration)
        trace = []
        while not asleep and (due := self.person.due) is not None and due <= end:
            self.now = due
            trace += self.activate(TimerFired())
        self.now = end
        return trace + (self.activate(TimerFired()) if asleep else [])

    def activate(self, activation: Activation) -> list[str]:
        person = self.person
        profile = Profile(
            self.name,
            lambda: codec.load_profile(self.attributes),
            lambda: codec.load_history(self.past),
        )
        commands = advance(self.plans, person, profile, activation, self.now)
        self.stored = None if person.is_empty() else codec.dump_person(person)
        if profile.changed:
            self.attributes = codec.dump_profile(profile.attributes)
        if profile.recorded:
            self.past = codec.dump_history(profile.history)
        self.commands += commands
        return [line for command in commands if (line := trace_line(command))]

    # What one can see.

    @property
    def person(self) -> PersonState:
        return codec.load_person(self.stored)

    @property
    def requests(self) -> list[ActionRequest]:
        return [c.request for c in self.commands if isinstance(c, RequestAction)]

    @property
    def step_events(self) -> list[StepEvent]:
        return [c.step_event for c in self.commands if isinstance(c, Report)]

    @property
    def emitted(self) -> list[EmitEvent]:
        return [c for c in self.commands if isinstance(c, EmitEvent)]

    @property
    def ignored(self) -> list[str]:
        return [c.event_type for c in self.commands if isinstance(c, CountIgnored)]

    @property
    def places(self) -> list[str]:
        """Where the person stands: journey, version and step of each walk."""
        return [f"{i.journey} v{i.version} {i.step}" for i in self.person.instances]


def trace_line(command: Command) -> str | None:
    """Write a step event in a few words: `step outcome:branch (reason)`."""
    if not isinstance(command, Report):
        return None
    event = command.step_event
    branch = f":{event.branch}" if event.branch else ""
    reason = f" ({event.reason})" if event.reason else ""
    return f"{event.step_id} {event.outcome}{branch}{reason}"
