"""What a step does, in few lines that one can read without knowing the definition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import singledispatch
from typing import cast

from journeys.activities.action import Action
from journeys.activities.choose import Choose
from journeys.activities.condition import Condition
from journeys.activities.dataset_lookup import DatasetLookup
from journeys.activities.emit import EmitStep
from journeys.activities.end import End
from journeys.activities.experiment import Experiment
from journeys.activities.jump import JumpStep
from journeys.activities.lookup import Lookup
from journeys.activities.split import Split
from journeys.activities.update_profile import UpdateProfileStep
from journeys.activity import Step
from journeys.definitions import ActionDefinition
from journeys.effect_step import EffectStep
from journeys.messages import JsonObject
from journeys.phrases import duration, name_of, one_line, value_of
from journeys.plan import Entry, Plan
from journeys.shares import Share
from journeys.template import is_template, written

_OF_EVERY_STEP = frozenset(field.name for field in fields(Step))
_DRAWN = frozenset({"id", "kind", "next", "label"})
"""Fields of every step that a picture shows in its own way."""
_WORDS = {
    "arguments": "with",
    "duration_ms": "for",
    "limit": "people at most",
    "max_visits": "visits at most",
}
"""Fields that read better under other words."""
_MESSAGE = ("method", "url", "subject")
"""What tells one message from another, whatever its channel."""


def summary(step: Step, plan: Plan) -> list[str]:
    """Say what a step does."""
    common = Step(**{name: getattr(step, name) for name in _OF_EVERY_STEP})
    return [*_own(step, plan), *_described(common, _DRAWN)]


@singledispatch
def _own(step: Step, plan: Plan) -> list[str]:
    """Say what this kind of step does. A kind without words of its own shows its fields."""
    del plan
    return _described(step, _OF_EVERY_STEP)


@_own.register
def _(step: Action, plan: Plan) -> list[str]:
    action = plan.actions[step.action]
    marketing = ", marketing" if action.category == "marketing" else ""
    own = _described(step, _OF_EVERY_STEP | {"action"})
    return [f"{action.id} by {action.channel}{marketing}", *_message(action), *own]


@_own.register
def _(step: Lookup, plan: Plan) -> list[str]:
    own = _described(step, _OF_EVERY_STEP | {"source"})
    return [step.source, *_message(plan.sources[step.source]), *own]


@_own.register
def _(step: DatasetLookup, plan: Plan) -> list[str]:
    del plan
    what = "rows" if step.many else "row"
    own = _described(step, _OF_EVERY_STEP | {"table", "key", "many"})
    return [f"{what} of {step.table} by {one_line(step.key)}", *own]


def _message(definition: ActionDefinition) -> list[str]:
    message = cast("JsonObject", written(definition.message))
    text = one_line(" ".join(str(message[name]) for name in _MESSAGE if name in message))
    spoken = definition.languages
    named = () if spoken is None else filter(None, (spoken.default, *spoken.messages))
    languages = ", ".join(named)
    return [line for line in (text, languages and f"in {languages}") if line]


@_own.register
def _(step: Split, plan: Plan) -> list[str]:
    del plan
    return _shares(step.shares)


@_own.register
def _(step: Experiment, plan: Plan) -> list[str]:
    del plan
    success = f"success is event {step.metric}"
    if step.within_ms is not None:
        success += f" within {duration(step.within_ms)}"
    moved = step.bandit and f"shares move every {duration(step.bandit.every_ms)}"
    return [*_shares(step.arms), success, *([moved] if moved else [])]


def _shares(shares: Iterable[Share]) -> list[str]:
    return [f"{share.label}: {share.percent:g} %" for share in shares]


@_own.register
def _(step: Choose, plan: Plan) -> list[str]:
    del plan
    lines = [f"{way.label}: {_pieces(way)}" for way in step.candidates]
    if step.explore:
        lines.append(f"in {step.explore:g} % of visits any of them")
    others = "leaves the journey" if step.otherwise is None else f"goes {step.otherwise.label}"
    return [*lines, f"whoever is eligible for none {others}"]


@_own.register
def _(step: Condition, plan: Plan) -> list[str]:
    del plan
    lines = [f"{way.label}: {_pieces(way) or 'everybody else'}" for way in step.ways]
    takes_all = any(not _pieces(way) for way in step.ways)
    return lines if takes_all else [*lines, "everybody else leaves the journey"]


@_own.register
def _(step: EmitStep, plan: Plan) -> list[str]:
    del plan
    return [f"event {step.event_type} to topic {step.topic}", *_values("with", step)]


@_own.register
def _(step: JumpStep, plan: Plan) -> list[str]:
    del plan
    return [f"to journey {step.journey}", *_values("with", step)]


@_own.register
def _(step: UpdateProfileStep, plan: Plan) -> list[str]:
    del plan
    return _values("set", step)


def _values(word: str, step: EffectStep) -> list[str]:
    values = cast("JsonObject", written(step.values))
    return [f"{word} {_pairs(values)}"] if values else []


@_own.register
def _(step: End, plan: Plan) -> list[str]:
    del plan
    return ["the walk fails" if step.failed else "the walk is complete"]


def entry_rules(entry: Entry) -> list[str]:
    """Say who begins a walk, and how often."""
    known = frozenset({"key", "reentry_allowed", "reentry_after_ms"})
    lines = _described(entry, known)
    if entry.key is not None:
        lines.append(f"one walk for each {one_line(entry.key)}")
    if not entry.reentry_allowed:
        return [*lines, "each person once"]
    pause = value_of("reentry_after_ms", entry.reentry_after_ms)
    return [*lines, f"again {pause} after leaving"]


def exit_rules(plan: Plan) -> list[str]:
    """Say what ends a walk wherever it stands."""
    return [f"exit on {_part(rule)}" for rule in plan.exits]


def _described(thing: object, known: frozenset[str]) -> list[str]:
    """Give a line for each field that says something, and one for each part of a list."""
    lines = []
    for name, value in _telling(thing, known):
        parts = value if isinstance(value, list) else [value]
        if all(is_dataclass(part) for part in parts):
            lines += [_part(part) for part in parts]
        else:
            lines.append(_piece(name, value))
    return lines


def _part(part: object) -> str:
    label = getattr(part, "label", None)
    return ": ".join(text for text in (label, _pieces(part)) if text)


def _pieces(part: object) -> str:
    """Put all fields of a part but its label on one line."""
    return ", ".join(_piece(name, value) for name, value in _telling(part, frozenset({"label"})))


def _piece(name: str, value: object) -> str:
    if is_dataclass(value):
        return _pieces(value)
    said = _pairs(value) if isinstance(value, dict) and value else value_of(name, value)
    return f"{_WORDS.get(name) or name_of(name)} {said}"


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}: {value_of(name, value)}" for name, value in values.items())


def _telling(thing: object, known: frozenset[str]) -> Iterator[tuple[str, object]]:
    """Give the fields that hold something. Where a way leads is drawn, not said."""
    for field in fields(thing):  # type: ignore[arg-type]  # a dataclass, of whatever kind
        value = getattr(thing, field.name)
        shown = written(value) if is_template(value) else value
        leads = field.name == "to" or field.name.startswith("on_")
        if not leads and field.name not in known and shown not in (None, "", [], {}, False):
            yield field.name, shown
