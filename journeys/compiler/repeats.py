"""What would come twice to one person: one action in two steps, one event in two journeys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from journeys.activities.action import ActionStepSpec
from journeys.compiler.conditions import rule
from journeys.compiler.forms import Defined, Definitions
from journeys.compiler.routes import Routes
from journeys.compiler.vocabulary import Vocabulary
from journeys.definitions import ActionDefinition
from journeys.diagnostics import Code
from journeys.expressions.errors import Severity
from journeys.kinds.event import EventSpec
from journeys.kinds.journey import JourneySpec
from journeys.specification import StepSpec

_UNADDRESSED = "webhook"
"""Calls of services may well be equal; a person does not notice."""
_PASSING = frozenset({"action", "emit", "jump", "lookup", "update_profile"})
"""Steps that everybody passes without a wait of their own."""


def check_sent_twice(
    defined: Defined[JourneySpec],
    vocabulary: Vocabulary,
    steps: Mapping[str, StepSpec],
    routes: Routes,
) -> None:
    """Warn where one walk sends the same message by two steps; a retry after a failure is none."""
    alike: dict[bytes, list[str]] = {}
    for name, step in steps.items():
        if isinstance(step, ActionStepSpec) and name in routes.before:
            action = vocabulary.actions.get(step.action)
            if action is not None and action.channel != _UNADDRESSED:
                alike.setdefault(_written([step.action, step.arguments]), []).append(name)
    for names in alike.values():
        for first, second in _passed_by_one(names, routes):
            message = f"one walk can send this twice: step '{first}' sends the same"
            hint = "send another action by one of them, or let no walk pass both"
            path = ("steps", second, "action")
            place = defined.document.place(path)
            vocabulary.project.report(place, Code.SENT_TWICE, message, hint, Severity.WARNING)


def _passed_by_one(names: list[str], routes: Routes) -> Iterator[tuple[str, str]]:
    """Give pairs of steps that one walk passes in this order, each second one once."""
    told: set[str] = set()
    for first in names if len(names) > 1 else ():
        after = routes.after(first)
        for second in names:
            if second != first and second in after and not {first, second} <= told:
                if second not in told:
                    yield first, second
                told |= {first, second}


def check_same_events(definitions: Definitions, vocabulary: Vocabulary) -> None:
    """Warn of two events that every record is both of, or neither."""
    first: dict[bytes, str] = {}
    for defined in definitions.found["event"]:
        spec: EventSpec = defined.spec
        # An expression names its own event, which differs.
        when = (spec.when or "").replace(f"@event{{{spec.id}", "@event{")
        other = first.setdefault(_written([spec.match, when]), spec.id)
        if other != spec.id:
            message = f"the same records are the event '{other}' too"
            hint = "use one of them, or tell them apart by `match` or `when`"
            place = defined.document.place(("match",), key=True)
            vocabulary.project.report(place, Code.SAME_EVENT, message, hint, Severity.WARNING)


def check_same_entries(definitions: Definitions, vocabulary: Vocabulary) -> None:
    """Warn of two journeys that one record begins, and that send the same sort of message at once.

    Only what is sure counts: the same event under the same rule, and a message before any wait,
    choice or draw, of one channel and both for marketing, or of the same action.
    """
    first: dict[tuple[str, str, str], str] = {}
    for defined in definitions.found["journey"]:
        spec: JourneySpec = defined.spec
        action = _first_message(spec, vocabulary)
        if spec.entry.event is None or action is None:
            continue
        when = rule(spec.entry.when)
        what = action.channel if action.category == "marketing" else f"action {action.id}"
        key = (spec.entry.event, when.text if when else spec.entry.when or "", what)
        other = first.setdefault(key, spec.id)
        if other != spec.id:
            message = f"the journey '{other}' begins with the same event and sends the like at once"
            hint = "tell them apart by `when`, or make them one journey"
            place = defined.document.place(("entry", "event"))
            vocabulary.project.report(place, Code.SAME_ENTRY, message, hint, Severity.WARNING)


def _first_message(spec: JourneySpec, vocabulary: Vocabulary) -> ActionDefinition | None:
    """Give the message that everyone who enters is sent at once, if there is one."""
    for step in spec.steps.values():
        action = vocabulary.actions.get(str(step.get("action")))
        if action is not None and action.channel != _UNADDRESSED:
            return action
        if "next" in step or _PASSING.isdisjoint(step):
            return None
    return None


def _written(value: Any) -> bytes:  # noqa: ANN401  # any JSON
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
