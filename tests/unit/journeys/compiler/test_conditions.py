"""What conditions say by themselves."""

from __future__ import annotations

import pytest

from journeys.compiler.conditions import is_never, rule


@pytest.mark.parametrize(
    ("text", "always"),
    [
        ("true", True),
        ("false", False),
        ("null", False),
        ("not true", False),
        ("1 + 1 == 2", True),
        ("'a' == 'b'", False),
        ("null is null", True),
        ("#{profile.age} > 3 and false", False),
        ("#{profile.age} > 3 or true", True),
        ("#{profile.age} > 3 or false", None),
        ("true and true", True),
        ("#{profile.age} > 3", None),
        ("random() < 2", None),
        ("now() is not null", None),
    ],
)
def test_a_rule_that_always_or_never_holds_is_known(text: str, always: object) -> None:
    found = rule(text)
    assert found is not None
    assert found.always is always
    assert is_never(text) is (always is False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("#{profile.a} == 1", "#{profile.a}!=1"),
        ("#{profile.a} is null", "#{profile.a} is not null"),
        ("#{profile.a} > 1", "not (#{profile.a} > 1)"),
    ],
)
def test_opposites_are_each_others(one: str, other: str) -> None:
    first, second = rule(one), rule(other)
    assert first is not None
    assert second is not None
    assert first.opposite == second.text
    assert second.opposite == first.text


def test_less_and_not_less_leave_out_who_has_no_value() -> None:
    first, second = rule("#{profile.a} < 1"), rule("#{profile.a} >= 1")
    assert first is not None
    assert second is not None
    assert first.opposite != second.text


def test_what_is_no_expression_is_no_rule() -> None:
    assert rule("1 ==") is None
    assert rule(None) is None
    assert not is_never("1 ==")
