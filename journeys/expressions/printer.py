"""Tree to text, in one canonical form: reading it back gives an equal tree."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from journeys.expressions import temporal, tree
from journeys.expressions.tree import Expression, Node, Step

_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGNED, _PRIMARY = range(8)
_LEVELS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT}
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\\\"]")
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", '"': '\\"'}


def print_expression(expression: Expression | Node) -> str:
    """Write an expression so that parsing the text gives the same tree."""
    return _text(expression.root if isinstance(expression, Expression) else expression, _OR)


def _text(node: Node, level: int) -> str:
    """Write a node where only nodes of `level` and above may stand without parentheses."""
    text, own = _with_level(node)
    return text if own >= level else f"({text})"


def _with_level(node: Node) -> tuple[str, int]:
    match node:
        case tree.Logical(operator=operator, operands=operands):
            own = _OR if operator == "or" else _AND
            return f" {operator} ".join(_text(operand, own + 1) for operand in operands), own
        case tree.Not(operand=operand):
            return f"not {_text(operand, _NOT)}", _NOT
        case tree.Test(operand=operand, test=test):
            return f"{_text(operand, _COMPARISON)} {test}", _COMPARISON
        case tree.Binary(operator=operator, left=left, right=right):
            own = _LEVELS.get(operator, _COMPARISON)
            return f"{_text(left, own)} {operator} {_text(right, own + 1)}", own
        case tree.Negative(operand=operand):
            return f"-{_text(operand, _SIGNED)}", _SIGNED
        case tree.Literal(value=value) if isinstance(value, int | float) and str(value)[0] == "-":
            return repr(value), _SIGNED
        case _:
            return _primary(node), _PRIMARY


def _primary(
    node: tree.Literal | tree.ListLiteral | tree.Call | tree.Conditional | tree.Read,
) -> str:
    match node:
        case tree.Literal(value=value):
            return _literal(value)
        case tree.ListLiteral(items=items):
            return f"[{', '.join(_text(item, _OR) for item in items)}]"
        case tree.Call(name=name, arguments=arguments):
            return f"{name}({', '.join(_text(argument, _OR) for argument in arguments)})"
        case tree.Conditional(condition=condition, then=then, otherwise=otherwise):
            parts = (_text(part, _OR) for part in (condition, then, otherwise))
            return "if ({}) then ({}) else ({})".format(*parts)
        case _:
            return _read(node)


def _read(node: tree.Read) -> str:
    match node:
        case tree.Reference():
            return _reference(node)
        case tree.LoopVariable(name=name, path=path):
            return ".".join((name, *map(_step, path)))
        case tree.Property(name=name):
            return f"${{{name}}}"
        case tree.HistoryReference(event=event, path=path, window_ms=window_ms):
            names = ".".join(map(_name, (event, *path)))
            if window_ms is None:
                return f"@history{{{names}}}"
            window = temporal.duration_text(timedelta(milliseconds=window_ms))
            return f"@history{{{names}, {window}}}"


def _literal(value: str | float | bool | date | datetime | None) -> str:  # noqa: FBT001 - one value of many kinds
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case datetime():
            return f'date("{value.isoformat()}")'
        case date():
            return f'date("{value.isoformat()}")'
        case _:
            return repr(value)


def quoted(text: str) -> str:
    """Write a text between double quotes."""
    return f'"{_UNPRINTABLE.sub(_escaped, text)}"'


def _escaped(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}"


def _reference(node: tree.Reference) -> str:
    opening = "#" if node.kind in {"source", "profile"} else f"@{node.kind}"
    steps = [_step(step) for step in node.path]
    if node.kind == "profile":
        steps.insert(0, "profile")
    parts = [".".join(steps)]
    if node.default is not None:
        parts.append(f"defaultValue: {_text(node.default, _OR)}")
    if node.params:
        params = ", ".join(f"{_name(name)}: {_text(value, _OR)}" for name, value in node.params)
        parts.append(f"params: {{{params}}}")
    return f"{opening}{{{', '.join(parts)}}}"


def _step(step: Step) -> str:
    if isinstance(step, tree.Field):
        return _name(step.name)
    argument = "" if step.argument is None else _text(step.argument, _OR)
    return f"{step.name}({argument})"


def _name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else quoted(name)
