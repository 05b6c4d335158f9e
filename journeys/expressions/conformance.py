"""Runs conformance cases: expressions with what they read and what they must give.

Each case goes the whole way: parse, print and parse again, check against the types that its context
shows, compile, evaluate. Pure: cases come as parsed JSON and results go back as values.

A context has no schema, so its types are guessed from its values. A text in the form of a date may
be a date or a text: a case passes when one of its readings does. Where a context holds only
null, the other cases of the run say what type a field has, and an `id` is a text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from journeys.expressions import temporal
from journeys.expressions.case_context import catalog_of, context_of, roots_of, scope_of
from journeys.expressions.checker import Checked, check
from journeys.expressions.errors import ExpressionError
from journeys.expressions.inference import Dates, merged, type_of_value
from journeys.expressions.parser import parse
from journeys.expressions.printer import print_expression
from journeys.expressions.program import compile_expression
from journeys.expressions.types import ANY, Kind, Type, list_of, object_of
from journeys.expressions.values import Value, to_json
from journeys.messages import JsonObject, JsonValue

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case ended."""

    id: str
    expression: str
    difference: str | None
    """What differs from what was expected; None if nothing does."""

    @property
    def passed(self) -> bool:
        """Whether the case gave what it must."""
        return self.difference is None


@dataclass(frozen=True, slots=True)
class Conformance:
    """How a run of cases ended."""

    results: tuple[CaseResult, ...]

    @property
    def passed(self) -> int:
        """The number of cases that gave what they must."""
        return sum(result.passed for result in self.results)

    @property
    def failed(self) -> int:
        """The number of cases that did not."""
        return len(self.results) - self.passed

    @property
    def summary(self) -> str:
        """The closing line: `N passed, M failed`."""
        return f"{self.passed} passed, {self.failed} failed"


def run_cases(cases: Iterable[JsonObject]) -> Conformance:
    """Run all cases of a run."""
    listed = list(cases)
    fields: Type = object_of({}, rest=ANY)
    for case in listed:
        if isinstance(case, dict):
            fields = merged(fields, type_of_value(roots_of(context_of(case))))
    return Conformance(tuple(run_case(case, fields) for case in listed))


def run_case(case: JsonObject, fields: Type | None = None) -> CaseResult:
    """Run one case; `fields` is what all contexts of the run together show of the types."""
    expression = case.get("expression") if isinstance(case, dict) else None
    if not isinstance(expression, str):
        message = "this is no case: it needs a text under 'expression'"
        return CaseResult(str(case)[:60], "", message)
    first: str | None = None
    for dates in Dates:
        others = None if dates is Dates.EITHER else fields
        difference = _difference(case, expression, dates, others)
        first = None if difference is None else first or difference
        if first is None:
            break
    return CaseResult(str(case.get("id", expression)), expression, first)


def _difference(case: JsonObject, expression: str, dates: Dates, fields: Type | None) -> str | None:
    wanted_error = case.get("expect_error") is True
    try:
        checked = _checked(case, expression, dates, fields)
        checked.raise_for_errors()
        value = compile_expression(expression, checked.conversions)(scope_of(context_of(case)))
    except ExpressionError as error:
        start, end = error.span
        return None if wanted_error else f"fault at {start}-{end}: {error}"
    if wanted_error:
        return f"expected an error, but got {_shown(value)}"
    return _type_difference(case, checked, value) or _value_difference(case, value)


def _checked(case: JsonObject, text: str, dates: Dates, fields: Type | None) -> Checked:
    expression = parse(text)
    printed = print_expression(expression)
    if parse(printed) != expression:
        message = f"printing and reading again changes it: {printed}"
        raise ExpressionError(message)
    return check(expression, catalog_of(context_of(case), dates=dates, fields=fields))


def _type_difference(case: JsonObject, checked: Checked, value: Value) -> str | None:
    wanted = case.get("expected_type")
    if wanted is None:
        return None
    found = str(checked.type)
    if "any" in found.lower() or found == "null":
        found = _type_name(value)
    return None if found == wanted or value is None else f"expected type {wanted}, but got {found}"


def _type_name(value: Value) -> str:
    if isinstance(value, timedelta):
        return "duration"
    if isinstance(value, datetime):
        return "dateTimeOnly" if value.tzinfo is None else "dateTime"
    if isinstance(value, date):
        return "dateOnly"
    if isinstance(value, list):
        known = [item for item in value if item is not None]
        return str(list_of(Type(Kind(_type_name(known[0]))))) if known else "listAny"
    return str(type_of_value(cast("JsonValue", value), Dates.TEXT))


def _value_difference(case: JsonObject, value: Value) -> str | None:
    wanted = case.get("expected")
    if "expected" not in case or _matches(wanted, value):
        return None
    return f"expected {wanted!r}, but got {_shown(value)}"


def _matches(wanted: JsonValue, value: Value) -> bool:
    match value:
        case bool() | None | str():
            return type(wanted) is type(value) and wanted == value
        case int() | float():
            if isinstance(wanted, bool) or not isinstance(wanted, int | float):
                return False
            return math.isclose(wanted, value, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
        case timedelta():
            return wanted == value // temporal.MILLISECOND
        case datetime() | date():
            return isinstance(wanted, str) and _same_moment(wanted, value)
        case list():
            return isinstance(wanted, list) and len(wanted) == len(value) and all(
                _matches(one, other) for one, other in zip(wanted, value, strict=True)
            )  # fmt: skip
        case dict():
            return isinstance(wanted, dict) and wanted.keys() == value.keys() and all(
                _matches(wanted[name], item) for name, item in value.items()
            )  # fmt: skip


def _same_moment(wanted: str, value: date) -> bool:
    read = temporal.parse_any(wanted)
    if isinstance(value, datetime) and type(read) is date:
        return temporal.parse_local(wanted) == value
    if isinstance(read, datetime) and isinstance(value, datetime):
        return (read.tzinfo is None) is (value.tzinfo is None) and read == value
    return type(read) is type(value) and read == value


def _shown(value: Value) -> str:
    if isinstance(value, timedelta):
        return f"{value // temporal.MILLISECOND} ms"
    return repr(to_json(value))
