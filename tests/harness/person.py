"""One person at the engine: sends activations, keeps time, and reads what came of it."""

from __future__ import annotations

from dataclasses import replace

from journeys import codec
from journeys.activation import (
    ActionResolved,
    Activation,
    EntryOffered,
    FeedbackReceived,
    ProfileChanged,
    TimerFired,
)
from journeys.clock import parse_duration, parse_instant
from journeys.command import Command, CountIgnored, EmitEvent, Report, RequestAction
from journeys.control import ControlCommand
from journeys.history import History
from journeys.messages import ActionRequest, ActionResult, ActionStatus, JsonObject, JsonValue
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.simulator import Simulator
from journeys.state import PersonState
from journeys.step_event import StepEvent

START = parse_instant("2026-03-01T08:00:00Z")


class Person:
    """A person whose state is written and read between any two activations.

    Nothing is answered by itself: `resolve` does it.
    """

    def __init__(self, *plans: Plan, profile: JsonObject | None = None, name: str = "ann") -> None:
        self.name = name
        self.simulator = Simulator(plans, START, answers=None, stored=True)
        self.simulator.describe(name, profile or {})

    # What happens to a person.

    def event(
        self, event_type: str, payload: JsonObject | None = None, *, event_id: str | None = None
    ) -> list[str]:
        """Send an event; give the trace of what came of it."""
        before = len(self.commands)
        body: JsonObject = {"eventType": event_type, **(payload or {})}
        self.simulator.event(self.name, event_type, body, event_id=event_id)
        return self._trace(before)

    def signs_up(self, event_id: str | None = None, **payload: JsonValue) -> list[str]:
        return self.event("account.signup", payload, event_id=event_id)

    def buys(self, event_id: str | None = None, **payload: JsonValue) -> list[str]:
        return self.event("commerce.purchases", payload, event_id=event_id)

    def changes(self, patch: JsonObject | None) -> list[str]:
        return self.activate(ProfileChanged(patch, self.simulator.place("profiles")))

    def crosses(self, audience: str, *, inside: bool = True) -> list[str]:
        before = len(self.commands)
        self.simulator.cross(self.name, audience, inside=inside)
        return self._trace(before)

    def reacts(self, reaction: str, request: ActionRequest | None = None) -> list[str]:
        """Let something become of a message, by default of the latest."""
        request = request or self.requests[-1]
        return self.activate(
            FeedbackReceived(self.simulator.place("feedback"), request.request_id, reaction)
        )

    def opens(self, *instants: str, channel: str = "email", reaction: str = "opened") -> None:
        """Let the person have opened messages of walks that are over."""
        for instant in instants:
            place, at = self.simulator.place("feedback"), parse_instant(instant)
            self.activate(FeedbackReceived(place, "before", reaction, channel, at))

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
        before = len(self.commands)
        if asleep:
            self.simulator.now += parse_duration(duration)
            self.activate(TimerFired())
        else:
            self.simulator.advance(parse_duration(duration))
        return self._trace(before)

    def hears(self, command: ControlCommand) -> list[str]:
        """Let something be said of a journey; give the trace of what came of it."""
        before = len(self.commands)
        self.simulator.say(command)
        return self._trace(before)

    def activate(self, activation: Activation) -> list[str]:
        before = len(self.commands)
        self.simulator.activate(self.name, activation)
        return self._trace(before)

    def _trace(self, before: int) -> list[str]:
        return [line for command in self.commands[before:] if (line := trace_line(command))]

    # What one can see.

    @property
    def now(self) -> int:
        return self.simulator.now

    @now.setter
    def now(self, instant: int) -> None:
        self.simulator.now = instant

    @property
    def plans(self) -> Plans:
        return self.simulator.plans

    @plans.setter
    def plans(self, plans: Plans) -> None:
        self.simulator.plans = plans

    @property
    def person(self) -> PersonState:
        return self.simulator.state(self.name)

    @property
    def stored(self) -> str | None:
        """What the job keeps of the person."""
        return None if self.person.is_empty() else codec.dump_person(self.person)

    @property
    def attributes(self) -> JsonObject:
        return self.simulator.attributes(self.name)

    @property
    def history(self) -> History:
        return self.simulator.people[self.name].history

    @property
    def commands(self) -> list[Command]:
        trace = self.simulator.trace(self.name)
        return [h.what for h in trace if isinstance(h.what, Command)]

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
