"""Conditions explained: which parts hold, what they read, and what would turn them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from journeys.expressions import Scope, check, compile_expression, parse
from journeys.expressions.case_context import catalog_of, context_of, scope_of
from journeys.expressions.explaining import explain

ROOT = Path(__file__).parents[4]
SCOPE = Scope(
    events={"cart": {"total": 40, "items": [{"price": 3}]}},
    profile={"country": "DE", "vip": False},
    audiences={"regulars": "realized"},
    history=lambda event, path, window: [1, 2],
)
TOTAL = "@event{cart.total} was 40"


@pytest.mark.parametrize(
    ("text", "turned_by"),
    [
        ("@event{cart.total} >= 50", f"{TOTAL}; needs >= 50"),
        ("50 <= @event{cart.total}", f"{TOTAL}; needs >= 50"),
        ("@event{cart.total} < 50", f"{TOTAL}; needs >= 50"),
        ("@event{cart.total} != 40", f"{TOTAL}; needs != 40"),
        ("#{profile.country} == 'FR'", '#{profile.country} was "DE"; needs == "FR"'),
        ("#{profile.city} == 'Ulm'", '#{profile.city} was null; needs == "Ulm"'),
        ("#{profile.city} is null", "#{profile.city} was null; needs not to be null"),
        ("#{profile.city} is not null", "#{profile.city} was null; needs not to be null"),
        ("#{profile.country} is not null", '#{profile.country} was "DE"; needs to be null'),
        ("#{profile.vip}", "#{profile.vip} was false; needs true"),
        ("inAudience('regulars')", 'needs not to be in audience "regulars"'),
        ("inAudience('others')", 'needs to be in audience "others"'),
        (
            "in(#{profile.country}, ['FR', 'IT'])",
            '#{profile.country} was "DE"; needs in(#{profile.country}, ["FR", "IT"]) to be true',
        ),
        (
            "count(@history{view.page, P30D}) > 3",
            "count(@history{view.page, P30D}) was 2, "
            "@history{view.page, P30D} was [1,2]; needs > 3",
        ),
        # Of an `and` that fails all that fail must turn, of an `or` that fails any.
        (
            "@event{cart.total} >= 50 and #{profile.country} == 'DE' and #{profile.vip}",
            f"{TOTAL}; needs >= 50, and #{{profile.vip}} was false; needs true",
        ),
        (
            "@event{cart.total} >= 50 or #{profile.vip}",
            f"{TOTAL}; needs >= 50, or #{{profile.vip}} was false; needs true",
        ),
        # And the other way round where it holds.
        (
            "@event{cart.total} < 50 or #{profile.vip}",
            f"{TOTAL}; needs >= 50",
        ),
        (
            "@event{cart.total} < 50 and #{profile.country} == 'DE'",
            f'{TOTAL}; needs >= 50, or #{{profile.country}} was "DE"; needs != "DE"',
        ),
        ("not (@event{cart.total} >= 30)", f"{TOTAL}; needs < 30"),
    ],
)
def test_what_would_turn_a_condition_is_said(text: str, turned_by: str) -> None:
    explained = explain(text, (), SCOPE)
    assert explained.turned_by == turned_by
    assert explained.holds is (compile_expression(text)(replace(SCOPE)) is True)


def test_every_part_has_a_line_with_what_it_read() -> None:
    text = "@event{cart.total} >= 50 or not (#{profile.country} == 'DE' and #{profile.vip})"
    assert list(explain(text, (), SCOPE).lines()) == [
        "✓ one of",
        f"  ✗ @event{{cart.total}} >= 50: {TOTAL}",
        "  ✓ not",
        "    ✗ all of",
        '      ✓ #{profile.country} == "DE": #{profile.country} was "DE"',
        "      ✗ #{profile.vip}: #{profile.vip} was false",
    ]


def test_values_can_be_kept_back() -> None:
    explained = explain("#{profile.country} == 'FR'", (), SCOPE, values=False)
    assert explained.read == {"#{profile.country}": None}
    assert explained.turned_by == (
        '#{profile.country} was something that is not told; needs == "FR"'
    )


def test_a_part_past_a_bound_has_no_value() -> None:
    scope = Scope(events={"cart": {"items": [0] * 20_000}})
    explained = explain("listSize(@event{cart.items}) > 3", (), scope)
    assert explained.read["listSize(@event{cart.items})"] == "null"
    assert not explained.holds


def test_long_values_are_cut() -> None:
    explained = explain("@event{cart.note} == 'x'", (), Scope(events={"cart": {"note": "y" * 200}}))
    assert max(map(len, explained.lines())) < 160


CASES = json.loads((ROOT / "tests" / "conformance" / "expressions.json").read_text())


def test_an_explanation_agrees_with_the_expression_itself_wherever_one_is_true_or_false() -> None:
    explained = 0
    for case in CASES:
        if not isinstance(case.get("expected"), bool):
            continue
        context = context_of(case)
        checked = check(parse(case["expression"]), catalog_of(context))
        holds = compile_expression(case["expression"], checked.conversions)(scope_of(context))
        found = explain(case["expression"], checked.conversions, scope_of(context))
        assert found.holds is (holds is True), case["expression"]
        assert found.turned_by, case["expression"]
        assert list(found.lines())
        explained += 1
    assert explained > 50
