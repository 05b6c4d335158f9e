"""Types of a tree against a catalog. Every fault is found, not only the first.

Theory of operation. Each node is visited once, from the leaves up, and its type is kept by the
node's identity. A node with a fault gets the type `any`, so that one mistake is told once. What is
read from outside is resolved by the catalog; where the catalog gives a date, a duration or a
decimal, the place of the read is kept as a *conversion*: payloads are JSON and hold such values as
text, or 5.0 as 5, so a program has to know it, and a plan stores it beside the expression's text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from journeys.expressions import tree, types
from journeys.expressions.calls import check_call
from journeys.expressions.catalog import Catalog, Read, ReadKind
from journeys.expressions.errors import ExpressionError, Fault, Severity, Span
from journeys.expressions.operators import binary_type
from journeys.expressions.paths import LOOP_VARIABLES, Loops, PathChecker
from journeys.expressions.suggestions import did_you_mean
from journeys.expressions.tree import Expression, Node
from journeys.expressions.types import ANY, BOOLEAN, NUMBERS, UNKNOWN, Kind, Type

_AGGREGATES = frozenset({"avg", "count", "last", "max", "min", "sum"})


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found."""

    expression: Expression
    type: Type
    faults: tuple[Fault, ...]
    references: tuple[Read, ...]
    """What the expression reads, in the order of the text."""
    conversions: tuple[tuple[int, str], ...]
    """Where a date, duration or decimal is read: the offset in the text and the name of its type.

    Give them to `compile_expression` together with the text.
    """

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that forbid the expression."""
        return tuple(fault for fault in self.faults if fault.severity is Severity.ERROR)

    def raise_for_errors(self) -> None:
        """Raise an ExpressionError that carries all faults that keep it from running, if any do."""
        stopping = [fault for fault in self.faults if fault.stops]
        if stopping:
            raise ExpressionError.of(stopping)


def check(expression: Expression, catalog: Catalog) -> Checked:
    """Find the type of an expression, what it reads, and everything that is wrong with it."""
    checker = Checker(catalog, {})
    result = checker.type_of(expression.root, {})
    return Checked(
        expression=expression,
        type=result,
        faults=tuple(sorted(checker.faults, key=lambda fault: fault.span)),
        references=tuple(sorted(checker.reads, key=lambda read: read.span)),
        conversions=tuple(sorted(checker.conversions.items())),
    )


class Checker:
    """One check: collects faults, reads, conversions, and the type of every node."""

    def __init__(self, catalog: Catalog, known: Mapping[int, Type]) -> None:
        self.catalog = catalog
        self.known = known
        """Types of reads by their offset, which come before what the catalog says."""
        self.faults: list[Fault] = []
        self.reads: list[Read] = []
        self.conversions: dict[int, str] = {}
        self.types: dict[int, Type] = {}
        """The type of every node, by the node's identity."""
        self._paths = PathChecker(self)

    def fault(
        self,
        span: Span,
        message: str,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
        *,
        is_vain: bool = False,
    ) -> None:
        """Note a fault."""
        self.faults.append(Fault(span, message, hint, severity, is_vain))

    def type_of(self, node: Node, loops: Loops) -> Type:
        """Give the type of a node, and note what is wrong in it."""
        found = self._find(node, loops)
        self.types[id(node)] = found
        return found

    def _find(self, node: Node, loops: Loops) -> Type:
        match node:
            case tree.Literal(type=type_):
                return type_
            case tree.ListLiteral():
                return self._list(node, loops)
            case tree.Reference():
                return self._paths.reference(node, loops)
            case tree.LoopVariable():
                return self._loop_variable(node, loops)
            case tree.HistoryReference():
                return self._history(node, None)
            case tree.Property(name=name, span=span):
                return self.root(ReadKind.PROPERTY, name, span)
            case tree.Call():
                return self._call(node, loops)
            case _:
                return self._operation(node, loops)

    def _operation(self, node: tree.Operation, loops: Loops) -> Type:
        match node:
            case tree.Not(operand=operand):
                self._condition(operand, loops, "'not'")
                return BOOLEAN
            case tree.Logical(operator=operator, operands=operands):
                for operand in operands:
                    self._condition(operand, loops, f"'{operator}'")
                return BOOLEAN
            case tree.Test(operand=operand, test=test, span=span):
                given = self.type_of(operand, loops)
                if test == "has null" and given.kind not in {Kind.LIST, *UNKNOWN}:
                    self.fault(
                        span, f"'has null' looks into a list, not into a value of type {given}"
                    )
                return BOOLEAN
            case tree.Binary(left=left, right=right):
                types_ = self.type_of(left, loops), self.type_of(right, loops)
                return binary_type(node, *types_, self.fault)
            case tree.Negative(operand=operand, span=span):
                given = self.type_of(operand, loops)
                if given.kind in NUMBERS or given.kind in UNKNOWN or given.kind is Kind.DURATION:
                    return given
                self.fault(span, f"'-' needs a number, not a value of type {given}")
                return ANY
            case _:
                return self._conditional(node, loops)

    def _condition(self, node: Node, loops: Loops, where: str) -> None:
        given = self.type_of(node, loops)
        if given.kind is not Kind.BOOLEAN and given.kind not in UNKNOWN:
            hint = "compare it with something, such as == true"
            self.fault(node.span, f"{where} needs a boolean, not a value of type {given}", hint)

    def _list(self, node: tree.ListLiteral, loops: Loops) -> Type:
        item = types.NULL
        for entry in node.items:
            given = self.type_of(entry, loops)
            if given.kind is Kind.LIST:
                self.fault(entry.span, "a list cannot hold lists")
                return types.list_of(ANY)
            joined = types.common_type(item, given)
            if joined is None:
                self.fault(entry.span, f"all items of a list have one type: {given} is not {item}")
                return types.list_of(ANY)
            item = joined
        return types.list_of(ANY if item.kind is Kind.NULL else item)

    def _conditional(self, node: tree.Conditional, loops: Loops) -> Type:
        self._condition(node.condition, loops, "'if'")
        then, otherwise = self.type_of(node.then, loops), self.type_of(node.otherwise, loops)
        joined = types.common_type(then, otherwise)
        if joined is None:
            message = f"both branches need one type: 'then' is {then}, 'else' is {otherwise}"
            self.fault(node.span, message, "convert one of them, such as with toString(…)")
            return ANY
        return joined

    def _call(self, node: tree.Call, loops: Loops) -> Type:
        match node.arguments:
            case (tree.HistoryReference() as history,) if node.name in _AGGREGATES:
                given = [self._history(history, node.name)]
                self.types[id(history)] = given[0]
            case arguments:
                given = [self.type_of(argument, loops) for argument in arguments]
        result = check_call(node, given, self.fault)
        match node:
            case tree.Call(
                name="inAudience" | "inSegment", arguments=(tree.Literal(value=str(name)),)
            ):
                self.root(ReadKind.AUDIENCE, name, node.arguments[0].span)
        return result

    def _history(self, node: tree.HistoryReference, aggregate: str | None) -> Type:
        event = self.catalog.type_of(ReadKind.HISTORY, node.event)
        read = Read(
            ReadKind.HISTORY, node.event, node.path, node.span, node.window_ms, aggregate=aggregate
        )
        self.reads.append(read)
        if event is None:
            self._unknown(ReadKind.HISTORY, node.event, node.span)
            return types.list_of(ANY)
        item = event
        for name in node.path:
            item = self._paths.field(item, tree.Field(name, node.span))
        return self.converted(node.span, types.list_of(item))

    def _loop_variable(self, node: tree.LoopVariable, loops: Loops) -> Type:
        item = loops.get(node.name)
        if item is None:
            reads = LOOP_VARIABLES.get(node.name, "")
            hint = f"it stands for one item inside .all(…), .first(…) or another method of {reads}"
            self.fault(node.span, f"{node.name!r} has no meaning here", hint)
            item = ANY
        found, _ = self._paths.walk(item, node.path, node.name, loops)
        return self.converted(node.span, found)

    def root(self, kind: ReadKind, name: str, span: Span) -> Type:
        """Note that something is read and give its type."""
        self.reads.append(Read(kind, name, (), span))
        found = self.catalog.type_of(kind, name)
        if found is None:
            self._unknown(kind, name, span)
            return ANY
        return self.converted(span, found)

    def _unknown(self, kind: ReadKind, name: str, span: Span) -> None:
        what = "event" if kind is ReadKind.HISTORY else kind.value
        self.fault(
            span, f"there is no {what} {name!r}", did_you_mean(name, self.catalog.names(kind))
        )

    def converted(self, span: Span, found: Type) -> Type:
        """Note a conversion where a read gives dates, durations or decimals."""
        found = self.known.get(span.start, found)
        if types.is_needed_to_run(found):
            self.conversions[span.start] = str(found)
        return found
