"""Where the names of a Liquid text lead, by what schemas say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journeys.diagnostics import near
from journeys.expressions import types
from journeys.expressions.types import NUMBERS, TEMPORAL, UNKNOWN, Kind, Type

if TYPE_CHECKING:
    from journeys.liquid_names import NamePath, Part

_TEXTS = TEMPORAL | {Kind.STRING}
"""Kinds whose values are texts to Liquid."""
_ENDS = ("first", "last")


def led_to(known: Type, path: NamePath, what: str) -> Type | tuple[str, str]:
    """Follow a path.

    Args:
        known: of what it begins at.
        path: what comes after that.
        what: how a person calls what it begins at.

    Returns:
        The type of what it leads to; or what is wrong with it, and a hint.
    """
    for part in path:
        found = _next(known, part)
        if found is None:
            return _fault(known, str(part), what)
        known = found
    return known


def _next(known: Type, part: str | Part) -> Type | None:
    """Give the type of what lies below; None where nothing can."""
    if known.kind in UNKNOWN:
        return types.ANY
    if not isinstance(part, str):
        item = known.item if known.kind is Kind.LIST else None
        return types.list_of(known) if part.name == "LIST" else item or types.ANY
    if known.kind is Kind.LIST and part in _ENDS:
        return known.item or types.ANY
    found = known.fields.get(part, known.rest)
    if found is None and part == "size" and known.kind in {*_TEXTS, Kind.LIST, Kind.OBJECT}:
        return types.INTEGER
    return found


def _fault(known: Type, name: str, what: str) -> tuple[str, str]:
    if known.kind is Kind.OBJECT:
        return f"{what} has no field '{name}'", near(name, known.fields)
    if known.kind is Kind.LIST:
        hint = f"write `first.{name}` or `[0].{name}`, or loop over it by {{% for … in … %}}"
        return f"{what} has a list here, which has no field '{name}'", hint
    return f"{what} has {_a(known)} here, which has no field '{name}'", "end the name before it"


def _a(known: Type) -> str:
    return "a text" if known.kind in _TEXTS else f"a value of type {known}"


def never_ordered(known: Type, constant: object) -> tuple[str, str] | None:
    """Say what is wrong with asking whether a value is more or less than a constant, if anything.

    Liquid compares numbers with numbers and texts with texts, and stops at anything else.
    """
    is_number = isinstance(constant, int | float) and not isinstance(constant, bool)
    if isinstance(constant, str) and known.kind in NUMBERS:
        hint = "write the number without quotes"
        return f"a number is neither more nor less than the text '{constant}'", hint
    if is_number and known.kind in _TEXTS:
        hint = "compare it with a text, or make it a number: {% assign n = … | plus: 0 %}"
        return f"a text is neither more nor less than the number {constant}", hint
    return None
