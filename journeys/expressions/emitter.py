"""What generated code is put together with: names, calls, kept values, the budget of loops."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import cast

from journeys.expressions import reading
from journeys.expressions.errors import Span
from journeys.expressions.pieces import Piece, name_of
from journeys.expressions.scope import Scope
from journeys.expressions.types import NUMBERS, TEMPORAL, Kind
from journeys.expressions.values import Value

FILENAME = "<expression>"
"""The file that tracebacks name for generated code."""
_SHORT = NUMBERS | TEMPORAL | {Kind.BOOLEAN, Kind.NULL}
"""Values that take no longer to look at than others of their kind."""


class Emitter:
    """The parts of one function that is being generated."""

    def __init__(self) -> None:
        self.globals: dict[str, object] = {
            "__builtins__": {}, "type": type, "dict": dict, "int": int, "float": float, "str": str,
        }  # fmt: skip
        self.spans: list[Span] = []
        self.variables: dict[str, str] = {}
        """Loop variables, each with the name that it has in the generated code."""
        self.loops_used = False
        self._names: dict[int, str] = {}
        self._count = 0

    def fresh(self, prefix: str) -> str:
        """Make a name that nothing else has."""
        self._count += 1
        return f"{prefix}{self._count}"

    def bind(self, value: object) -> ast.expr:
        """Refer to a value of this process by a name of the function's globals."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = self.fresh("g")
            self.globals[name] = value
        return name_of(name)

    def call(self, function: object, arguments: list[ast.expr], span: Span) -> ast.expr:
        """Call a function of this process; its failure leads back to the span."""
        self.spans.append(span)
        line = len(self.spans)
        position = {"lineno": line, "end_lineno": line, "col_offset": 0, "end_col_offset": 0}
        return ast.Call(self.bind(function), arguments, [], **position)

    def kept(self, code: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Give code that evaluates and keeps a value, and code that gives it again."""
        if isinstance(code, ast.Constant | ast.Name):
            return code, code
        name = self.fresh("t")
        return ast.NamedExpr(ast.Name(name, ast.Store()), code), name_of(name)

    def spent(self, piece: Piece, span: Span) -> ast.expr:
        """Give the code of a piece; within a loop, what is long takes from the loop's budget."""
        if not self.variables or isinstance(piece.code, ast.Constant) or piece.type.kind in _SHORT:
            return piece.code
        return self.call(reading.spent, [piece.code, name_of("budget")], span)

    def constant(self, value: object) -> ast.expr:
        """Give a constant."""
        if value is None or isinstance(value, str | int | float):
            return ast.Constant(value)
        return self.bind(value)

    def function(self, body: ast.expr, span: Span) -> Callable[[Scope], Value]:
        """Make the function of a scope that gives the value of some code."""
        statements: list[ast.stmt] = [ast.Return(body)]
        if self.loops_used:
            budget = ast.Name("budget", ast.Store())
            statements.insert(0, ast.Assign([budget], self.call(reading.Budget, [], span)))
        arguments = ast.arguments([], [ast.arg("scope")], None, [], [], None, [])
        definition = ast.FunctionDef("evaluate", arguments, statements, [], lineno=1, col_offset=0)
        module = ast.Module([definition], [])
        _place(module)
        constants = compile(module, FILENAME, "exec").co_consts
        code = next(constant for constant in constants if isinstance(constant, CodeType))
        return cast("Callable[[Scope], Value]", FunctionType(code, self.globals))


def _place(module: ast.Module) -> None:
    """Give every node a place, as Python asks; without recursion, however deep the tree is."""
    for node in ast.walk(module):
        if isinstance(node, ast.expr | ast.stmt | ast.arg) and not hasattr(node, "lineno"):
            node.lineno, node.end_lineno, node.col_offset, node.end_col_offset = 1, 1, 0, 0
