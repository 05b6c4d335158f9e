"""Checks calls of functions: their names, their arguments, and literals that can be judged."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.expressions import tree
from journeys.expressions.errors import Span
from journeys.expressions.function import Function
from journeys.expressions.functions import FUNCTIONS
from journeys.expressions.operators import NoteFault
from journeys.expressions.signature import resolve, result_type
from journeys.expressions.suggestions import did_you_mean
from journeys.expressions.types import ANY, Type

_ELSEWHERE = {
    "isnull": "write '… is null'",
    "isnotnull": "write '… is not null'",
    "ifnull": "write coalesce(value, otherwise)",
    "nvl": "write coalesce(value, otherwise)",
    "iif": "write if (condition) then one else another",
    "strlen": "write length(text), or listSize(list)",
    "size": "write length(text), or listSize(list)",
    "today": "write toDateOnly(now())",
}
"""What functions of other languages are here, by their names in lower case."""


def check_call(node: tree.Call, given: Sequence[Type], fault: NoteFault) -> Type:
    """Give the type of a call, and note what is wrong with it."""
    function = FUNCTIONS.get(node.name)
    if function is None:
        message = f"there is no function {node.name!r}"
        hint = _ELSEWHERE.get(node.name.lower()) or did_you_mean(node.name, FUNCTIONS)
        fault(node.name_span, message, hint)
        return ANY
    has_odd_literal = _check_literals(node, function, fault)
    fitting = resolve(function.signatures, given)
    if not fitting:
        types = ", ".join(map(str, given)) or "nothing"
        ways = " or ".join(signature.text for signature in function.signatures)
        fault(_odd_argument(node, function, given), f"{node.name!r} cannot take ({types})", ways)
        return ANY
    if not has_odd_literal:
        _check_conversion(node, function, fault)
    return result_type(fitting)


def _odd_argument(node: tree.Call, function: Function, given: Sequence[Type]) -> Span:
    """Find the first argument after which no signature fits; without one, it is the call."""
    for index in range(len(given)):
        known = [*given[: index + 1], *[ANY] * (len(given) - index - 1)]
        if not resolve(function.signatures, known):
            same_count = resolve(function.signatures, [ANY] * len(given))
            return node.arguments[index].span if same_count else node.span
    return node.span


def _check_conversion(node: tree.Call, function: Function, fault: NoteFault) -> None:
    """Note a conversion of literals that can only give null: a wait until it would vanish."""
    given = [argument.value for argument in node.arguments if isinstance(argument, tree.Literal)]
    if function.converts is None or len(given) < len(node.arguments) or None in given:
        return
    if function.implementation(*given) is None:
        message = f"{node.name!r} makes nothing of this: the result is always null"
        fault(node.span, message, f"give {function.converts}", is_vain=True)


def _check_literals(node: tree.Call, function: Function, fault: NoteFault) -> bool:
    """Note literals that cannot be used; say whether there are any."""
    is_odd = False
    for signature in function.signatures:
        if not signature.fewest <= len(node.arguments) <= len(signature.parameters):
            continue
        for parameter, argument in zip(signature.parameters, node.arguments, strict=False):
            match argument:
                case tree.Literal(value=str(text)):
                    check = function.literals.get(parameter.name)
                    problem = check(text) if check else None
                    if problem:
                        is_odd = True
                        fault(argument.span, problem)
                case _ if parameter.name in function.constants:
                    hint = "write the name between quotes, so that it is known before the run"
                    message = f"{node.name!r} takes a literal text"
                    fault(argument.span, message, hint)
        break
    return is_odd
