"""What a journey's expressions read and compare with: hints for drawing data that move people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import cached_property
from typing import Any

from journeys.expressions import ExpressionError, parse
from journeys.expressions.tree import Call, Field, Literal, Node, Reference, children
from journeys.messages import JsonObject
from journeys.plan import Plan

_SIGNS = ("@event{", "@action{", "#{")
_DURATION = "_ms"
_IN_AUDIENCE = "inAudience"


class Reads:
    """Everything that the expressions of one plan mention."""

    def __init__(self, plan: Plan) -> None:
        """Look through all texts of the plan; those that are no expressions are passed over."""
        parts: list[Any] = [plan.entry, plan.rules, *plan.exits]
        for named in (plan.steps, plan.events, plan.actions, plan.sources):
            parts += named.values()
        values = [asdict(part) for part in parts]
        self._nodes = [node for text in _texts(values) for node in _nodes_in(text)]
        self.durations = sorted(set(_durations(values)))
        """Every time in milliseconds that a step or the entry names."""
        asked = (n.arguments for n in self._nodes if isinstance(n, Call) and n.name == _IN_AUDIENCE)
        tested = (a.value for arguments in asked for a in arguments if isinstance(a, Literal))
        self.audiences = sorted({*_named(values, "audience"), *map(str, tested)})
        """Every audience whose borders matter."""

    @cached_property
    def texts(self) -> list[str]:
        """Texts that something is compared with."""
        return list(dict.fromkeys(v for v in self._constants() if isinstance(v, str)))

    @cached_property
    def numbers(self) -> list[float]:
        """Numbers that something is compared with, and those beside them."""
        found = [v for v in self._constants() if isinstance(v, int | float) and v is not True]
        return list(dict.fromkeys(near for v in found for near in (v, v - 1, v + 1)))

    def _constants(self) -> Iterator[object]:
        return (node.value for node in self._nodes if isinstance(node, Literal))

    def schema_of(self, kind: str, name: str | None = None) -> JsonObject:
        """Make up a schema of what is read of an event, a step's answer, a source or the profile.

        Args:
            kind: `event`, `action`, `source` or `profile`.
            name: of the event, the step or the source.
        """
        root: JsonObject = {}
        for node in self._nodes:
            if isinstance(node, Reference) and node.kind == kind:
                path = [step.name for step in node.path if isinstance(step, Field)]
                if name is None or path[:1] == [name]:
                    _add(root, path if name is None else path[1:])
        return root


def _texts(value: object) -> Iterator[str]:
    match value:
        case str() if any(sign in value for sign in _SIGNS):
            yield value
        case dict():
            yield from _texts(list(value.values()))
        case list() | tuple():
            for item in value:
                yield from _texts(item)


def _durations(value: object) -> Iterator[int]:
    match value:
        case dict():
            for name, item in value.items():
                if str(name).endswith(_DURATION) and isinstance(item, int):
                    yield item
                else:
                    yield from _durations(item)
        case list() | tuple():
            for item in value:
                yield from _durations(item)


def _named(value: object, key: str) -> Iterator[str]:
    """Give every text that stands under a key."""
    match value:
        case dict():
            for name, item in value.items():
                yield from [item] if name == key and isinstance(item, str) else _named(item, key)
        case list() | tuple():
            for item in value:
                yield from _named(item, key)


def _nodes_in(text: str) -> list[Node]:
    try:
        return list(_below(parse(text).root))
    except ExpressionError:
        return []


def _below(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from _below(child)


def _add(schema: JsonObject, path: Iterable[str]) -> None:
    for name in path:
        fields = schema.setdefault("properties", {})
        schema = fields.setdefault(name, {})  # type: ignore[union-attr, assignment]  # made above
