"""Texts with holes."""

from __future__ import annotations

import pytest

from journeys.expressions import Scope
from journeys.liquid_text import Dialect
from journeys.messages import JsonValue
from journeys.template import (
    Names,
    TemplateError,
    fill,
    fill_object,
    is_template,
    parse_template,
    written,
)
from tests.harness.quickly import assert_quick, attempt

NAMES = Names(
    Scope(
        events={"cart": {"total": 80, "items": ["a", "b"]}},
        profile={"name": "Ann & <Bob>", "age": 41, "tags": ["x"]},
        actions={"ask": {"score": 7}},
        now=1_772_352_000_000,
    ),
    {"reason": "late"},
    {},
)


def filled(value: JsonValue, dialect: Dialect = "liquid") -> JsonValue:
    return fill(parse_template(value, dialect), NAMES)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        (5, 5),
        (None, None),
        (True, True),
        ("#{profile.age}", 41),
        ("  #{profile.age} ", 41),
        ("= #{profile.age} + 1", 42),
        ("@event{cart.items}", ["a", "b"]),
        ("@action{ask.score}", 7),
        ("#{profile.missing}", None),
        ("=now()", "2026-03-01T08:00:00Z"),
        ("=toDuration('PT90M')", "PT1H30M"),
        ("{{ profile.name }}", "Ann & <Bob>"),
        ("{{ event.cart.total }} {{ action.ask.score }} {{ params.reason }}", "80 7 late"),
        ("{{ profile.missing }}!", "!"),
        ("{% if profile.age > 40 %}old{% endif %}", "old"),
        (["#{profile.age}", "x"], [41, "x"]),
        ({"a": {"b": "{{ profile.age }}"}}, {"a": {"b": "41"}}),
    ],
)
def test_a_hole_is_filled_and_an_expression_keeps_its_type(
    value: JsonValue, expected: JsonValue
) -> None:
    assert filled(value) == expected


def test_holes_in_html_are_escaped() -> None:
    assert filled("<p>{{ profile.name }}</p>", "html") == "<p>Ann &amp; &lt;Bob&gt;</p>"


def test_a_template_is_plain_data() -> None:
    assert parse_template({"a": ["{{ x }}", "#{profile.a}", 1]}) == [
        "map",
        {"a": ["list", [["liquid", "{{ x }}"], ["expression", "#{profile.a}"], ["value", 1]]]},
    ]


def test_a_mapping_stays_a_mapping() -> None:
    assert fill_object(parse_template({"a": "#{profile.age}"}), NAMES) == {"a": 41}


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in (1..1000000) %}{% for b in (1..1000000) %}x{% endfor %}{% endfor %}",
        "{% for a in (1..9000) %}" + "x" * 200 + "{% endfor %}",
        "{% include 'secret' %}",
        "{% render 'secret' %}",
        "{{ profile.name | nosuch }}",
        "{{ 1 | divided_by: 0 }}",
        "{{" * 100_000,
        "{{" + " " * 100_000,
        "{{ x" + " " * 100_000 + "y }}",
        "{% raw %}" * 50_000,
        "{% doc %}" * 50_000,
        "{{ 'a' | upcase }}" * 5_000,
    ],
)
def test_a_template_that_breaks_a_bound_or_fails_is_told_in_a_moment(text: str) -> None:
    with pytest.raises(TemplateError, match="a template could not be filled"):
        filled(text)
    assert_quick(lambda: attempt(lambda: filled(text)))


@pytest.mark.parametrize(
    "text",
    [
        "{{ profile.__class__ }}",
        "{{ profile.name.__class__.__mro__ }}",
        "{{ event.__init__.__globals__ }}",
        "{{ profile.tags.append }}",
    ],
)
def test_a_template_reaches_no_python(text: str) -> None:
    assert filled(text) == ""


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        5,
        None,
        "#{profile.age}",
        "= now()",
        "{{ profile.name }}",
        ["value", "#{x}"],
        {"a": [1]},
    ],
)
def test_a_template_is_known_as_one_and_given_back_as_written(value: JsonValue) -> None:
    template = parse_template(value)
    assert is_template(template)
    assert written(template) == value


@pytest.mark.parametrize("value", [["other", 1], ["value"], [["value", 1], 2], "value", None, {}])
def test_other_values_are_no_templates(value: object) -> None:
    assert not is_template(value)
