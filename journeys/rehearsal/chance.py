"""Everything that can happen to a person in a journey, drawn by chance: people, events, answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from journeys.activity import Step
from journeys.clock import format_duration
from journeys.definitions import EventDefinition
from journeys.kinds.scenario import ASKING, PERSON, ScenarioSpec
from journeys.messages import JsonObject, JsonValue, Reaction
from journeys.outcomes import Reason
from journeys.rehearsal.draws import Draws
from journeys.rehearsal.examples import Examples
from journeys.rehearsal.subject import Subject
from journeys.scenario import identity_of, record_of

_Item = dict[str, Any]
"""An item of `do`, as an author would write it."""
_ENVELOPE = ("_id", "eventType", "timestamp", "identityMap")
_CALLED = {"action": "action", "lookup": "source"}
"""Kind of a step that asks to its field that names what it calls."""
_TRIES = 10
"""So often an event is drawn until it is one."""
_PAUSES = (0, 1, 1_000, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000)
_START: int = ScenarioSpec.model_fields["start"].default


class Chance:
    """Draws what happens to one person."""

    def __init__(self, subject: Subject, draws: Draws) -> None:
        """Draw for one journey from one stream of numbers."""
        self.draws = draws
        self._subject = subject
        self._plan = subject.plan
        self._examples = Examples(draws, _START, subject.reads, subject.keys)
        self._asking = [step for step in subject.plan.steps.values() if step.kind in ASKING]
        self._sent: list[_Item] = []
        often = [self._any_event, self._advance]
        self._kinds = [*often, *often, *often, self._repeat, self._answer, self._answer]
        self._kinds += [self._change, self._entry, self._cross, self._react]

    def profile(self) -> JsonObject:
        """Draw the attributes of a person."""
        drawn = self._examples.object_of(self._subject.profile())
        return {name: value for name, value in drawn.items() if name != "id"}

    def identity(self, person: str) -> JsonObject:
        """Write the `identityMap` of a person in the journey's namespace."""
        return identity_of(self._plan.namespace, person)

    def payload(self, event: str) -> JsonObject | None:
        """Draw what an event holds besides its envelope; None if nothing fits its definition."""
        definition = self._plan.heard[event]
        for _ in range(_TRIES):
            payload = self._examples.object_of(self._subject.payload(event))
            kept = {n: v for n, v in payload.items() if n not in _ENVELOPE}
            for path in definition.fields:
                kept.pop(path.split(".")[0], None)
            if _is_one(definition, kept, self.identity(PERSON)):
                return kept
        return None

    def items(self, most: int) -> Iterator[_Item]:
        """Draw what happens, as items of a scenario: some answers, the entry, the rest."""
        for step in self._asking:
            if self.draws.chance(0.5):
                yield {"respond": self._respond(step)}
        yield from self._entry()
        for _ in range(self.draws.below(most)):
            yield from self.draws.choose(self._kinds)()

    # Kinds of item.

    def _entry(self) -> Iterator[_Item]:
        entry = self._plan.entry
        if entry.crossing is not None:
            yield {"audience": {"id": entry.crossing.audience, "on": "enter"}}
            if entry.crossing.way == "exit":
                yield {"audience": {"id": entry.crossing.audience, "on": "exit"}}
        elif entry.reading is not None:
            yield {"audience": {"id": entry.reading.audience, "on": "enter"}}
            payload = self.payload(entry.event) if entry.event else None
            yield {"read": {"payload": payload} if payload else {}}
        elif entry.event is not None:
            yield from self._event(entry.event)

    def _any_event(self) -> Iterator[_Item]:
        if self._plan.heard:
            yield from self._event(self.draws.choose(list(self._plan.heard)))

    def _repeat(self) -> Iterator[_Item]:
        if self._sent:
            yield self.draws.choose(self._sent)

    def _advance(self) -> Iterator[_Item]:
        yield {"advance": format_duration(self._pause())}

    def _answer(self) -> Iterator[_Item]:
        if self._asking:
            yield {"respond": self._respond(self.draws.choose(self._asking))}

    def _change(self) -> Iterator[_Item]:
        yield {"profile": self._patch()}

    def _cross(self) -> Iterator[_Item]:
        audiences = self._subject.reads.audiences
        if audiences:
            way = self.draws.choose(("enter", "exit"))
            yield {"audience": {"id": self.draws.choose(audiences), "on": way}}

    def _react(self) -> Iterator[_Item]:
        sending = [step.id for step in self._asking if step.kind == ASKING[0]]
        if sending:
            reaction = self.draws.choose(get_args(Reaction))
            yield {"feedback": {"step": self.draws.choose(sending), "is": reaction}}

    def _event(self, event: str) -> Iterator[_Item]:
        payload = self.payload(event)
        if payload is not None:
            item: _Item = {"event": event, "payload": payload, "id": f"e{len(self._sent) + 1}"}
            if self._plan.entry.max_age_ms is not None and self.draws.chance(0.2):
                item["ago"] = format_duration(self._pause())
            self._sent.append(item)
            yield item

    def _pause(self) -> int:
        """Draw a time: one that the journey names, one beside it, or any other."""
        named = self._subject.reads.durations
        if named and self.draws.chance(0.7):
            return max(0, self.draws.choose(named) + self.draws.between(-1, 1))
        return self.draws.choose(_PAUSES)

    def _respond(self, step: Step) -> JsonObject:
        said: JsonObject = {"step": step.id}
        match self.draws.below(6):
            case 0:
                said["status"] = self.draws.choose([400, 404, 429, 500, 503])
            case 1:
                said["timeout"] = True
            case 2:
                said["not_sent"] = str(self.draws.choose([Reason.NO_CONSENT, Reason.NO_ADDRESS]))
            case _:
                schema = self._subject.response(str(getattr(step, _CALLED[step.kind])), step.id)
                said["body"] = self._examples.object_of(schema)
        if self.draws.chance(0.4):
            said["after"] = format_duration(self._pause())
        return said

    def _patch(self) -> JsonValue:
        if self.draws.chance(0.1):
            return None
        return {n: None if self.draws.chance(0.2) else v for n, v in self.profile().items()}


def _is_one(definition: EventDefinition, payload: JsonObject, identity: JsonObject) -> bool:
    event_type, whole = record_of(definition, payload, identity, "id", _START)
    if definition.fault(whole) is not None:
        return False
    return definition.matches(event_type, whole, _START)
