"""Any number of people at the engine in virtual time.

    simulator = Simulator(plans, start)
    simulator.event("ann", "account.signup", {"plan": "free"})
    simulator.advance(3_600_000)
    simulator.trace("ann")

Drives the same `engine.advance` as the Flink operator does. Time moves only when it is told to, and
then stops at every instant at which something is due for anybody, in the order of time: what was
scheduled for an instant comes before the timers of that instant, as in the job. The world outside
is a function from requests to answers; places behind a cap are counted here, exactly, where it does
not refuse them, and so are the trials of bandits, whose shares move as in the job.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field
from heapq import heappop, heappush, merge
from typing import TypeAlias

from journeys import codec
from journeys.activation import (
    ActionResolved,
    Activation,
    AudienceChanged,
    AudiencesSurveyed,
    EntryAsked,
    EntryOffered,
    EventReceived,
    IdentityLinked,
    Nudged,
    ProfileChanged,
    TimerFired,
)
from journeys.activities import cap
from journeys.attributes import Attributes
from journeys.bandit import Tally, TrialReport, count, reweigh
from journeys.command import Command, CountTrial, EmitEvent, PassOn, RequestAction, StartReading
from journeys.control import ControlCommand, EnterPerson, apply
from journeys.engine import advance
from journeys.history import History
from journeys.identifiers import record_id
from journeys.identity_codec import dump_passed, load_passed
from journeys.messages import ActionRequest, ActionResult, ActionStatus, JsonObject, JsonValue
from journeys.places import claim
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.presence import BUCKETS, bucket_of
from journeys.profile import Profile
from journeys.readings import Agenda, Schedule, Survey, schedules, whose_turn
from journeys.state import PersonState


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of one request outside, and when its result is back."""

    status: ActionStatus = ActionStatus.SUCCEEDED
    code: str = "http_200"
    reason: str | None = None
    detail: str | None = None
    response: JsonValue = None
    after_ms: int = 0
    """From the request to the result; by default it is back at the same instant."""


@dataclass(frozen=True, slots=True)
class _WeightsDue:
    """New shares of an experiment are to be computed."""


@dataclass(frozen=True, slots=True)
class _TurnsDue:
    """A part of the people may have their turn to be read."""

    bucket: int


_Due: TypeAlias = Activation | _WeightsDue | _TurnsDue
Answers: TypeAlias = Callable[[ActionRequest], Answer | None]
"""The world outside. None: this request stays open until `Simulator.answer` gives its result."""


def succeed(request: ActionRequest) -> Answer:
    """Let every request succeed at once, with an empty response."""
    return Answer(code="smtp_250" if request.channel == "email" else "http_200")


@dataclass(frozen=True, slots=True)
class ProfileStood:
    """The attributes of a person from here on."""

    attributes: JsonObject


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of a trace: something that reached the person, or that came of it."""

    at: int
    """Milliseconds since 1970-01-01 UTC."""
    what: Activation | Command | ProfileStood


@dataclass(slots=True)
class Simulated:
    """One person as the simulator keeps them."""

    state: PersonState = field(default_factory=PersonState)
    attributes: Attributes = field(default_factory=Attributes)
    history: History = field(default_factory=History)
    trace: list[Happening] = field(default_factory=list)
    alarm: int | None = None
    """Instant of the timer that counts; all others on the agenda are out of date."""


class Simulator:
    """People, what they do, and a clock that runs as far as it is told to."""

    def __init__(
        self,
        plans: Plans | Iterable[Plan],
        start: int,
        answers: Answers | None = succeed,
        *,
        stored: bool = False,
    ) -> None:
        """Begin with nobody.

        Args:
            plans: what is published.
            start: the instant at which time begins, in milliseconds.
            answers: the world outside; None: whatever is asked for stays open until `answer`.
            stored: write and read all state between any two activations, as the job does.
        """
        # A copy, because the shares of bandits move here and nowhere else.
        self.plans = copy(plans) if isinstance(plans, Plans) else Plans(plans)
        self.now = start
        self.people: dict[str, Simulated] = {}
        self._answers = answers
        self._stored = stored
        self._agenda: list[tuple[int, bool, int, str, _Due]] = []
        self._scheduled = 0
        self._records = 0
        self._counters: Counter[str] = Counter()
        self._tallies: dict[str, Tally] = {}
        self._readings = [Agenda() for _ in range(BUCKETS)]
        self._followed = self.plans.followed_rules
        self._read: dict[tuple[str, str], int] = {}
        """Person and journey to the instant at which the latest reading came."""

    # What happens to people.

    def describe(self, person: str, attributes: JsonObject, audiences: Iterable[str] = ()) -> None:
        """Say what is known of a person before anything happens."""
        described = self._person(person)
        described.attributes = Attributes(attributes)
        described.state.audiences = dict.fromkeys(audiences, self.now)
        described.trace.append(Happening(self.now, ProfileStood(attributes)))

    def event(
        self,
        person: str,
        event_type: str,
        payload: JsonObject,
        *,
        event_id: str | None = None,
        at: int | None = None,
        ago: int = 0,
    ) -> None:
        """Send an event of a person, now or at a later instant; it happened so long before."""
        place = self.place("events")
        happened = (self.now if at is None else at) - ago
        event = EventReceived(event_id or place, place, event_type, payload, happened)
        self.activate(person, event, at=at)

    def change(self, person: str, patch: JsonObject | None, *, at: int | None = None) -> None:
        """Patch the profile of a person, or erase them."""
        self.activate(person, ProfileChanged(patch, self.place("profiles")), at=at)

    def link(
        self, person: str, primary: str, patch: JsonObject | None = None, *, at: int | None = None
    ) -> None:
        """Let an identity be one more of a person, who is known by another."""
        self.activate(person, IdentityLinked(primary, patch, self.place("profiles")), at=at)

    def cross(self, person: str, audience: str, *, inside: bool, at: int | None = None) -> None:
        """Let a person go into an audience, or out of it."""
        place = self.place("profiles")
        self.activate(person, AudienceChanged(audience, inside, place), at=at)

    def offer(
        self, person: str, journey: str, payload: JsonObject | None = None, *, at: int | None = None
    ) -> None:
        """Let one reading of a journey's audience come to a person."""
        begun = self.now if at is None else at
        since = self._read.get((person, journey))
        self._read[person, journey] = begun
        offer = EntryOffered(journey, self.place("readings"), payload, since=since, begun=begun)
        self.activate(person, offer, at=at)

    def say(self, command: ControlCommand) -> None:
        """Say something of a journey; everybody inside follows at once.

        Readings begin at their times from here on; those of journeys that were published before
        come only by `offer` and by business events.

        Raises:
            ContradictionError: it does not fit what holds; nothing is changed.
        """
        apply(self.plans, command, self.plans.revision + 1)
        if isinstance(command, EnterPerson):
            asked = EntryAsked(
                command.journey, command.id or self.place("control"), command.payload
            )
            self.activate(command.profile_id, asked)
            return
        life = self.plans.life(command.journey_id)
        for schedule in schedules(self.plans, command, life, self.now):
            self._tell_readings(schedule)
        if self.plans.followed_rules != self._followed:
            self._followed = self.plans.followed_rules
            self._tell_readings(Survey(self._followed, self.now))
        for name, person in list(self.people.items()):
            if any(i.journey == command.journey_id for i in person.state.instances):
                self.activate(name, Nudged())

    def answer(self, request: ActionRequest, answer: Answer) -> None:
        """Give the result of a request that was left open, or a second one of any other.

        It comes when time reaches its instant, never inside the activation that asked.
        """
        at = self.now + answer.after_ms
        self._schedule(at, request.profile_id, resolved(request, answer), is_timer=False)

    def activate(self, person: str, activation: Activation, *, at: int | None = None) -> None:
        """Let anything happen to a person, now or at a later instant."""
        if at is None:
            self._advance(person, activation)
            self.run_until(self.now)
        else:
            self._schedule(at, person, activation, is_timer=False)

    # Time.

    def advance(self, milliseconds: int) -> None:
        """Let time pass."""
        self.run_until(self.now + milliseconds)

    def run_until(self, instant: int) -> None:
        """Let time pass up to an instant, and with it everything that is due by then."""
        while (due := self.due) is not None and due <= instant:
            at, is_timer, _, name, what = heappop(self._agenda)
            if isinstance(what, _WeightsDue):
                self.now = max(self.now, at)
                self._reweigh(name)
            elif isinstance(what, _TurnsDue):
                self.now = max(self.now, at)
                self._take_turns(what.bucket, at)
            elif not is_timer or self.people[name].alarm == at:
                self.now = max(self.now, at)
                self._advance(name, what)
        self.now = max(self.now, instant)

    @property
    def due(self) -> int | None:
        """The earliest instant for which something stands on the agenda."""
        return self._agenda[0][0] if self._agenda else None

    # What one can see.

    @property
    def answers_to_come(self) -> set[str]:
        """Ids of the requests whose results are on the agenda."""
        activations = (entry[-1] for entry in self._agenda)
        return {a.result.request_id for a in activations if isinstance(a, ActionResolved)}

    def trace(self, person: str) -> list[Happening]:
        """Give everything that happened to a person and came of it, in order."""
        return self._person(person).trace

    def together(self, person: str) -> list[Happening]:
        """Give the traces of everybody as one, by time; at one instant that of a person comes last.

        A scenario has one person, and their other identities.
        """
        others = (simulated.trace for name, simulated in self.people.items() if name != person)
        return list(merge(*others, self.trace(person), key=lambda happening: happening.at))

    def state(self, person: str) -> PersonState:
        """Give what the job would keep of a person."""
        return self._person(person).state

    def attributes(self, person: str) -> JsonObject:
        """Give the profile of a person."""
        return self._person(person).attributes.values

    # The engine.

    def place(self, topic: str) -> str:
        """Name the place of one more record."""
        self._records += 1
        return record_id(topic, 0, self._records)

    def _person(self, name: str) -> Simulated:
        return self.people.setdefault(name, Simulated())

    def _schedule(self, at: int, name: str, what: _Due, *, is_timer: bool) -> None:
        heappush(self._agenda, (at, is_timer, self._scheduled, name, what))
        self._scheduled += 1

    def _advance(self, name: str, activation: Activation) -> None:
        person = self._person(name)
        if self._stored:
            _write_and_read(person)
        if not isinstance(activation, TimerFired | Nudged | AudiencesSurveyed):
            person.trace.append(Happening(self.now, activation))
        profile = Profile(name, lambda: person.attributes, lambda: person.history)
        commands = advance(self.plans, person.state, profile, activation, self.now)
        person.trace += [Happening(self.now, command) for command in commands]
        if profile.recorded:
            person.history = profile.history
        if profile.changed:
            person.attributes = profile.kept
            person.trace.append(Happening(self.now, ProfileStood(profile.attributes)))
        self._set_alarm(name, person)
        for command in commands:
            match command:
                case RequestAction(request=request):
                    self._resolve(request)
                case EmitEvent(topic="events", payload=payload):
                    self._read_back(name, payload)
                case CountTrial(report=report):
                    self._count_trial(report)
                case StartReading():
                    self._tell_readings(command)
                case PassOn(to=to, what=what):
                    passed = load_passed(dump_passed(what))
                    self._schedule(self.now, to, passed, is_timer=False)
                case _:
                    pass

    def _read_back(self, name: str, payload: JsonObject) -> None:
        """Let a person's journeys hear what they sent."""
        event_type, event_id = str(payload["eventType"]), str(payload["_id"])
        self.event(name, event_type, payload, event_id=event_id, at=self.now)

    def _tell_readings(self, told: Schedule | Survey | StartReading) -> None:
        for bucket, agenda in enumerate(self._readings):
            agenda.hear(told, self.now)
            self._set_turns(bucket)

    def _take_turns(self, bucket: int, due: int) -> None:
        agenda = self._readings[bucket]
        if agenda.timer != due:
            return
        agenda.timer = None
        people = [
            name
            for name, person in self.people.items()
            if bucket_of(name) == bucket and (person.attributes.values or person.state.audiences)
        ]
        turns = agenda.take_turns(
            bucket, self.now, lambda wave, count: whose_turn(wave, people, count)
        )
        for name, offer in list(turns):
            self._advance(name, offer)
        self._set_turns(bucket)

    def _set_turns(self, bucket: int) -> None:
        agenda = self._readings[bucket]
        due = None if agenda.due is None else max(agenda.due, self.now + 1)
        if due is not None and due != agenda.timer:
            self._schedule(due, "", _TurnsDue(bucket), is_timer=True)
        agenda.timer = due

    def _set_alarm(self, name: str, person: Simulated) -> None:
        due = person.state.due
        if due is not None and due != person.alarm:
            self._schedule(due, name, TimerFired(), is_timer=True)
        person.alarm = due

    def _resolve(self, request: ActionRequest) -> None:
        if self._answers is None:
            return
        answer = self._answers(request)
        if request.channel == cap.CHANNEL and answer and answer.status is ActionStatus.SUCCEEDED:
            answer = self._count(request)
        if answer is not None:
            self.answer(request, answer)

    def _count_trial(self, report: TrialReport) -> None:
        name = report.experiment
        before = self._tallies.get(name)
        tally = self._tallies[name] = count(before, report, self.now)
        if tally.due is not None and (before is None or before.due is None):
            self._schedule(tally.due, name, _WeightsDue(), is_timer=True)

    def _reweigh(self, experiment: str) -> None:
        self._tallies[experiment], weights = reweigh(self._tallies[experiment])
        self.plans.weigh(weights)

    def _count(self, request: ActionRequest) -> Answer:
        taken, result = claim(self._counters[request.endpoint], request)
        self._counters[request.endpoint] = taken
        return Answer(result.status, result.code)


def resolved(request: ActionRequest, answer: Answer) -> ActionResolved:
    """Give the end of a request that was answered so."""
    result = ActionResult(
        request_id=request.request_id,
        profile_id=request.profile_id,
        instance_id=request.instance_id,
        status=answer.status,
        code=answer.code,
        reason=answer.reason,
        detail=answer.detail,
        response=answer.response,
        attempts=0 if answer.status is ActionStatus.CAPPED else 1,
        latency_ms=answer.after_ms,
        # A place behind a cap is given by nobody who is called.
        endpoint="" if request.channel == cap.CHANNEL else request.endpoint,
    )
    return ActionResolved(result)


def _write_and_read(person: Simulated) -> None:
    person.state = codec.load_person(codec.dump_person(person.state))
    person.attributes = codec.load_profile(codec.dump_profile(person.attributes))
    person.history = codec.load_history(codec.dump_history(person.history))
