"""Any order of events, repeats, timers, late results and new versions: nobody is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from journeys import codec
from journeys.activation import (
    ActionResolved,
    Activation,
    EventReceived,
    ProfileChanged,
    TimerFired,
)
from journeys.command import Command, CountIgnored, Report, RequestAction
from journeys.engine import advance
from journeys.messages import ActionRequest, ActionResult, ActionStatus, JsonObject
from journeys.outcomes import Outcome
from journeys.plan import Plan, Plans
from journeys.profile import Profile
from journeys.state import PersonState
from tests.harness.person import START
from tests.harness.plans import RICH, SIMPLE, plans_of

OFTEN = SIMPLE.replace("id: simple", "id: often").replace(
    "{event: signup}", "{event: visit, reentry: {after: PT1M}}"
)
PLANS = plans_of(f"{RICH}---\n{OFTEN}")
TYPES = st.sampled_from(["account.signup", "commerce.purchases", "web.visit", "unheard"])
CARTS = st.sampled_from([None, "", "c1", "c2", "c3", 7])
ENDS = (Outcome.COMPLETED, Outcome.EXITED, Outcome.FAILED)


class World:
    """One person, whose state is written and read between any two activations."""

    def __init__(self) -> None:
        self.plans = Plans(PLANS)
        self.person: str | None = None
        self.profile = codec.dump_profile({"email": "a@example.org", "firstName": "A"})

    def state(self) -> PersonState:
        return codec.load_person(self.person)

    def activate(self, activation: Activation, now: int) -> list[Command]:
        person = self.state()
        profile = Profile("ann", lambda: codec.load_profile(self.profile))
        commands = advance(self.plans, person, profile, activation, now)
        self.person = None if person.is_empty() else codec.dump_person(person)
        if profile.changed:
            self.profile = codec.dump_profile(profile.attributes)
        return commands


class EngineMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.now = START
        self.log: list[tuple[Activation | Plan, int, list[Command]]] = []
        self.sent: list[EventReceived] = []
        self.requests: list[ActionRequest] = []
        self.version = 3

    def activate(self, activation: Activation) -> list[Command]:
        commands = self.world.activate(activation, self.now)
        self.log.append((activation, self.now, commands))
        self.requests += [c.request for c in commands if isinstance(c, RequestAction)]
        return commands

    # What can happen.

    @rule(event_type=TYPES, cart=CARTS, total=st.sampled_from([None, 0, 2, 200, "x"]))
    def send(self, event_type: str, cart: object, total: object) -> None:
        number = len(self.log)
        payload: JsonObject = {"eventType": event_type, "cart": cart, "total": total}  # type: ignore[dict-item]
        event = EventReceived(f"e{number}", f"t/0/{number}", event_type, payload, self.now)
        self.sent.append(event)
        self.activate(event)

    @rule(which=st.integers(0, 1_000))
    def send_again(self, which: int) -> None:
        if self.sent:
            event = self.sent[which % len(self.sent)]
            self.activate(replace(event, record_id=f"t/0/{len(self.log)}"))

    @rule(milliseconds=st.sampled_from([0, 1, 59_999, 3_600_000, 86_400_000, 10**10]))
    def sleep(self, milliseconds: int) -> None:
        self.now += milliseconds
        self.activate(TimerFired())

    @rule(late=st.integers(0, 3))
    def wake_at_the_timer(self, late: int) -> None:
        due = self.world.state().due
        if due is not None:
            self.now = max(self.now, due + late)
            self.activate(TimerFired())

    @rule(
        which=st.integers(0, 1_000),
        status=st.sampled_from(ActionStatus),
        reason=st.sampled_from([None, "egress_denied", "of_a_newer_release"]),
    )
    def resolve(self, which: int, status: ActionStatus, reason: str | None) -> None:
        if self.requests:
            asked = self.requests[which % len(self.requests)]
            names = (asked.request_id, asked.profile_id, asked.instance_id)
            self.activate(ActionResolved(ActionResult(*names, status, "code", reason)))

    @rule()
    def resolve_what_nobody_asked_for(self) -> None:
        stranger = ActionResult("nobody", "ann", "nobody", ActionStatus.SUCCEEDED, "http_200")
        assert self.activate(ActionResolved(stranger)) == [] or self.log

    @rule(patch=st.sampled_from([None, {"email": None}, {"email": "b@example.org"}, {"x": 1}]))
    def change(self, patch: JsonObject | None) -> None:
        self.activate(ProfileChanged(patch))

    @rule()
    def publish(self) -> None:
        self.version += 1
        plan = replace(PLANS[0], version=self.version)
        self.world.plans.publish(plan)
        self.log.append((plan, self.now, []))

    # What always holds.

    @invariant()
    def nobody_is_lost(self) -> None:
        outcomes = Counter(e.outcome for e in self.reports())
        inside = len(self.world.state().instances)
        assert outcomes[Outcome.ENTERED] == inside + sum(outcomes[end] for end in ENDS)

    @invariant()
    def everybody_inside_waits_for_something_that_can_come(self) -> None:
        asked = {r.request_id for r in self.requests}
        for instance in self.world.state().instances:
            waiting = instance.waiting
            assert waiting is not None
            assert waiting.due is None or waiting.due > self.now
            assert waiting.due is not None or waiting.events or waiting.request in asked

    @invariant()
    def no_id_is_used_twice(self) -> None:
        ids = [e.event_id for e in self.reports()]
        assert len(ids) == len(set(ids))
        asked = [r.request_id for r in self.requests]
        assert len(asked) == len(set(asked))

    @invariant()
    def every_event_that_nobody_wants_is_counted_once(self) -> None:
        for activation, _, commands in self.log[-1:]:
            if isinstance(activation, EventReceived):
                ignored = [c for c in commands if isinstance(c, CountIgnored)]
                assert len(ignored) == (activation.event_type == "unheard")

    @invariant()
    def no_defect_shows(self) -> None:
        assert all(e.reason != "engine_error" for e in self.reports())

    def teardown(self) -> None:
        """The same activations give the same answers."""
        again = World()
        for activation, now, commands in self.log:
            if isinstance(activation, Plan):
                again.plans.publish(activation)
            else:
                assert again.activate(activation, now) == commands
        assert again.person == self.world.person

    def reports(self) -> list[object]:
        return [c.step_event for _, _, cs in self.log for c in cs if isinstance(c, Report)]


EngineMachine.TestCase.settings = settings(
    max_examples=40, stateful_step_count=40, derandomize=True, deadline=None, database=None
)
TestEngine = EngineMachine.TestCase
