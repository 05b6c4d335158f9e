"""The conformance cases, and how a run reports what differs."""

import json
from pathlib import Path

import pytest

from journeys.expressions.conformance import CaseResult, run_case, run_cases
from journeys.messages import JsonObject, JsonValue

FOLDER = Path(__file__).parents[3] / "conformance"
RESULTS = [
    result
    for file in ("expressions.json", "additional.json")
    for result in run_cases(json.loads((FOLDER / file).read_text())).results
]


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.id)
def test_every_case_gives_what_it_must(result: CaseResult) -> None:
    assert result.difference is None, f"{result.expression}: {result.difference}"


def test_a_run_counts_its_cases() -> None:
    conformance = run_cases([{"expression": "1 + 1", "expected": 2}, {"expression": "1 +"}])
    assert conformance.summary == "1 passed, 1 failed"


@pytest.mark.parametrize(
    ("case", "difference"),
    [
        ({"expression": "1 + 1", "expected": 3}, "expected 3, but got 2"),
        (
            {"expression": "1 + 1", "expected": 2, "expected_type": "decimal"},
            "expected type decimal, but got integer",
        ),
        ({"expression": "1 + 1", "expect_error": True}, "expected an error, but got 2"),
        ({"expression": "true", "expected": 1}, "expected 1, but got True"),
        ({"expression": "toDuration(5)", "expected": 6}, "expected 6, but got 5 ms"),
        (
            {"expression": "now()", "expected": "1970-01-02T00:00Z"},
            "expected '1970-01-02T00:00Z', but got '1970-01-01T00:00:00Z'",
        ),
        ({"expression": "lower(", "expected": 1}, "fault at 6-6: the expression ends too early"),
        ({"id": "empty"}, "this is no case"),
        ("no case", "this is no case"),
    ],
)
def test_a_difference_says_what_was_expected_and_what_came(case: object, difference: str) -> None:
    found = run_case(case).difference  # type: ignore[arg-type]
    assert found is not None
    assert difference in found


def test_the_type_of_a_value_counts_where_fields_have_none() -> None:
    context: JsonObject = {
        "events": {
            "E": {"moments": ["2026-03-01T08:00:00", None], "flag": True, "mixed": [1, "a"]}
        },
        "datasource_calls": [
            {"datasource": "S", "group": "g", "params": {"a": 1}, "response": {"x": 1}}
        ],
        "datasources": {"T": {"g": {"x": 2.5}}},
    }
    cases: list[tuple[str, JsonValue, str]] = [
        ("#{T.g.x, params: {a: 1}}", 2.5, "decimal"),
        ("@event{E.gone, defaultValue: @event{F.gone, defaultValue: 5}}", 5, "integer"),
        ("coalesce(@event{F.x}, toDuration(5))", 5, "duration"),
        ("coalesce(@event{F.x}, now())", "1970-01-01T00:00Z", "dateTime"),
        ("coalesce(@event{F.x}, date('2026-03-01'))", "2026-03-01", "dateOnly"),
        ("coalesce(@event{F.x}, date('2026-03-01T00:00'))", "2026-03-01", "dateTimeOnly"),
        ("coalesce(@event{F.x}, ['a'])", ["a"], "listString"),
        ("coalesce(@event{F.x}, [null])", [None], "listAny"),
        ("coalesce(@event{F.x}, @event{E.mixed})", [1, "a"], "listInteger"),
        ("max(@event{E.moments})", "2026-03-01T08:00:00", "dateTimeOnly"),
        ("@event{E.moments}", ["2026-03-01T08:00:00", None], "listDateTimeOnly"),
        ("@event{E.flag}", True, "boolean"),
        ("#{S.g.x, params: {a: 1}}", 1, "integer"),
        ("#{S.g.x, params: {a: 2}}", None, "integer"),
    ]
    for expression, expected, type_ in cases:
        case: JsonObject = {
            "expression": expression,
            "expected": expected,
            "expected_type": type_,
            "context": context,
        }
        assert run_case(case).difference is None, expression
    others: list[tuple[str, JsonValue]]
    others = [("toDuration(5)", True), ("1", "1"), ("[1]", 1), ("now()", 1)]
    for expression, expected in others:
        assert run_case({"expression": expression, "expected": expected}).difference is not None


def test_a_case_may_expect_a_type_alone() -> None:
    assert run_case({"expression": "random()", "expected_type": "decimal"}).difference is None
    found = run_case({"expression": "uuid()", "expected_type": "decimal"}).difference
    assert found == "expected type decimal, but got string"


def test_a_text_that_looks_like_a_date_may_be_either() -> None:
    context: JsonObject = {
        "events": {"E": {"at": "2026-03-01T08:00:00Z"}},
        "now": "2026-03-01T09:00:00Z",
    }
    cases: list[tuple[str, JsonValue]] = [
        ("inLastHours(@event{E.at}, 2)", True),
        ("length(@event{E.at})", 20),
        ("@event{E.at} < now()", True),
        ("split(@event{E.at}, 'T')", ["2026-03-01", "08:00:00Z"]),
        ("@event{E.at} < now() and substr(@event{E.at}, 0, 4) == '2026'", True),
    ]
    for expression, expected in cases:
        case: JsonObject = {"expression": expression, "context": context, "expected": expected}
        assert run_case(case).difference is None


def test_a_context_holds_every_kind_of_read() -> None:
    context: JsonObject = {
        "profile": {"name": "Ada"},
        "properties": {"journeyUID": "j1"},
        "history": {
            "purchase": [
                {"timestamp": "2026-01-01T00:00:00Z", "total": 5},
                {"timestamp": "2026-02-28T00:00:00Z", "total": 7},
            ]
        },
        "now": "2026-03-01T08:00:00Z",
        "zone": "Europe/Paris",
    }
    cases: list[tuple[str, JsonValue]] = [
        ("#{profile.name}", "Ada"),
        ("#{ExperiencePlatform.Any.profile.name}", "Ada"),
        ("${journeyUID}", "j1"),
        ("sum(@history{purchase.total, P30D})", 7),
        ("sum(@history{purchase.total})", 12),
        ("last(@history{purchase.total})", 7),
        ("now()", "2026-03-01T09:00:00+01:00"),
    ]
    for expression, expected in cases:
        case: JsonObject = {"expression": expression, "context": context, "expected": expected}
        assert run_case(case).difference is None


def test_other_cases_tell_the_type_of_a_field_that_is_null_in_one() -> None:
    texts: JsonObject = {
        "expression": "@event{E.name}",
        "context": {"events": {"E": {"name": "a"}}},
        "expected": "a",
    }
    null: JsonObject = {
        "expression": "@event{E.name, defaultValue: 2}",
        "context": {"events": {"E": {"name": None}}},
        "expect_error": True,
    }
    assert run_cases([texts, null]).failed == 0
    assert run_case(null).difference == "expected an error, but got 2"
