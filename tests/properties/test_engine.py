"""Any order of events, repeats, timers, late results and new versions: nobody is lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from journeys import codec
from journeys.activation import (
    ActionResolved,
    Activation,
    AudienceChanged,
    EntryOffered,
    EventReceived,
    FeedbackReceived,
    Nudged,
    ProfileChanged,
    TimerFired,
)
from journeys.activities.cap import CHANNEL as CAP
from journeys.activities.first_of import FirstOf
from journeys.attributes import Attributes
from journeys.command import Command, CountIgnored, EmitEvent, Presence, Report, RequestAction
from journeys.control import (
    CloseJourney,
    ContradictionError,
    ControlCommand,
    EndRehearsal,
    PauseJourney,
    Publish,
    ResumeJourney,
    Retire,
    StopJourney,
    apply,
    dump_command,
    load_command,
    publish_message,
)
from journeys.definitions import AudienceRule
from journeys.engine import advance
from journeys.identifiers import emitted_id
from journeys.lifecycle import PausedFor
from journeys.messages import REACTIONS, ActionRequest, ActionResult, ActionStatus, JsonObject
from journeys.mode import InFlight, Mode
from journeys.outcomes import Outcome
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.profile import Profile
from journeys.rollback import Rollback, rolled_back
from journeys.state import MAX_PENDING, PersonState
from journeys.step_event import StepEvent
from tests.harness.person import START
from tests.harness.plans import RICH, SIMPLE, plan_of, plans_of

OFTEN = SIMPLE.replace("id: simple", "id: often").replace(
    "{event: signup}", "{event: visit, reentry: {after: PT1M}}"
)
WIDE = """
kind: source
id: stock
url: https://stock.example/
---
kind: action
id: note
channel: email
category: marketing
unsubscribe: false
to: "#{profile.email}"
subject: Hello
body: Hello
---
kind: policy
id: calm
caps: [{at_most: 3, per: P1D}, {at_most: 10, per: month}]
quiet_hours: {from: "20:00", to: "08:30"}
inside: 5
entries: {at_most: 20, per: week}
---
kind: audience
id: buyers
when: "count(@history{purchase.total, P1D}) >= 2"
---
kind: audience
id: gold
when: "#{profile.tier} == 'gold'"
---
kind: journey
id: wide
version: 1
timezone: profile
timeout: P60D
entry: {audience: {id: buyers}, reentry: {after: PT0S}, debounce: PT1H}
exit:
  - {event: visit, when: "@event{visit.total} == 200"}
  - {audience: {id: buyers, on: exit}, when: "#{profile.x} == 1"}
  - {when: "#{profile.email} == 'b@example.org'"}
steps:
  share: {split: [{percent: 50, to: try}, {percent: 50, to: places}]}
  try:
    experiment:
      arms: [{id: one, to: ask}, {id: other, to: places}]
      metric: {event: visit, when: "@event{visit.total} == 2", within: PT2H}
      method: bandit
  places: {cap: 2, on: {full: best}}
  best:
    choose:
      - {when: "#{profile.tier} == 'gold'", score: "#{profile.x}", to: morning}
      - {score: "#{profile.x} * 2 - 1", to: ask}
      - {else: true}
    explore: 30
  ask: {lookup: stock, on: {error: morning}}
  morning: {wait: {at: "02:30", days: [sun, mon]}}
  until: {wait: {until: "#{profile.at}"}}
  hour: {wait: {send_time: email, otherwise: "02:30"}}
  told: {emit: {type: web.visit, payload: {cart: c1, total: 2}}}
  again: {jump: often}
---
kind: journey
id: loop
version: 1
entry: {event: purchase, reentry: {after: PT0S}, debounce: PT1M, max_age: P30D}
exit:
  - {event: visit, when: "@event{visit.total} == 200"}
steps:
  mail: {action: note, max_visits: 3, on: {error: give, max_visits: reacted}}
  reacted:
    first_of:
      - {reaction: {step: mail, is: clicked}, to: give}
      - {audience: {id: gold, on: enter}, to: end}
      - {event: visit, when: "@event{visit.cart} == 'c1'", to: mail}
      - {wait: P1D, to: mail}
    max_visits: 5
  give: {update_profile: {tier: gold, wide.at: "@event{visit.cart}"}, next: try}
  try:
    experiment:
      arms: [{id: one, to: late}, {id: other, to: end}]
      metric: {event: visit}
    max_visits: 2
    on: {max_visits: end}
  late: {wait: PT1H, next: mail}
---
kind: journey
id: golden
version: 1
entry: {audience: {id: gold}, reentry: {after: PT0S}}
steps:
  give: {update_profile: {tier: null}}
  on: {jump: simple}
---
kind: journey
id: read
version: 1
entry: {read: {audience: gold, rate: 5}, reentry: {after: PT0S}}
steps:
  pause: {wait: PT1H}
  on: {jump: simple}
---
"""
"""Every other kind of step, of entry and of exit."""
CIRCLES = SIMPLE.replace("pause: {wait: PT1H}", "on: {jump: often}").replace(
    "{event: signup}", "{event: signup, reentry: {after: PT0S}}"
)
OFTEN_JUMPS = OFTEN + "  on: {jump: simple}\n"
PLANS = plans_of(f"{WIDE}{RICH}---\n{OFTEN_JUMPS}---\n{CIRCLES}")
ACTING = """
kind: journey
id: acting
version: 1
entry: {event: visit, reentry: {after: PT0S}}
steps:
  tell: {emit: {type: web.seen}}
  mark: {update_profile: {seen: true}}
"""
OTHER_RULES = {
    "buyers": AudienceRule("count(@history{purchase.total, P1D}) >= 1", ["purchase"]),
    "gold": AudienceRule("isEmpty(#{profile.tier})"),
}
TYPES = st.sampled_from(["account.signup", "commerce.purchases", "web.visit", "unheard"])
AUDIENCES = st.sampled_from(["buyers", "gold", "strangers"])
PATCHES: list[JsonObject | None] = [
    None,
    {"email": None},
    {"email": "b@example.org"},
    {"email": "a@example.org", "x": 1},
    {"tier": "gold"},
    {"tier": None, "timeZone": "Europe/Paris"},
    {"at": "2026-04-01"},
    {"at": "0001-01-01", "timeZone": "Asia/Tokyo"},
    {"at": 7},
]
CARTS = st.sampled_from([None, "", "c1", "c2", "c3", 7])
MOST_TIMERS = 1_000
"""So often a person is woken until nothing is due."""
ENDS = (Outcome.COMPLETED, Outcome.EXITED, Outcome.FAILED)


class World:
    """One person, whose state is written and read between any two activations."""

    def __init__(self, plans: Sequence[Plan] = PLANS, name: str = "ann") -> None:
        self.name = name
        self.plans = Plans(plans)
        self.revision = self.plans.revision
        self.person: str | None = None
        self.profile: str | None = codec.dump_profile(
            Attributes({"email": "a@example.org", "firstName": "A"})
        )
        self.history: str | None = None

    def state(self) -> PersonState:
        return codec.load_person(self.person)

    def say(self, command: ControlCommand) -> None:
        """Apply a command, and store and read what holds, as a restart does."""
        self.revision += 1
        try:
            apply(self.plans, load_command(json.loads(dump_command(command))), self.revision)
        except ContradictionError:
            return
        lives = {
            journey: codec.load_lifecycle(codec.dump_lifecycle(life))
            for journey, life in self.plans.lives.items()
        }
        self.plans = Plans([*self.plans][::-1], lives)

    def activate(self, activation: Activation, now: int) -> list[Command]:
        person = self.state()
        profile = Profile(
            self.name,
            lambda: codec.load_profile(self.profile),
            lambda: codec.load_history(self.history),
        )
        commands = advance(self.plans, person, profile, activation, now)
        self.person = None if person.is_empty() else codec.dump_person(person)
        if profile.changed:
            self.profile = codec.dump_profile(profile.kept) if profile.kept else None
        if profile.recorded:
            past = codec.dump_history(profile.history)
            self.history = past if profile.history.events else None
        for command in commands:
            if isinstance(command, Report):
                codec.dump_step_event(command.step_event)
        return commands


class EngineMachine(RuleBasedStateMachine):
    live: Sequence[Plan] = PLANS
    """What is published at the beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.live)
        self.now = START
        self.log: list[tuple[Activation | ControlCommand, int, list[Command]]] = []
        self.sent: list[EventReceived] = []
        self.requests: list[ActionRequest] = []
        self.version = 3
        self.profile = self.world.profile
        """The attributes before the latest activation."""

    def activate(self, activation: Activation) -> list[Command]:
        self.profile = self.world.profile
        commands = self.world.activate(activation, self.now)
        self.log.append((activation, self.now, commands))
        self.requests += [c.request for c in commands if isinstance(c, RequestAction)]
        return commands

    # What can happen.

    @rule(
        event_type=TYPES,
        cart=CARTS,
        total=st.sampled_from([None, 0, 2, 200, "x"]),
        early=st.sampled_from([0, 0, -500, 86_400_000, 10**10]),
    )
    def send(self, event_type: str, cart: object, total: object, early: int) -> None:
        number = len(self.log)
        payload: JsonObject = {"eventType": event_type, "cart": cart, "total": total}  # type: ignore[dict-item]
        happened = self.now - early
        event = EventReceived(f"e{number}", f"t/0/{number}", event_type, payload, happened)
        self.sent.append(event)
        self.activate(event)

    @rule(which=st.integers(0, 1_000))
    def send_again(self, which: int) -> None:
        if self.sent:
            event = self.sent[which % len(self.sent)]
            self.activate(replace(event, record_id=f"t/0/{len(self.log)}"))

    @rule(which=st.integers(0, 1_000))
    def read_back(self, which: int) -> None:
        sent = [c for _, _, commands in self.log for c in commands if isinstance(c, EmitEvent)]
        if sent:
            payload = sent[which % len(sent)].payload
            names = (str(payload["_id"]), f"t/0/{len(self.log)}", str(payload["eventType"]))
            self.activate(EventReceived(*names, payload, self.now))

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
    def succeed(self) -> None:
        """Answer everything that is waited for."""
        open_requests = {i.waiting.request for i in self.world.state().instances if i.waiting}
        for asked in [r for r in self.requests if r.request_id in open_requests]:
            names = (asked.request_id, asked.profile_id, asked.instance_id)
            self.activate(ActionResolved(ActionResult(*names, ActionStatus.SUCCEEDED, "code")))

    @rule()
    def resolve_what_nobody_asked_for(self) -> None:
        stranger = ActionResult("nobody", "ann", "nobody", ActionStatus.SUCCEEDED, "http_200")
        assert self.activate(ActionResolved(stranger)) == [] or self.log

    @rule(patch=st.sampled_from(PATCHES), at=st.sampled_from([None, 0, START, START + 3_600_000]))
    def change(self, patch: JsonObject | None, at: int | None = None) -> None:
        place = f"p/0/{len(self.log)}"
        self.activate(ProfileChanged(patch, place, at, timed=at is not None))
        if patch is None:
            assert self.world.person is None
            assert self.world.profile is None

    @rule(
        which=st.integers(0, 1_000),
        reaction=st.sampled_from(REACTIONS),
        channel=st.sampled_from([None, "email", "sms"]),
        again=st.booleans(),
        permanent=st.booleans(),
    )
    def react(
        self, which: int, reaction: str, channel: str | None, *, again: bool, permanent: bool
    ) -> None:
        if self.requests:
            # Of no one message, where only the channel is named.
            is_named = channel != "sms"
            asked = self.requests[which % len(self.requests)].request_id if is_named else None
            name = f"f{reaction}" if again else f"f{len(self.log)}"
            feedback = FeedbackReceived(name, asked, reaction, channel, permanent=permanent)
            self.activate(feedback)

    @rule(audience=AUDIENCES, inside=st.booleans())
    def cross(self, audience: str, *, inside: bool) -> None:
        self.activate(AudienceChanged(audience, inside, f"a/0/{len(self.log)}"))

    @rule()
    def offer(self) -> None:
        self.activate(EntryOffered("read", f"reading/{len(self.log)}"))

    def say(self, command: ControlCommand, *, nudged: bool) -> None:
        self.profile = self.world.profile
        self.world.say(command)
        self.log.append((command, self.now, []))
        if nudged:
            self.activate(Nudged())

    @rule(
        journey=st.sampled_from(["rich", "wide", "loop"]),
        in_flight=st.sampled_from(["finish", "move", "exit"]),
        exception=st.sampled_from(["finish", "move", "exit"]),
        mode=st.sampled_from([Mode.LIVE, Mode.LIVE, *Mode]),
        nudged=st.booleans(),
    )
    def publish(
        self, journey: str, in_flight: InFlight, exception: InFlight, mode: Mode, *, nudged: bool
    ) -> None:
        self.version += 1
        plan = next(plan for plan in PLANS if plan.journey == journey)
        if journey == "wide":
            plan = replace(plan, rules=replace(plan.rules, audiences=OTHER_RULES))
        names = list(plan.steps)
        plan = replace(
            plan,
            version=self.version,
            in_flight=in_flight,
            exceptions={names[0]: exception},
            moves={names[-1]: names[0], names[1]: "end"},
        )
        self.say(publish_message(plan, mode), nudged=nudged)

    @rule(
        journey=st.sampled_from(["rich", "wide", "unheard-of"]),
        kind=st.sampled_from([ResumeJourney, CloseJourney, StopJourney, EndRehearsal]),
        nudged=st.booleans(),
    )
    def tell(self, journey: str, kind: type[ResumeJourney], *, nudged: bool) -> None:
        self.say(kind(journey=journey), nudged=nudged)

    @rule(
        journey=st.sampled_from(["rich", "wide"]),
        then=st.sampled_from(["hold", "hold", "discard"]),
        span=st.sampled_from([None, 0, 60_000]),
    )
    def pause(self, journey: str, then: PausedFor, span: int | None) -> None:
        until = None if span is None else self.now + span
        self.say(PauseJourney(journey=journey, then=then, until=until), nudged=False)

    @rule(journey=st.sampled_from(["rich", "wide"]), nudged=st.booleans())
    def roll_back(self, journey: str, *, nudged: bool) -> None:
        said = [dump_command(c).decode() for c, _, _ in self.log if isinstance(c, Publish)]
        first = publish_message(next(plan for plan in PLANS if plan.journey == journey))
        said.append(dump_command(first).decode())
        try:
            plans = self.world.plans
            command, _ = rolled_back(said, plans, journey, None, Rollback.MOVE)
        except ContradictionError:
            return
        self.say(command, nudged=nudged)

    @rule(version=st.integers(1, 12), journey=st.sampled_from(["rich", "wide"]))
    def retire(self, version: int, journey: str) -> None:
        """What the job says to itself once nobody is inside."""
        places = {(i.journey, i.version) for i in self.world.state().instances}
        if (journey, version) not in places:
            self.say(Retire(journey=journey, version=version), nudged=False)

    # What always holds.

    @invariant()
    def nobody_is_lost_in_any_version(self) -> None:
        came, left = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
        for event in self.reports():
            place = (event.journey_id, event.journey_version)
            came[place] += event.outcome in (Outcome.ENTERED, Outcome.MOVED_IN)
            left[place] += event.outcome in (*ENDS, Outcome.MOVED_OUT)
        inside = Counter((i.journey, i.version) for i in self.world.state().instances)
        assert +came == left + inside

    @invariant()
    def who_is_inside_is_told(self) -> None:
        told: dict[tuple[str, str, int], int] = {}
        for presence in [c for _, _, cs in self.log for c in cs if isinstance(c, Presence)]:
            place = (presence.instance_id, presence.journey, presence.version)
            told.pop(place, None)
            if presence.revision is not None:
                told[place] = presence.revision
        inside = self.world.state().instances
        assert told == {(i.id, i.journey, i.version): i.revision for i in inside}

    @invariant()
    def everybody_inside_waits_for_something_that_can_come(self) -> None:
        asked = {r.request_id for r in self.requests}
        for instance in self.world.state().instances:
            waiting = instance.waiting
            assert waiting is not None
            assert waiting.due is None or waiting.due > self.now
            assert instance.ends_at is None or instance.ends_at > self.now
            plan = self.world.plans.find(instance.journey, instance.version)
            assert plan is not None
            races = isinstance(plan.steps[instance.step], FirstOf)
            is_free = waiting.due is not None or races or waiting.request in asked
            assert is_free or waiting.held

    @invariant()
    def nothing_is_asked_for_in_a_pause(self) -> None:
        modes = {e.instance_id: e.mode for e in self.reports()}
        _, now, commands = self.log[-1] if self.log else (None, self.now, [])
        for asked in [c.request for c in commands if isinstance(c, RequestAction)]:
            plan = self.world.plans.find(asked.journey_id, asked.journey_version)
            if plan is not None and plan.steps[asked.step_id].acts():
                life = self.world.plans.life(asked.journey_id)
                is_paused = life is not None and life.paused_at(now) is not None
                assert modes[asked.instance_id] is not Mode.LIVE or not is_paused

    @invariant()
    def a_silent_walk_touches_nothing(self) -> None:
        silent = {e.instance_id: e.mode for e in self.reports() if e.mode.is_silent}
        dry = [e for e in self.reports() if e.mode.is_silent and e.step_kind == "emit"]
        unsent = {emitted_id(str(e.instance_id), str(e.step_id), e.visit) for e in dry}
        for activation, _, commands in self.log[-1:]:
            for command in commands:
                match command:
                    case RequestAction(request) if request.instance_id in silent:
                        mode = silent[request.instance_id]
                        own = request.channel == CAP and f"/{mode}/" in request.endpoint
                        assert own or request.endpoint.startswith("https://stock.example")
                    case EmitEvent(payload=payload):
                        assert payload["_id"] not in unsent
            real = (c.step_event for c in commands if isinstance(c, Report))
            wrote = any(
                e.step_kind == "update_profile" and not e.mode.is_silent for e in real
            ) or isinstance(activation, ProfileChanged | FeedbackReceived)
            assert wrote or self.profile == self.world.profile

    @invariant()
    def nothing_is_kept_pending_by_a_walk_that_listens(self) -> None:
        for instance in self.world.state().instances:
            waiting = instance.waiting
            assert waiting is not None
            plan = self.world.plans.find(instance.journey, instance.version)
            assert plan is not None
            assert plan.steps[instance.step].is_busy(waiting) or not instance.pending
            assert len(instance.pending) <= MAX_PENDING

    @invariant()
    def time_is_kept_for_every_audience(self) -> None:
        due = self.world.state().review_at
        assert due is None or due > self.now

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
        """The same activations give the same answers, and in the end everybody is forgotten."""
        self.everybody_is_forgotten()
        again = World(self.live)
        for activation, now, commands in self.log:
            if isinstance(activation, ControlCommand):
                again.say(activation)
            else:
                assert again.activate(activation, now) == commands
        assert again.person == self.world.person
        assert again.history == self.world.history
        assert again.profile == self.world.profile

    def everybody_is_forgotten(self) -> None:
        """Let time pass until nothing is due: no state and no timer is left."""
        for audience in self.world.state().audiences:
            self.cross(audience, inside=False)
        self.change({"tier": "none"})
        for _ in range(MOST_TIMERS):
            due = self.world.state().due
            if due is None:
                break
            self.now = max(self.now, due)
            self.activate(TimerFired())
        assert self.world.person is None
        assert self.world.history is None

    def reports(self) -> list[StepEvent]:
        return [c.step_event for _, _, cs in self.log for c in cs if isinstance(c, Report)]


EngineMachine.TestCase.settings = settings(
    max_examples=40, stateful_step_count=40, derandomize=True, deadline=None, database=None
)
TestEngine = EngineMachine.TestCase


class SilentMachine(EngineMachine):
    """The same where everything is a shadow at first."""

    live = ()

    def __init__(self) -> None:
        super().__init__()
        for plan in (*PLANS, plan_of(ACTING)):
            self.say(publish_message(plan, Mode.SHADOW), nudged=False)


SilentMachine.TestCase.settings = settings(EngineMachine.TestCase.settings, max_examples=20)
TestSilent = SilentMachine.TestCase
