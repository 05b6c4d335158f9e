"""Code of comparisons: as little of it as what is sure of both sides allows."""

from __future__ import annotations

import ast

from journeys.expressions import arithmetic, guards, values
from journeys.expressions.emitter import Emitter
from journeys.expressions.errors import Span
from journeys.expressions.pieces import (
    Piece,
    both_are,
    equals_only_its_kind,
    is_null,
    is_number,
)
from journeys.expressions.types import NUMBERS, TEMPORAL, UNKNOWN, Kind

ORDERS: dict[str, type[ast.cmpop]] = {
    "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE,
}  # fmt: skip
_NUMBER_KINDS = frozenset({int, float})


def equal(emit: Emitter, left: Piece, right: Piece, span: Span) -> ast.expr:
    """Compare two pieces with `==`."""
    kinds = {left.type.kind, right.type.kind}
    for piece, other in ((left, right), (right, left)):
        if piece.type.kind is Kind.NULL:
            return is_null(other.code)
    if Kind.STRING in kinds or equals_only_its_kind(left) or equals_only_its_kind(right):
        # Whatever the other value is, Python finds only an equal text or number equal.
        return ast.Compare(left.code, [ast.Eq()], [right.code])
    if kinds <= NUMBERS or (len(kinds) == 1 and kinds <= TEMPORAL | {Kind.BOOLEAN}):
        return ast.Compare(left.code, [ast.Eq()], [right.code])
    return emit.call(values.equal, [emit.spent(one, span) for one in (left, right)], span)


def ordered(emit: Emitter, operator: str, left: Piece, right: Piece, span: Span) -> ast.expr:
    """Compare two pieces with `<`, `<=`, `>` or `>=`; false where one is null or has no order."""
    kinds = {left.type.kind, right.type.kind}
    if not kinds & (NUMBERS | TEMPORAL) or not kinds <= NUMBERS | TEMPORAL | UNKNOWN:
        return _unsure_order(emit, operator, left.code, right.code, span)
    tests, codes = [], []
    for piece in (left, right):
        code, unsure = piece.code, piece.type.kind in UNKNOWN
        if unsure and kinds & TEMPORAL:
            convert = guards.guard_of(kinds - UNKNOWN)
            code = emit.call(convert, [code], span)
        if piece.nullable or unsure:
            keep, code = emit.kept(code)
            if unsure and kinds & NUMBERS:
                tests.append(is_number(keep, code))
            else:
                tests.append(ast.Compare(keep, [ast.IsNot()], [ast.Constant(None)]))
        codes.append(code)
    compared = ast.Compare(codes[0], [ORDERS[operator]()], [codes[1]])
    return ast.BoolOp(ast.And(), [*tests, compared]) if tests else compared


def _unsure_order(
    emit: Emitter, operator: str, left: ast.expr, right: ast.expr, span: Span
) -> ast.expr:
    (keep_left, left), (keep_right, right) = emit.kept(left), emit.kept(right)
    function = arithmetic.less if operator in {"<", ">"} else arithmetic.at_most
    in_order = [left, right] if operator in {"<", "<="} else [right, left]
    compared = ast.Compare(left, [ORDERS[operator]()], [right])
    # Most often both are numbers of one kind: then no call is needed.
    test = both_are(keep_left, keep_right, emit.bind(_NUMBER_KINDS))
    return ast.IfExp(test, compared, emit.call(function, in_order, span))
