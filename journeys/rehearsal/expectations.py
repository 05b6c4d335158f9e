"""Hold one expectation against one thing that happened, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import orjson

from journeys.clock import format_duration, format_instant
from journeys.command import EmitEvent, Report, RequestAction
from journeys.json_shape import value_at
from journeys.kinds.scenario import (
    ActionAsked,
    After,
    At,
    Completed,
    Emitted,
    Entered,
    Exited,
    Expectation,
    Failed,
    NotEntered,
    NotSent,
    ProfileIs,
    StepReport,
)
from journeys.messages import ActionRequest, JsonObject, JsonValue
from journeys.outcomes import Outcome
from journeys.rehearsal.trace import after, recipient
from journeys.scenario import Scenario
from journeys.simulator import Happening, ProfileStood
from journeys.step_event import StepEvent

_LONGEST = 80
"""Characters of a value that are shown."""
_STAYS = (Outcome.WAITING, Outcome.REQUESTED)
_OUTCOMES: Mapping[type[Expectation], tuple[Outcome, ...]] = {
    Entered: (Outcome.ENTERED,),
    NotEntered: (Outcome.NOT_ENTERED,),
    At: _STAYS,
    StepReport: tuple(o for o in Outcome if o not in (Outcome.ENTERED, Outcome.NOT_ENTERED)),
    NotSent: (Outcome.NOT_SENT,),
    Completed: (Outcome.COMPLETED,),
    Exited: (Outcome.EXITED,),
    Failed: (Outcome.FAILED,),
}
"""Which step events each expectation may be met by."""
_FIELDS = {"id": "step_id", "step": "step_id"}
"""Fields of expectations that a step event calls otherwise."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """One field that is not as it should be."""

    field: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.field} is {self.found}, not {self.wanted}"


def misfits(expected: Expectation, happening: Happening, scenario: Scenario) -> list[Misfit] | None:
    """Say in which fields a happening is not the one expected; None if it is of another kind."""
    pairs: list[tuple[str, object, object]]
    match expected, happening.what:
        case ProfileIs(values=values), ProfileStood(attributes=attributes):
            pairs = [
                (path, value, value_at(attributes, path.split(".")))
                for path, value in values.items()
            ]
        case ActionAsked(), RequestAction(request=request):
            pairs = list(_of_action(expected, request, scenario))
        case Emitted(), EmitEvent(topic=topic, payload=payload):
            pairs = list(_of_emitted(expected, topic, payload, happening.at, scenario))
        case _, Report(step_event=event) if event.outcome in _OUTCOMES.get(type(expected), ()):
            pairs = list(_of_report(expected, event, scenario))
        case _:
            return None
    return [
        Misfit(name, _said(wanted), _said(found))
        for name, wanted, found in pairs
        if wanted != found
    ]


_Pairs: TypeAlias = Iterator[tuple[str, object, object]]
"""Field, what it should be, what it is."""


def _of_report(expected: Expectation, event: StepEvent, scenario: Scenario) -> _Pairs:
    yield "journey", expected.journey or scenario.journey, event.journey_id
    for name in type(expected).model_fields:
        wanted = getattr(expected, name)
        if wanted is not None and name not in ("journey", "at"):
            yield name, wanted, getattr(event, _FIELDS.get(name, name))
    yield from _of_time(getattr(expected, "at", None), event.occurred_at, scenario)


def _of_action(expected: ActionAsked, request: ActionRequest, scenario: Scenario) -> _Pairs:
    yield "journey", expected.journey or scenario.journey, request.journey_id
    yield "id", expected.id, request.action_id
    if expected.to is not None:
        yield "to", expected.to, recipient(request)
    if expected.body_contains is not None:
        texts = list(_texts(request.message))
        held = any(expected.body_contains in text for text in texts)
        found = expected.body_contains if held else texts
        yield "body_contains", expected.body_contains, found
    body = request.message.get("body")
    for name, wanted in expected.values.items():
        holder = body if isinstance(body, dict) and name in body else request.message
        yield f"with.{name}", wanted, holder.get(name)
    yield from _of_time(expected.at, request.requested_at, scenario)


def _of_emitted(
    expected: Emitted, topic: str, payload: JsonObject, at: int, scenario: Scenario
) -> _Pairs:
    yield "type", expected.event_type, payload.get("eventType")
    if expected.topic is not None:
        yield "topic", expected.topic, topic
    for name, wanted in expected.values.items():
        yield f"with.{name}", wanted, value_at(payload, name.split("."))
    yield from _of_time(expected.at, at, scenario)


def _of_time(wanted: After | int | None, found: int, scenario: Scenario) -> _Pairs:
    match wanted:
        case After(milliseconds=time):
            yield "at", f"+{format_duration(time)}", after(scenario.start, found)
        case int():
            yield "at", format_instant(wanted), format_instant(found)


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for item in value.values():
                yield from _texts(item)


def _said(value: object) -> str:
    """Write a value; a long one only in part."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
