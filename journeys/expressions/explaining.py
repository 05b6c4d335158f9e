"""Why a condition came out as it did: its parts with the values they read, and what turns them.

Each part is run by itself over the same scope, so that a value shown is the one that was judged.
What draws by chance draws the same again for each part, which may be another draw than the whole
condition made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import orjson

from journeys.expressions import tree, types
from journeys.expressions.catalog import OpenCatalog
from journeys.expressions.checker import Checker
from journeys.expressions.codegen import generate
from journeys.expressions.parser import parse
from journeys.expressions.printer import print_expression
from journeys.expressions.scope import Scope
from journeys.expressions.tree import Node, children
from journeys.expressions.types import type_named
from journeys.expressions.values import LimitError, Value, to_json

_OTHERWISE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
"""What holds where a comparison does not."""
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""The same comparison, read from the right."""
_LONGEST = 80
"""Characters of a value that are shown."""


@dataclass(frozen=True)
class Explained:
    """A condition, or a part of one."""

    text: str
    """The expression, in its canonical form."""
    holds: bool
    read: dict[str, str | None] = field(default_factory=dict)
    """What it reads, and the value as JSON; None: nobody may be told."""
    needs: str = ""
    """What would turn it, such as `>= 50`; of a part that has parts it is for them to say."""
    operator: str = ""
    """`and`, `or` or `not`, where it has parts."""
    parts: tuple[Explained, ...] = ()

    @property
    def turned_by(self) -> str:
        """Say what would have turned it: `@event{cart.total} was 40; needs >= 50`."""
        if not self.parts:
            return f"{self._was}; needs {self.needs}" if self.read else f"needs {self.needs}"
        if self.operator == "not":
            return self.parts[0].turned_by
        # An `and` that fails needs all that fail, and an `or` that holds all that hold, to turn.
        concerned = [part for part in self.parts if part.holds is self.holds]
        needs_all = (self.operator == "and") is not self.holds
        told = [part.turned_by for part in (concerned if needs_all else self.parts)]
        return (", and " if needs_all else ", or ").join(told)

    @property
    def _was(self) -> str:
        told = [f"{name} was {_shown(value)}" for name, value in self.read.items()]
        return ", ".join(told)

    def lines(self, indent: str = "") -> Iterator[str]:
        """Write it for people: a line for each part, with what it read."""
        mark = "✓" if self.holds else "✗"
        if not self.parts:
            yield f"{indent}{mark} {self.text}{f': {self._was}' if self.read else ''}"
            return
        yield f"{indent}{mark} {_HEADS[self.operator]}"
        for part in self.parts:
            yield from part.lines(indent + "  ")


_HEADS = {"and": "all of", "or": "one of", "not": "not"}


def _shown(value: str | None) -> str:
    if value is None:
        return "something that is not told"
    return value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"


def explain(
    text: str,
    conversions: tuple[tuple[int, str], ...],
    scope: Scope,
    *,
    values: bool = True,
) -> Explained:
    """Say of a condition which parts hold, what they read, and what would turn them.

    Args:
        text: the expression.
        conversions: where it reads dates, durations and decimals, as `Checked.conversions` says.
        scope: what it reads.
        values: whether the values may be told.

    Raises:
        ExpressionError: the text is no expression.
    """
    known = {offset: type_named(name) for offset, name in conversions}
    return _Explainer(known, scope, values=values).explained(parse(text).root)


class _Explainer:
    def __init__(self, known: Mapping[int, types.Type], scope: Scope, *, values: bool) -> None:
        self._known, self._scope, self._values = known, scope, values

    def explained(self, node: Node) -> Explained:
        holds, text = self._value(node) is True, print_expression(node)
        match node:
            case tree.Logical(operator=operator, operands=operands):
                parts = tuple(self.explained(operand) for operand in operands)
                return Explained(text, holds, operator=operator, parts=parts)
            case tree.Not(operand=operand):
                return Explained(text, holds, operator="not", parts=(self.explained(operand),))
            case tree.Binary(operator=operator) if operator in _OTHERWISE:
                return self._comparison(node, text, holds=holds)
            case tree.Test(operand=operand, test=test):
                return Explained(text, holds, self._read([operand]), _wanted(test, holds=holds))
            case tree.Call(name="inAudience" | "inSegment", arguments=(audience,)):
                needs = f"{'not ' if holds else ''}to be in audience {print_expression(audience)}"
                return Explained(text, holds, needs=needs)
            case tree.Call(arguments=arguments):
                needs = f"{text} to be {'false' if holds else 'true'}"
                return Explained(text, holds, self._read(arguments), needs)
            case _:
                return Explained(text, holds, self._read([node]), "false" if holds else "true")

    def _comparison(self, node: tree.Binary, text: str, *, holds: bool) -> Explained:
        """Name the border that a comparison goes by, seen from the side that is no constant."""
        operator, subject, border = node.operator, node.left, node.right
        if isinstance(subject, tree.Literal) and not isinstance(border, tree.Literal):
            operator, subject, border = _TURNED[operator], border, subject
        wanted = _OTHERWISE[operator] if holds else operator
        return Explained(
            text, holds, self._read([subject, border]), f"{wanted} {print_expression(border)}"
        )

    def _read(self, nodes: list[Node] | tuple[Node, ...]) -> dict[str, str | None]:
        """Give what some operands read: each that is no constant, and the reads within it."""
        found: dict[str, str | None] = {}
        for node in nodes:
            for read in [node, *_reads(node)] if not _is_constant(node) else ():
                value = orjson.dumps(to_json(self._value(read))).decode() if self._values else None
                found[print_expression(read)] = value
        return found

    def _value(self, node: Node) -> Value:
        """Run a part by itself; one that goes past a bound has no value."""
        checker = Checker(OpenCatalog(), self._known)
        checker.type_of(node, {})
        run, _ = generate(node, checker.types, checker.conversions)
        try:
            return run(replace(self._scope, drawn=0))
        except (LimitError, ValueError, OverflowError, RecursionError):
            return None


def _wanted(test: str, *, holds: bool) -> str:
    """Say what an operand needs for a test to come out otherwise: `not to be null`."""
    verb, _, noun = test.rpartition(" ")
    is_no = verb.endswith(" not") is not holds
    return f"{'not ' if is_no else ''}to {'have' if verb == 'has' else 'be'} {noun}"


def _is_constant(node: Node) -> bool:
    if isinstance(node, tree.ListLiteral):
        return all(map(_is_constant, node.items))
    return isinstance(node, tree.Literal)


def _reads(node: Node) -> Iterator[Node]:
    """Give what is read of the outside within a node, the outermost of each."""
    for child in children(node) if not isinstance(node, tree.Read) else ():
        if isinstance(child, tree.Reference | tree.HistoryReference | tree.Property):
            yield child
        else:
            yield from _reads(child)
