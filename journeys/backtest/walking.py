"""One person after the other: what was recorded of them, at the engine, in virtual time.

    backtest = Backtest(plans, model, Terms(until))
    backtest.walk("ann", recorded)
    backtest.tally

Drives the same `engine.advance` as the job does. Of each person all that was recorded comes in the
order of its time, between it what is due by then, and the answers to what was asked for. Nothing is
stored, and people do not meet: what they share is not known here. So everybody gets a place behind
a cap, unless it is recorded who got one; shares of experiments stay as they are written; nobody is
read but who was recorded to be; and what belongs to another identity of a person stays away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import TypeAlias

from journeys.activation import ActionResolved, Activation, EventReceived, TimerFired
from journeys.activities.cap import CHANNEL as CAP
from journeys.attributes import Attributes
from journeys.backtest.answers import Model
from journeys.backtest.recording import ANSWERS, Clock, Recorded, instant_of
from journeys.backtest.tally import Kind, Tally, fact_of
from journeys.command import Command, EmitEvent, PassOn, Report, RequestAction, StartReading
from journeys.datasets import KeptOut
from journeys.engine import advance
from journeys.history import History
from journeys.inquiry import Inquiry
from journeys.messages import ActionRequest, ActionResult, JsonObject
from journeys.outcomes import DeadLetterReason, Outcome
from journeys.plans import Plans
from journeys.profile import Profile
from journeys.records import (
    DeadLetter,
    Record,
    read_event,
    read_feedback,
    read_nudge,
    read_profile,
    read_result,
)
from journeys.simulator import resolved
from journeys.state import PersonState
from journeys.step_event import StepEvent

AFTER_THE_END = "after_the_end"
NOT_LISTENED = "not_listened"
KEPT_OUT = "kept_out"
QUESTION = "question"
PASSED_ON = "passed_on"
READING = "reading"
"""Why something came to nobody, beside the reasons of dead letters."""
_MESSAGES = "action"
"""Kind of the steps that send something."""


Tell: TypeAlias = Callable[[StepEvent], None]
"""Told a step event."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for everybody in a backtest."""

    until: int
    """Nothing happens from here on; milliseconds."""
    clock: Clock = Clock.EVENT
    """Which time of a record counts."""


class Backtest:
    """Walks people through what is published, and counts what becomes of them."""

    def __init__(
        self,
        plans: Plans,
        model: Model,
        terms: Terms,
        tell: Tell | None = None,
    ) -> None:
        """Begin.

        Args:
            plans: what is published, from before the first record to the end.
            model: the answers that were not recorded.
            terms: what holds for everybody.
            tell: told every step event.
        """
        self.plans, self.model, self.terms, self.tell = plans, model, terms, tell
        self.tally: Tally = Counter()

    def walk(self, person: str, recorded: Iterable[Recorded]) -> set[str]:
        """Let everything that was recorded of a person happen; name the journeys they entered."""
        walk = _Walk(self, person)
        try:
            walk.take(recorded)
            walk.run()
        except Exception:  # one person must not stop it for everybody
            self.tally[Kind.LEFT_OUT, DeadLetterReason.UNWORKABLE] += 1
        return walk.entered


class _Walk:
    """One person in a backtest."""

    def __init__(self, backtest: Backtest, person: str) -> None:
        self.entered: set[str] = set()
        self._all = backtest
        self._tally = backtest.tally
        self._person = person
        self._state = PersonState()
        self._attributes = Attributes()
        self._history = History()
        self._agenda: list[tuple[int, bool, int, Activation]] = []
        """When, whether it was recorded, and which in order: at one instant what the person's own
        walks have brought about comes first, as whatever was recorded of it follows from it."""
        self._scheduled = 0
        self._recorded: dict[str, tuple[int, ActionResult]] = {}
        """Request to what its answer was, and when it came."""
        self._events: set[str] = set()
        """Ids of the events that were recorded."""
        self._messages = 0

    # What was recorded.

    def take(self, recorded: Iterable[Recorded]) -> None:
        terms, tally, agenda = self._all.terms, self._tally, self._agenda
        for source, record in recorded:
            tally[Kind.RECORD, source] += 1
            read = NOT_LISTENED if record is None else self._read(source, record)
            if record is None or isinstance(read, str):
                tally[Kind.LEFT_OUT, str(read)] += 1
            elif source in ANSWERS:
                self._note_answer(record, read)
            elif (at := instant_of(read, record, terms.clock)) > terms.until:
                tally[Kind.LEFT_OUT, AFTER_THE_END] += 1
            else:
                agenda.append((at, True, len(agenda), read))
        self._scheduled = len(agenda)
        heapify(agenda)

    def _read(self, source: str, record: Record) -> Activation | str:
        """Read a record; give why it comes to nobody, if it does not."""
        plans = self._all.plans
        read: Activation | Inquiry | KeptOut | DeadLetter
        match source:
            case "events":
                read = read_event(record, plans)
            case "profiles":
                read = read_profile(record, plans, record.timestamp)
            case "feedback":
                read = read_feedback(record)
            case "nudges":
                read = read_nudge(record)
            case _:
                read = read_result(record)
        if isinstance(read, EventReceived):
            self._events.add(read.event_id)
            return read if self._all.plans.hears(read.event_type) else NOT_LISTENED
        if isinstance(read, DeadLetter):
            return read.reason
        if isinstance(read, Inquiry):
            return QUESTION
        return KEPT_OUT if isinstance(read, KeptOut) else read

    def _note_answer(self, record: Record, read: Activation) -> None:
        if isinstance(read, ActionResolved):
            self._recorded.setdefault(read.result.request_id, (record.timestamp, read.result))

    # Time.

    def run(self) -> None:
        agenda, until = self._agenda, self._all.terms.until
        while True:
            due = self._state.due
            if due is not None and (not agenda or due < agenda[0][0]):
                if due > until:
                    break
                self._advance(TimerFired(), due)
            elif agenda and agenda[0][0] <= until:
                at, _, _, activation = heappop(agenda)
                self._advance(activation, at)
            else:
                break
        self._count()

    def _count(self) -> None:
        if not self._person:  # records without a key, which are of nobody
            return
        tally = self._tally
        tally[Kind.PERSON,] += 1
        tally[Kind.MESSAGES, self._messages] += 1
        for walk in self._state.instances:
            tally[Kind.INSIDE, walk.journey, walk.version, walk.step] += 1

    def _schedule(self, at: int, activation: Activation) -> None:
        heappush(self._agenda, (at, False, self._scheduled, activation))
        self._scheduled += 1

    # The engine.

    def _advance(self, activation: Activation, now: int) -> None:
        profile = Profile(self._person, lambda: self._attributes, lambda: self._history)
        for command in advance(self._all.plans, self._state, profile, activation, now):
            if isinstance(command, Report):
                self._report(command.step_event)
            else:
                self._follow(command, now)
        if profile.recorded:
            self._history = profile.history
        if profile.changed:
            self._attributes = profile.kept

    def _report(self, event: StepEvent) -> None:
        tally = self._tally
        tally[fact_of(event)] += 1
        if event.outcome is Outcome.REQUESTED and event.step_kind == _MESSAGES:
            tally[Kind.MESSAGE, event.action_id, event.channel] += 1
            self._messages += 1
        elif event.outcome is Outcome.ENTERED and event.journey_id not in self.entered:
            self.entered.add(event.journey_id)
            tally[Kind.ENTERED, event.journey_id, event.journey_version] += 1
        if self._all.tell is not None:
            self._all.tell(event)

    def _follow(self, command: Command, now: int) -> None:
        match command:
            case RequestAction(request):
                self._ask(request, now)
            case EmitEvent(topic="events", payload=payload):
                self._read_back(payload, now)
            case PassOn():
                self._tally[Kind.LEFT_OUT, PASSED_ON] += 1
            case StartReading():
                self._tally[Kind.LEFT_OUT, READING] += 1
            case _:
                pass

    def _ask(self, request: ActionRequest, now: int) -> None:
        model = self._all.model
        recorded = None if model.says(request) else self._recorded.get(request.request_id)
        if request.channel == CAP:
            self._tally[Kind.PLACE, request.endpoint, int(str(request.message["limit"]))] += 1
        if recorded is None:
            answer = model(request)
            known = "said" if model.says(request) else "modelled"
            self._schedule(now + answer.after_ms, resolved(request, answer))
        else:
            known, (came, result) = "recorded", recorded
            by_broker = self._all.terms.clock is Clock.BROKER
            at = max(now, came) if by_broker else now + result.latency_ms
            self._schedule(at, ActionResolved(result))
        self._tally[Kind.ANSWER, known] += 1

    def _read_back(self, payload: JsonObject, now: int) -> None:
        """Let a person's journeys hear what they sent, unless it was recorded: then it comes."""
        event_type, event_id = str(payload["eventType"]), str(payload["_id"])
        if event_id not in self._events and self._all.plans.hears(event_type):
            event = EventReceived(event_id, event_id, event_type, payload, now)
            self._schedule(now, event)
