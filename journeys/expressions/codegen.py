"""A checked tree to one Python function.

Theory of operation. Nodes become nodes of Python's own syntax tree, never source text, so nothing
that an author writes can become code; what is no plain constant is bound to a name of the
function's globals. Each piece carries the type that its value is sure to have. What is read from
outside is sure of nothing (`any`) and passes a guard before a typed use, which turns values of
another kind into null. Calls that may go past a bound carry, as their line number, the place of
their span in `spans`, so that a traceback leads back into the expression.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from journeys.expressions import arithmetic, comparisons, guards, reading, tree, types, values
from journeys.expressions.emitter import Emitter
from journeys.expressions.errors import Span
from journeys.expressions.function import Function, OnNull
from journeys.expressions.functions import FUNCTIONS
from journeys.expressions.paths import PLATFORM, VARIABLE_OF
from journeys.expressions.pieces import (
    Piece,
    condition,
    get,
    is_null,
    name_of,
    of_scope,
)
from journeys.expressions.scope import Scope
from journeys.expressions.signature import resolve
from journeys.expressions.tree import Node
from journeys.expressions.types import Kind, Type
from journeys.expressions.values import Value

_ARITHMETIC = {
    "+": arithmetic.plus, "-": arithmetic.minus, "*": arithmetic.times,
    "/": arithmetic.divided, "%": arithmetic.remainder,
}  # fmt: skip
_LOOPS = {
    "all": reading.all_of, "first": reading.first_of, "last": reading.last_of,
    "any": reading.any_of, "none": reading.none_of, "map": reading.map_of,
}  # fmt: skip
_LOOKUPS = {
    "at": reading.at, "entry": reading.entry, "firstEntryKey": reading.first_entry_key,
    "keys": reading.keys,
}  # fmt: skip


def generate(
    root: Node, types_of: Mapping[int, Type], conversions: Mapping[int, str]
) -> tuple[Callable[[Scope], Value], tuple[Span, ...]]:
    """Make the function of a tree, and the span of each of its lines.

    Args:
        root: the tree.
        types_of: the type of each node, by its identity.
        conversions: where dates, durations and decimals are read, and the names of their types.
    """
    generator = _Generator(types_of, conversions)
    function = generator.function(generator.piece(root).code, root.span)
    return function, tuple(generator.spans)


class _Generator(Emitter):
    def __init__(self, types_of: Mapping[int, Type], conversions: Mapping[int, str]) -> None:
        super().__init__()
        self.types_of = types_of
        self.conversions = conversions

    def fitted(self, node: Node, type_: Type) -> Piece:
        """Generate a node whose value stands where values of a type do: 1 among decimals is 1.0."""
        piece = self.piece(node)
        if type_.kind is not Kind.DECIMAL or piece.type.kind is not Kind.INTEGER:
            return piece
        if isinstance(piece.code, ast.Constant):
            return Piece(ast.Constant(values.as_decimal(piece.code.value)), type_, piece.nullable)
        return Piece(self.call(values.as_decimal, [piece.code], node.span), type_, piece.nullable)

    # Nodes

    def piece(self, node: Node) -> Piece:
        """Generate a node."""
        match node:
            case tree.Literal(value=value, type=type_):
                return Piece(self.constant(value), type_, nullable=value is None)
            case tree.ListLiteral(items=items):
                made = self.types_of[id(node)]
                elements = [self.fitted(item, made.item or types.ANY).code for item in items]
                return Piece(ast.List(elements, ast.Load()), made, nullable=False)
            case tree.Reference():
                return self._reference(node)
            case tree.HistoryReference(event=event, path=path, window_ms=window_ms, span=span):
                path_code = ast.Tuple([ast.Constant(name) for name in path], ast.Load())
                arguments = [
                    name_of("scope"),
                    ast.Constant(event),
                    path_code,
                    ast.Constant(window_ms),
                ]
                return self._converted(node, self.call(reading.past, arguments, span))
            case tree.LoopVariable(name=name, path=path):
                start = name_of(self.variables[name])
                return self._converted(node, self._walk(start, path, name))
            case tree.Property(name=name):
                is_own = name == "supplementalId"
                code = of_scope("supplemental_id") if is_own else get(of_scope("properties"), name)
                return self._converted(node, code)
            case tree.Call():
                return self._call(node)
            case _:
                return self._operation(node)

    def _operation(self, node: tree.Operation) -> Piece:
        match node:
            case tree.Not(operand=operand):
                return condition(ast.UnaryOp(ast.Not(), self._truth(operand)))
            case tree.Logical(operator=operator, operands=operands):
                joined = ast.And() if operator == "and" else ast.Or()
                return condition(ast.BoolOp(joined, [self._truth(operand) for operand in operands]))
            case tree.Test(operand=operand, test=test):
                return self._test(self.piece(operand), test, node.span)
            case tree.Binary(operator="==" | "!=" as operator, left=left, right=right, span=span):
                code = comparisons.equal(self, self.piece(left), self.piece(right), span)
                return condition(code if operator == "==" else ast.UnaryOp(ast.Not(), code))
            case tree.Binary(operator=operator, left=left, right=right, span=span):
                pieces = self.piece(left), self.piece(right)
                if operator in comparisons.ORDERS:
                    return condition(comparisons.ordered(self, operator, *pieces, span))
                return self._arithmetic(operator, pieces, self.types_of[id(node)], span)
            case tree.Negative(operand=operand, span=span):
                code = self.call(arithmetic.negative, [self.piece(operand).code], span)
                return Piece(code, self.types_of[id(node)])
            case _:
                made = self.types_of[id(node)]
                yes, no = self.fitted(node.then, made), self.fitted(node.otherwise, made)
                code = ast.IfExp(self._truth(node.condition), yes.code, no.code)
                return Piece(code, made, yes.nullable or no.nullable)

    def _arithmetic(
        self, operator: str, pieces: tuple[Piece, Piece], type_: Type, span: Span
    ) -> Piece:
        codes = [self.spent(piece, span) for piece in pieces]
        if operator == "+" and any(piece.type.kind is Kind.STRING for piece in pieces):
            return Piece(self.call(arithmetic.joined, codes, span), types.STRING, nullable=False)
        whole = operator != "/" or type_.kind is not Kind.DECIMAL
        function = _ARITHMETIC[operator] if whole else arithmetic.ratio
        return Piece(self.call(function, codes, span), type_)

    def _truth(self, node: Node) -> ast.expr:
        """Generate a condition: null, and whatever is not true, does not hold."""
        piece = self.piece(node)
        if piece.type.kind is Kind.BOOLEAN and not piece.nullable:
            return piece.code
        return ast.Compare(piece.code, [ast.Is()], [ast.Constant(value=True)])

    def _test(self, piece: Piece, test: str, span: Span) -> Piece:
        if test in {"is null", "is not null"}:
            code = is_null(piece.code)
            return condition(code if test == "is null" else ast.UnaryOp(ast.Not(), code))
        return condition(self.call(guards.TESTS[test], [self.spent(piece, span)], span))

    # Reads

    def _reference(self, node: tree.Reference) -> Piece:
        piece = self._converted(node, self._walk(*self._root(node), VARIABLE_OF[node.kind]))
        if node.default is None:
            return piece
        default = self.piece(node.default)
        code = piece.code
        guard = guards.default_guard(default.type)
        if piece.type.kind is Kind.ANY and guard is not None:
            code = self.call(guard, [code], node.span)
        keep, again = self.kept(code)
        sure = default.type if guard is not None else types.ANY
        return Piece(ast.IfExp(is_null(keep), default.code, again), sure, default.nullable)

    def _root(self, node: tree.Reference) -> tuple[ast.expr, tuple[tree.Step, ...]]:
        if node.kind == "profile":
            match node.path:
                case (tree.Field(name=name), *_):
                    return get(of_scope("profile"), name), node.path[1:]
                case _:
                    return of_scope("profile"), node.path
        name = node.path[0].name
        if node.kind != "source":
            return get(of_scope(f"{node.kind}s"), name), node.path[1:]
        group = ast.Constant(node.path[1].name)
        if node.params:
            keys: list[ast.expr | None] = [ast.Constant(key) for key, _ in node.params]
            parameters = ast.Dict(keys, [self.piece(value).code for _, value in node.params])
            arguments = [name_of("scope"), ast.Constant(name), group, parameters]
            return self.call(reading.source_call, arguments, node.span), node.path[2:]
        if name == PLATFORM:
            return self.call(reading.platform, [name_of("scope"), group], node.span), node.path[2:]
        return get(of_scope("sources"), name), node.path[1:]

    def _converted(self, node: Node, code: ast.expr) -> Piece:
        """Turn what is read into dates or durations, where it is known to be such."""
        name = self.conversions.get(node.span.start)
        if name is None:
            return Piece(code, types.ANY)
        known = types.type_named(name)
        if not types.is_temporal(known):
            return Piece(code, types.ANY)
        return Piece(self.call(guards.reading_guard(known), [code], node.span), known)

    def _walk(self, start: ast.expr, steps: tuple[tree.Step, ...], variable: str) -> ast.expr:
        code = start
        for step in steps:
            code = self._field(code, step) if isinstance(step, tree.Field) else (
                self._method(code, step, variable)
            )  # fmt: skip
        return code

    def _field(self, code: ast.expr, step: tree.Field) -> ast.expr:
        keep, again = self.kept(code)
        of_type = ast.Call(name_of("type"), [keep], [])
        is_object = ast.Compare(of_type, [ast.Is()], [name_of("dict")])
        arguments = [again, ast.Constant(step.name)]
        if self.variables:
            arguments.append(name_of("budget"))
        spread = self.call(reading.spread, arguments, step.span)
        return ast.IfExp(is_object, get(again, step.name), spread)

    def _method(self, code: ast.expr, step: tree.Method, variable: str) -> ast.expr:
        if step.name in _LOOKUPS:
            code = self.spent(Piece(code, types.ANY), step.span) if step.name == "keys" else code
            arguments = [] if step.argument is None else [self.piece(step.argument).code]
            return self.call(_LOOKUPS[step.name], [code, *arguments], step.span)
        self.loops_used = True
        body = self.bind(reading.everything)
        if step.argument is not None:
            outer = self.variables
            name = self.fresh("v")
            self.variables = {**outer, variable: name}
            inner = self.piece(step.argument).code if step.name == "map" else (
                self._truth(step.argument)
            )  # fmt: skip
            self.variables = outer
            body = ast.Lambda(ast.arguments([], [ast.arg(name)], None, [], [], None, []), inner)
        return self.call(_LOOPS[step.name], [code, body, name_of("budget")], step.span)

    # Calls of functions

    def _call(self, node: tree.Call) -> Piece:
        match node:
            case tree.Call(name="in", arguments=(value, tree.ListLiteral(items=items))):
                texts = [item.value for item in items if isinstance(item, tree.Literal)]
                if len(texts) == len(items) and all(type(text) is str for text in texts):
                    return self._is_among(self.piece(value), frozenset(texts))
        function = FUNCTIONS[node.name]
        pieces = [self.piece(argument) for argument in node.arguments]
        fitting = resolve(function.signatures, [self.types_of[id(a)] for a in node.arguments])
        tests: list[ast.expr] = []
        arguments: list[ast.expr] = [name_of("scope")] if function.reads_scope else []
        for index, piece in enumerate(pieces):
            wanted = {
                type_.kind
                for signature, _ in fitting
                for type_ in signature.parameters[index].types
            }
            code, nullable = self._argument(piece, wanted, node.arguments[index].span)
            if nullable and function.on_null is not OnNull.CALL:
                keep, code = self.kept(code)
                tests.append(is_null(keep))
            arguments.append(code)
        made = self.call(function.implementation, arguments, node.span)
        return self._unless_null(function, tests, made, self.types_of[id(node)])

    def _is_among(self, piece: Piece, texts: frozenset[object]) -> Piece:
        """Look a value up among constant texts, however many there are."""
        keep, again = self.kept(piece.code)
        of_type = ast.Call(name_of("type"), [keep], [])
        is_text = ast.Compare(of_type, [ast.Is()], [name_of("str")])
        found = ast.Compare(again, [ast.In()], [self.bind(texts)])
        return condition(ast.BoolOp(ast.And(), [is_text, found]))

    def _argument(self, piece: Piece, wanted: set[Kind], span: Span) -> tuple[ast.expr, bool]:
        """Guard an argument; say whether it may still be null."""
        if wanted == {Kind.LIST}:
            if self.variables:
                arguments = [piece.code, name_of("budget")]
                return self.call(guards.spent_list, arguments, span), False
            return self.call(values.as_list, [piece.code], span), False
        guard = guards.guard_of(wanted)
        code = self.spent(piece, span)
        if piece.type.kind is Kind.ANY and guard is not None:
            return self.call(guard, [code], span), True
        return code, piece.nullable

    def _unless_null(
        self, function: Function, tests: list[ast.expr], made: ast.expr, type_: Type
    ) -> Piece:
        if not tests:
            return Piece(made, type_, not function.never_null)
        result = ast.Constant(False if function.on_null is OnNull.FALSE else None)
        missing = tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests)
        return Piece(ast.IfExp(missing, result, made), type_, not function.never_null)
