"""Pieces of generated code: nodes of Python's syntax tree with what is sure of their values."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from journeys.expressions.types import BOOLEAN, NUMBERS, Type


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of generated code and what is sure of its value."""

    code: ast.expr
    type: Type
    """`any` where nothing is sure."""
    nullable: bool = True


def name_of(name: str) -> ast.expr:
    """Refer to a name."""
    return ast.Name(name, ast.Load())


def of_scope(name: str) -> ast.expr:
    """Read an attribute of the scope."""
    return ast.Attribute(name_of("scope"), name, ast.Load())


def get(code: ast.expr, key: str) -> ast.expr:
    """Read a key of an object."""
    return ast.Call(ast.Attribute(code, "get", ast.Load()), [ast.Constant(key)], [])


def is_null(code: ast.expr) -> ast.expr:
    """Test for null; of a constant the answer is known."""
    if isinstance(code, ast.Constant):
        return ast.Constant(code.value is None)
    return ast.Compare(code, [ast.Is()], [ast.Constant(None)])


def condition(code: ast.expr) -> Piece:
    """Make a piece that is true or false."""
    return Piece(code, BOOLEAN, nullable=False)


def is_number(keep: ast.expr, again: ast.expr) -> ast.expr:
    """Test for an integer or a decimal; a boolean is neither."""
    first = ast.Compare(ast.Call(name_of("type"), [keep], []), [ast.Is()], [name_of("int")])
    second = ast.Compare(ast.Call(name_of("type"), [again], []), [ast.Is()], [name_of("float")])
    return ast.BoolOp(ast.Or(), [first, second])


def both_are(left: ast.expr, right: ast.expr, kinds: ast.expr) -> ast.expr:
    """Test for two values of one kind among some; evaluates both."""
    types = [ast.Call(name_of("type"), [code], []) for code in (left, right)]
    return ast.Compare(types[0], [ast.Is(), ast.In()], [types[1], kinds])


def equals_only_its_kind(piece: Piece) -> bool:
    """Say whether only a value of its own kind equals a constant; 0 and 1 also equal booleans."""
    if not isinstance(piece.code, ast.Constant) or isinstance(piece.code.value, bool):
        return False
    return piece.type.kind in NUMBERS and piece.code.value not in {0, 1}
