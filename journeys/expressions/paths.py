"""Types along the path of a reference: fields, collection methods, maps, defaults, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from journeys.expressions import tree
from journeys.expressions.catalog import Catalog, Read, ReadKind
from journeys.expressions.errors import Span
from journeys.expressions.operators import NoteFault
from journeys.expressions.suggestions import did_you_mean
from journeys.expressions.types import (
    ANY,
    BOOLEAN,
    STRING,
    UNKNOWN,
    Kind,
    Type,
    accepts,
    list_of,
)

Loops: TypeAlias = Mapping[str, Type]
"""The loop variables that have a meaning, each with the type of its item."""

LOOP_VARIABLES = {
    "currentEventField": "@event{…}",
    "currentDataPackField": "#{…}",
    "currentActionField": "@action{…}",
}
VARIABLE_OF = {
    "event": "currentEventField",
    "source": "currentDataPackField",
    "profile": "currentDataPackField",
    "action": "currentActionField",
    "decision": "currentDataPackField",
}
_NONE = {
    ReadKind.ACTION: "no step can have acted where this stands",
    ReadKind.SOURCE: "nothing can have been looked up where this stands",
}
"""What to say of a name where there is none at all of its kind."""
PLATFORM = "ExperiencePlatform"
"""The built-in source: the `profile` of any of its field groups is the profile."""

_CONDITIONS = frozenset({"all", "any", "first", "last", "none"})
_ITEMS = frozenset({"at", "first", "last"})
_PLATFORM_DEPTH = 3


class Check(Protocol):
    """The check that paths are resolved for: gives types to nodes and collects what is found."""

    catalog: Catalog
    reads: list[Read]

    @property
    def fault(self) -> NoteFault:
        """Note a fault."""
        ...

    def type_of(self, node: tree.Node, loops: Loops) -> Type:
        """Give the type of a node."""
        ...

    def converted(self, span: Span, found: Type) -> Type:
        """Note a conversion where a read gives dates, durations or decimals."""
        ...


class PathChecker:
    """Resolves the paths of one check."""

    def __init__(self, checker: Check) -> None:
        self._checker = checker

    def reference(self, node: tree.Reference, loops: Loops) -> Type:
        """Give the type of a reference, and note what it reads."""
        root, steps, read = self._root(node)
        self._checker.reads.append(read)
        variable = VARIABLE_OF[node.kind]
        found, _ = self.walk(root, steps, variable, loops)
        found = self._checker.converted(node.span, found)
        for _, value in node.params:
            self._checker.type_of(value, loops)
        if node.params and node.kind != "source":
            self._checker.fault(node.span, "only a source #{source.group.path} takes 'params'")
        return found if node.default is None else self._with_default(node.default, found, loops)

    def _with_default(self, default: tree.Node, found: Type, loops: Loops) -> Type:
        given = self._checker.type_of(default, loops)
        if not (accepts(found, given) or accepts(given, found)):
            message = f"the default is {given}, but the field is {found}"
            self._checker.fault(default.span, message, f"give a default of type {found}")
        return given if found.kind is Kind.ANY else found

    def _root(self, node: tree.Reference) -> tuple[Type, tuple[tree.Step, ...], Read]:
        names = _names(node.path)
        if node.kind == "profile" or self._is_platform_profile(node, names):
            steps = node.path if node.kind == "profile" else node.path[_PLATFORM_DEPTH:]
            root = self._checker.catalog.type_of(ReadKind.PROFILE, "") or ANY
            return root, steps, Read(ReadKind.PROFILE, "", _names(steps), node.span)
        kind = ReadKind(node.kind)
        name = names[0]
        read = Read(kind, name, names[1:], node.span, parameters=bool(node.params))
        found = self._checker.catalog.type_of(kind, name)
        if found is None:
            hint = did_you_mean(name, self._checker.catalog.names(kind)) or _NONE.get(kind)
            self._checker.fault(node.path[0].span, f"there is no {kind.value} {name!r}", hint)
        return found or ANY, node.path[1:], read

    def _is_platform_profile(self, node: tree.Reference, names: tuple[str, ...]) -> bool:
        return (
            node.kind == "source"
            and names[0] == PLATFORM
            and names[2:3] == ("profile",)
            and PLATFORM not in self._checker.catalog.names(ReadKind.SOURCE)
        )

    def walk(
        self, start: Type, steps: tuple[tree.Step, ...], variable: str, loops: Loops
    ) -> tuple[Type, bool]:
        """Give the type at the end of a path, and whether a method was on the way."""
        found, methods = start, False
        for step in steps:
            if isinstance(step, tree.Field):
                found = self.field(found, step)
            else:
                methods = True
                found = self._method(found, step, variable, loops)
        return found, methods

    def field(self, of: Type, step: tree.Field) -> Type:
        """Give the type of a field."""
        if of.kind is Kind.LIST:
            part = self.field(of.item or ANY, step)
            return part if part.kind is Kind.LIST else list_of(part)
        if of.kind in UNKNOWN:
            return ANY
        if of.kind is not Kind.OBJECT:
            self._checker.fault(step.span, f"a value of type {of} has no field {step.name!r}")
            return ANY
        found = of.fields.get(step.name, of.rest)
        if found is None:
            hint = did_you_mean(step.name, of.fields)
            self._checker.fault(step.span, f"there is no field {step.name!r}", hint)
        return found or ANY

    def _method(self, of: Type, step: tree.Method, variable: str, loops: Loops) -> Type:
        if step.name in {"entry", "firstEntryKey", "keys"}:
            return self._of_map(of, step, loops)
        if of.kind is not Kind.LIST and of.kind not in UNKNOWN:
            message = f"'.{step.name}(…)' looks through a list, not a value of type {of}"
            self._checker.fault(step.span, message)
        item = (of.item or ANY) if of.kind is Kind.LIST else ANY
        given = ANY
        if step.argument is not None:
            inner = loops if step.name == "at" else {**loops, variable: item}
            given = self._checker.type_of(step.argument, inner)
        if step.name in _CONDITIONS and given.kind not in {Kind.BOOLEAN, *UNKNOWN}:
            message = f"'.{step.name}(…)' needs a condition, not a value of type {given}"
            self._checker.fault(step.span, message)
        if step.name == "at" and given.kind not in {Kind.INTEGER, *UNKNOWN}:
            self._checker.fault(
                step.span, f"'.at(…)' needs an integer, not a value of type {given}"
            )
        return _result(step.name, item, given)

    def _of_map(self, of: Type, step: tree.Method, loops: Loops) -> Type:
        if of.kind is not Kind.OBJECT and of.kind not in UNKNOWN:
            message = f"'.{step.name}(…)' looks into a map, not into a value of type {of}"
            self._checker.fault(step.span, message)
        if step.name == "keys":
            return list_of(STRING)
        if step.name == "firstEntryKey" or step.argument is None:
            return STRING
        given = self._checker.type_of(step.argument, loops)
        if not accepts(STRING, given):
            self._checker.fault(step.span, f"'.entry(…)' needs a text, not a value of type {given}")
        match step.argument:
            case tree.Literal(value=str(key)) if key in of.fields:
                return of.fields[key]
            case _:
                return of.rest or ANY


def _names(path: tuple[tree.Step, ...]) -> tuple[str, ...]:
    return tuple(step.name for step in path if isinstance(step, tree.Field))


def _result(method: str, item: Type, given: Type) -> Type:
    if method in _ITEMS:
        return item
    if method == "all":
        return list_of(item)
    if method == "map":
        return given if given.kind is Kind.LIST else list_of(given)
    return BOOLEAN
