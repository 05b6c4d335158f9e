"""Many people who do not exist, and what they do in a journey: drawn from schemas and a seed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from journeys.activities import cap
from journeys.definitions import EventDefinition
from journeys.kinds.scenario import ResponseSpec, ScenarioSpec
from journeys.messages import ActionRequest, ActionStatus, JsonObject
from journeys.openings import note_opening
from journeys.outcomes import Reason
from journeys.plan import Plan
from journeys.rehearsal.chance import Chance
from journeys.rehearsal.draws import Draws
from journeys.rehearsal.examples import Examples
from journeys.rehearsal.play import Outside
from journeys.rehearsal.rows import with_rows
from journeys.rehearsal.subject import Subject
from journeys.rehearsal.successes import asked_of, success
from journeys.scenario import record_of
from journeys.simulator import Answer, Simulator, succeed

_ENTRY_SPREAD_MS = 86_400_000
"""People come within a day, or within half the time where that is less."""
_LIKELY = 0.5
"""How likely a person is to send each event that the journey listens for."""
_DAYS_READ = 10
"""On fewer days than that a person has opened messages before, each time at the same hour."""
_FIRST_MS = 60_000
"""Nobody does anything sooner after they came."""
_SOONEST_MS, _SLOWEST_MS = 50, 5_000
"""How long an answer takes."""
_ENDS = (
    *([ActionStatus.SUCCEEDED] * 94),
    *([ActionStatus.ERROR] * 3),
    *([ActionStatus.TIMEOUT] * 2),
    ActionStatus.NOT_SENT,
)
"""How a hundred calls end."""
_CODES = {
    ActionStatus.ERROR: "http_500",
    ActionStatus.TIMEOUT: "timedout",
    ActionStatus.NOT_SENT: str(Reason.WITHHELD),
}


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people, for how long, and by which seed."""

    people: int
    duration_ms: int
    seed: int = 1
    start: int = ScenarioSpec.model_fields["start"].default
    answers: tuple[ResponseSpec, ...] = ()
    """Steps whose answers are no matter of chance."""
    profile: JsonObject | None = None
    """What is known of everybody; None: each has a profile of their own."""


def populate(subject: Subject, crowd: Crowd) -> Simulator:
    """Let a crowd walk through a journey, and whatever else its events begin."""
    subject, _ = with_rows(subject, crowd.seed, crowd.start)
    simulator = Simulator(subject.plans, crowd.start, _ChanceOutside(subject, crowd))
    for number in range(crowd.people):
        _introduce(simulator, subject, crowd, number)
    simulator.run_until(crowd.start + crowd.duration_ms)
    return simulator


def _introduce(simulator: Simulator, subject: Subject, crowd: Crowd, number: int) -> None:
    """Describe one person, and put all that they will do on the agenda."""
    name = f"p{number + 1:05d}"
    draws = Draws(crowd.seed, name)
    chance = Chance(subject, draws)
    simulator.describe(name, chance.profile() if crowd.profile is None else crowd.profile)
    _give_habits(simulator, draws, name)
    spread = min(_ENTRY_SPREAD_MS, crowd.duration_ms // 2)
    came = crowd.start + draws.below(spread + 1)
    _enter(simulator, subject.plan, chance, name, came)
    for event in subject.plan.heard:
        if event != subject.plan.entry.event and draws.chance(_LIKELY):
            at = came + _later(draws, crowd.duration_ms)
            _send(simulator, subject.plan.heard[event], chance, name, at)


def _give_habits(simulator: Simulator, draws: Draws, name: str) -> None:
    """Let a person have opened messages before, where some wait goes by it."""
    for channel in sorted(simulator.plans.timed):
        hour = draws.below(24) * 3_600_000
        for day in range(1, 1 + draws.below(_DAYS_READ)):
            at = simulator.now - day * 86_400_000 + hour
            note_opening(simulator.state(name), channel, at, None, simulator.now)


def _enter(simulator: Simulator, plan: Plan, chance: Chance, name: str, at: int) -> None:
    """Put on the agenda what begins a walk."""
    entry = plan.entry
    if entry.crossing is not None:
        simulator.cross(name, entry.crossing.audience, inside=True, at=at)
        if entry.crossing.way == "exit":
            simulator.cross(name, entry.crossing.audience, inside=False, at=at)
    elif entry.reading is not None:
        payload = chance.payload(entry.event) if entry.event else None
        simulator.cross(name, entry.reading.audience, inside=True, at=at)
        simulator.offer(name, plan.journey, payload, at=at)
    elif entry.event is not None:
        _send(simulator, plan.events[entry.event], chance, name, at)


def _send(
    simulator: Simulator, definition: EventDefinition, chance: Chance, name: str, at: int
) -> None:
    payload = chance.payload(definition.id)
    if payload is not None:
        event_id = f"{name}-{definition.id}"
        event_type, whole = record_of(definition, payload, chance.identity(name), event_id, at)
        simulator.event(name, event_type, whole, event_id=event_id, at=at)


def _later(draws: Draws, longest: int) -> int:
    """Draw a time of any order of size: minutes are as likely as days."""
    times = max(1.0, longest / _FIRST_MS)
    return round(_FIRST_MS * math.pow(times, draws.fraction()))


class _ChanceOutside:
    """Answers by chance where no answer is given; the same request has the same answer."""

    def __init__(self, subject: Subject, crowd: Crowd) -> None:
        self._subject = subject
        self._seed = crowd.seed
        self._given = {(subject.plan.journey, response.step) for response in crowd.answers}
        self._outside = Outside(subject.plan.journey, subject.plans, subject.responses, crowd.start)
        for response in crowd.answers:
            self._outside.say(response)

    def __call__(self, request: ActionRequest) -> Answer:
        draws = Draws(self._seed, request.request_id)
        took = draws.between(_SOONEST_MS, _SLOWEST_MS)
        if (request.journey_id, request.step_id) in self._given:
            answer = self._outside(request)
            return answer if answer.after_ms else replace(answer, after_ms=took)
        if request.channel == cap.CHANNEL:
            return succeed(request)
        status = draws.choose(_ENDS)
        if status is ActionStatus.SUCCEEDED:
            examples = Examples(draws, request.requested_at, self._subject.reads)
            schema = self._subject.response(request.action_id, request.step_id)
            definition = asked_of(self._subject.plans, request)
            response = success(definition, request, lambda _: examples.object_of(schema))
            return Answer(code=succeed(request).code, response=response, after_ms=took)
        after = request.timeout_ms if status is ActionStatus.TIMEOUT else took
        reason = Reason.WITHHELD if status is ActionStatus.NOT_SENT else None
        return Answer(status, _CODES[status], reason, after_ms=after)
