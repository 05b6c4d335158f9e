"""What publishing would change: the plans of a project beside those that are published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from journeys import codec
from journeys.definitions import ModelDefinition, SharedDefinition
from journeys.field_change import FieldChange, changed_fields, common_names, without
from journeys.graph.summary import summary
from journeys.messages import JsonObject, JsonValue
from journeys.plan import Plan
from journeys.plans import Plans


class Standing(StrEnum):
    """How a journey of the project stands to what is published of it."""

    NEW = "new"
    """Nothing is published of it."""
    NEW_VERSION = "new_version"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    """The version is published with other content: publishing is refused."""
    OLDER = "older"
    """A higher version is published: publishing is refused."""
    CHANGED = "changed"
    """It is published otherwise; it has no versions, and holds as it is here from then on."""
    NOT_IN_PROJECT = "not_in_project"
    """It is published, and stays as it is."""


class Sign(StrEnum):
    """What became of a part of a journey."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"
    MOVED = ">"
    """The same step, at another place or led to by other ways."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a step, of a definition that the journey uses, or of the journey itself."""

    sign: Sign
    what: str
    """`step`, `journey`, or a kind of definition."""
    name: str
    fields: tuple[FieldChange, ...] = ()
    kind: str | None = None
    """Of a step that was added or removed."""
    does: tuple[str, ...] = ()
    """What such a step does."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the people inside the version before."""

    in_flight: str
    """`finish`, `move` or `exit`."""
    moves: Mapping[str, str]
    """With `move`: step of the version before to step of the new one."""
    exceptions: Mapping[str, str]
    """Step of the version before to what becomes of people there instead."""
    lost: tuple[str, ...]
    """With `move`: steps of the version before that lead to none of the new one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What publishing would change of one journey."""

    journey: str
    standing: Standing
    published: int | None
    """The version that is published."""
    version: int | None
    """The version of the project."""
    changes: tuple[Change, ...] = ()
    fate: Fate | None = None


@dataclass(frozen=True, slots=True)
class ModelDifference:
    """What publishing would change of one model: from then on it decides for everybody."""

    model: str
    standing: Standing
    published: int | None
    """The version that is published."""
    version: int | None
    """The version of the project."""
    fields: tuple[FieldChange, ...] = ()


def compare_models(
    published: Mapping[str, ModelDefinition], own: Mapping[str, ModelDefinition]
) -> list[ModelDifference]:
    """Say for every model what publishing would change; those of the project come first."""
    return [_model(name, published.get(name), own.get(name)) for name in {**own, **published}]


@dataclass(frozen=True, slots=True)
class DefinitionDifference:
    """What publishing would change of a dataset, or of the limits of an endpoint."""

    kind: str
    definition: str
    standing: Standing


def compare_definitions(
    published: Plans, own: Iterable[SharedDefinition]
) -> list[DefinitionDifference]:
    """Say for the datasets and limits of a project what publishing would change; models apart."""
    known = {*published.datasets, *published.limits}
    return [
        DefinitionDifference(each.kind, each.id, _shared_standing(each, published, known))
        for each in own
        if not isinstance(each, ModelDefinition)
    ]


def _shared_standing(own: SharedDefinition, published: Plans, known: Set[str]) -> Standing:
    if published.defines(own):
        return Standing.UNCHANGED
    return Standing.CHANGED if own.id in known else Standing.NEW


def _model(
    name: str, before: ModelDefinition | None, after: ModelDefinition | None
) -> ModelDifference:
    if before is None or after is None:
        standing = Standing.NEW if after else Standing.NOT_IN_PROJECT
        versions = (before.version if before else None, after.version if after else None)
        return ModelDifference(name, standing, *versions)
    standing = _standing_of(before.version, after.version, same=before == after)
    fields = changed_fields(_written(before), _written(after))
    return ModelDifference(name, standing, before.version, after.version, fields)


def _written(model: ModelDefinition) -> JsonObject:
    """Give what an author wrote of a model, and a short name of its file's content."""
    inputs: JsonObject = {name: list(texts) for name, texts in model.inputs.items()}
    return {
        "formula": model.formula,
        "onnx": model.digest,
        "inputs": inputs,
        "output": model.output,
        "class": model.class_name,
        "missing": model.missing,
    }


def compare(published: Mapping[str, Plan], compiled: Mapping[str, Plan]) -> list[Difference]:
    """Say for every journey what publishing would change; those of the project come first."""
    own = [_difference(published.get(name), plan) for name, plan in compiled.items()]
    others = [
        Difference(name, Standing.NOT_IN_PROJECT, plan.version, None)
        for name, plan in published.items()
        if name not in compiled
    ]
    return own + others


def _difference(before: Plan | None, after: Plan) -> Difference:
    if before is None:
        return Difference(after.journey, Standing.NEW, None, after.version)
    standing = _standing(before, after)
    is_next = standing is Standing.NEW_VERSION
    return Difference(
        after.journey,
        standing,
        before.version,
        after.version,
        tuple(_changes(before, after)),
        _fate(before, after) if is_next else None,
    )


def _standing(before: Plan, after: Plan) -> Standing:
    same = codec.dump_plan(before.alone) == codec.dump_plan(after.alone)
    return _standing_of(before.version, after.version, same=same)


def _standing_of(before: int, after: int, *, same: bool) -> Standing:
    if after > before:
        return Standing.NEW_VERSION
    if after < before:
        return Standing.OLDER
    return Standing.UNCHANGED if same else Standing.CONFLICT


def _fate(before: Plan, after: Plan) -> Fate:
    return Fate(after.in_flight, after.moves, after.exceptions, homeless(before, after))


def homeless(before: Plan, after: Plan) -> tuple[str, ...]:
    """Name the steps whose people are to move, but to no step of the new version."""
    return tuple(
        name
        for name in before.steps
        if after.exceptions.get(name, after.in_flight) == "move"
        and name not in after.steps
        and name not in after.moves
    )


# The journey and its definitions.

_DEFINITIONS = {"events": "event", "actions": "action", "sources": "source"}
"""Definitions of which a plan carries a copy, and what one of them is called."""
_POLICIES = "policies"
_AUDIENCES = "audiences"
_SAID_ELSEWHERE = frozenset(
    {"v", "journey", "version", "first", "steps", "rules", "in_flight", "exceptions", "moves"}
)


def _changes(before: Plan, after: Plan) -> Iterator[Change]:
    old: dict[str, Any] = codec.dump_plan(before)
    new: dict[str, Any] = codec.dump_plan(after)
    other = _SAID_ELSEWHERE | _DEFINITIONS.keys() | {_POLICIES}
    fields = changed_fields(without(old, other), without(new, other))
    fields += _read_otherwise(old["rules"]["conversions"], new["rules"]["conversions"])
    if fields:
        yield Change(Sign.CHANGED, "journey", after.journey, fields)
    contents = _contents(before, after, old["steps"], new["steps"])
    yield from _steps(before, after, contents)
    for section, what in _DEFINITIONS.items():
        yield from _definitions(what, old.get(section) or {}, new.get(section) or {})
    yield from _definitions("policy", _by_id(old[_POLICIES]), _by_id(new[_POLICIES]))
    yield from _definitions("audience", _audiences(old), _audiences(new))


def _by_id(policies: Iterable[dict[str, Any]]) -> dict[str, JsonObject]:
    return {str(policy["id"]): without(policy, {"id"}) for policy in policies}


def _audiences(plan: Mapping[str, Any]) -> dict[str, JsonObject]:
    found = plan["rules"][_AUDIENCES]
    return {name: r if isinstance(r, dict) else {"when": r} for name, r in found.items()}


def _read_otherwise(old: JsonObject, new: JsonObject) -> tuple[FieldChange, ...]:
    """Name expressions of both that read dates otherwise, because a schema changed."""
    kept = sorted(old.keys() & new.keys())
    return changed_fields(
        {f"dates in {e}": old[e] for e in kept}, {f"dates in {e}": new[e] for e in kept}
    )


def _definitions(
    what: str, old: Mapping[str, JsonObject], new: Mapping[str, JsonObject]
) -> Iterator[Change]:
    for name in {**old, **new}:
        if name not in old:
            yield Change(Sign.ADDED, what, name)
        elif name not in new:
            yield Change(Sign.REMOVED, what, name)
        elif fields := changed_fields(old[name], new[name]):
            yield Change(Sign.CHANGED, what, name, fields)


# Steps.


def _steps(
    before: Plan, after: Plan, contents: Mapping[str, tuple[FieldChange, ...]]
) -> Iterator[Change]:
    """Go through the steps as the new version has them, then through those it has no more."""
    places = _new_places(list(before.steps), list(after.steps))
    old_ways, new_ways = _ways_to(before), _ways_to(after)
    for name, step in after.steps.items():
        if name not in before.steps:
            yield Change(Sign.ADDED, "step", name, kind=step.kind, does=tuple(summary(step, after)))
            continue
        content = contents[name]
        led = changed_fields({"led_to_by": old_ways[name]}, {"led_to_by": new_ways[name]})
        fields = content + led + places.get(name, ())
        if fields:
            yield Change(Sign.CHANGED if content else Sign.MOVED, "step", name, fields)
    for name, step in before.steps.items():
        if name not in after.steps:
            yield Change(
                Sign.REMOVED, "step", name, kind=step.kind, does=tuple(summary(step, before))
            )


def _contents(
    before: Plan, after: Plan, old: Mapping[str, JsonObject], new: Mapping[str, JsonObject]
) -> dict[str, tuple[FieldChange, ...]]:
    """Compare the steps of both versions; `next` counts where a way out has no label."""
    changed = {}
    for name in old.keys() & new.keys():
        ways = [*before.steps[name].branches(), *after.steps[name].branches()]
        unused = set() if any(way.label is None for way in ways) else {"next"}
        changed[name] = changed_fields(without(old[name], unused), without(new[name], unused))
    return changed


def _ways_to(plan: Plan) -> dict[str, list[JsonValue]]:
    """Name for each step the ways that lead to it."""
    ways: dict[str, list[JsonValue]] = defaultdict(list, {plan.first: ["entry"]})
    for step in plan.steps.values():
        for branch in step.branches():
            ways[branch.to].append(f"{step.id} ({branch.label})" if branch.label else step.id)
    return defaultdict(list, {name: sorted(found, key=str) for name, found in ways.items()})


def _new_places(old: list[str], new: list[str]) -> dict[str, tuple[FieldChange, ...]]:
    """Find the steps written at another place among those that both versions have."""
    old_order, new_order = common_names(old, new), common_names(new, old)
    blocks = SequenceMatcher(None, old_order, new_order, autojunk=False).get_matching_blocks()
    stayed = {name for block in blocks for name in old_order[block.a : block.a + block.size]}
    return {
        name: (FieldChange("place", old.index(name) + 1, new.index(name) + 1),)
        for name in new_order
        if name not in stayed
    }
