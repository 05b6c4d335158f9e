"""The tree of an expression: frozen nodes, each with its span. Knows no types and no evaluation.

Two nodes are equal when they mean the same: spans do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal as OneOf
from typing import TypeAlias

from journeys.expressions.errors import Span
from journeys.expressions.types import Type

ReferenceKind: TypeAlias = OneOf["event", "source", "profile", "action", "decision"]


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant. Its type is part of it: `1` and `1.0` differ."""

    value: str | int | float | bool | date | datetime | None
    type: Type
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """`[a, b]`."""

    items: tuple[Node, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """One field name in a path."""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Method:
    """A collection or map method in a path, such as `.all(condition)`."""

    name: str
    argument: Node | None
    span: Span = field(compare=False)


Step: TypeAlias = Field | Method


@dataclass(frozen=True, slots=True)
class Reference:
    """A read of the outside world: `@event{…}`, `#{…}`, `@action{…}`, `@decision{…}`.

    The first steps are the names of what is read (the event; the source and its field group).
    `#{profile.path}` has the kind `profile` and the path alone.
    """

    kind: ReferenceKind
    path: tuple[Step, ...]
    default: Node | None
    params: tuple[tuple[str, Node], ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class HistoryReference:
    """`@history{event.path, window}`: the values that past events of one kind had."""

    event: str
    path: tuple[str, ...]
    window_ms: int | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class LoopVariable:
    """The item that a collection method is looking at, such as `currentEventField.price`."""

    name: str
    path: tuple[Step, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Property:
    """`${name}`: a property of the journey, or `${supplementalId}`."""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`."""

    name: str
    arguments: tuple[Node, ...]
    span: Span = field(compare=False)
    name_span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """`not operand`."""

    operand: Node
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """`-operand`, where the operand is not a plain number: those are literals."""

    operand: Node
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Logical:
    """Two or more operands joined by one `and` or `or`."""

    operator: OneOf["and", "or"]
    operands: tuple[Node, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic or a comparison of two operands."""

    operator: str
    left: Node
    right: Node
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Test:
    """A test written after its operand: `is null`, `has null`, `is numeric`, …."""

    operand: Node
    test: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Conditional:
    """`if (condition) then (a) else (b)`."""

    condition: Node
    then: Node
    otherwise: Node
    span: Span = field(compare=False)


Read: TypeAlias = Reference | HistoryReference | LoopVariable | Property
Operation: TypeAlias = Not | Negative | Logical | Binary | Test | Conditional
Node: TypeAlias = Literal | ListLiteral | Call | Read | Operation


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its tree and the text that it was read from."""

    root: Node
    text: str = field(compare=False)


def children(node: Node) -> Iterator[Node]:
    """Give the nodes directly under a node, in the order of the text."""
    match node:
        case ListLiteral(items=nodes) | Call(arguments=nodes) | Logical(operands=nodes):
            yield from nodes
        case Reference(path=path, default=default, params=params):
            yield from _arguments(path)
            if default is not None:
                yield default
            yield from (value for _, value in params)
        case LoopVariable(path=path):
            yield from _arguments(path)
        case Not(operand=operand) | Negative(operand=operand) | Test(operand=operand):
            yield operand
        case Binary(left=left, right=right):
            yield left
            yield right
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            yield condition
            yield then
            yield otherwise
        case _:
            return


def path_length(node: Node) -> int:
    """Count the names and methods that a node walks along to what it reads."""
    match node:
        case Reference(path=path) | LoopVariable(path=path) | HistoryReference(path=path):
            return len(path)
        case _:
            return 0


def _arguments(path: tuple[Step, ...]) -> Iterator[Node]:
    for step in path:
        if isinstance(step, Method) and step.argument is not None:
            yield step.argument
