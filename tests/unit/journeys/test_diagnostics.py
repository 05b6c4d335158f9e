"""How a fault is written for a person."""

from __future__ import annotations

import pytest

from journeys.diagnostics import Code, DefinitionError, Diagnostic, Place, near
from journeys.expressions.errors import Severity


def rendered(place: Place, source: str, hint: str | None = None) -> str:
    return Diagnostic(place, Code.FORM, "wrong", hint).render({"f.yaml": source})


def test_a_fault_shows_its_line_and_points_at_it() -> None:
    assert rendered(Place("f.yaml", 2, 4, 3), "one\na: two\n", "say three") == (
        "f.yaml:2:4: error[JRN201]: wrong\n2 | a: two\n  |    ^^^ say three"
    )


def test_a_caret_stays_in_its_line_and_keeps_tabs() -> None:
    assert rendered(Place("f.yaml", 1, 2, 99), "\ttab").endswith("1 | \ttab\n  | \t^^^")


def test_a_fault_without_a_line_is_a_sentence() -> None:
    assert rendered(Place("other.yaml"), "") == "other.yaml:1:1: error[JRN201]: wrong"
    assert rendered(Place("f.yaml", 9), "one", "do this") == (
        "f.yaml:9:1: error[JRN201]: wrong\n  = do this"
    )


def test_a_warning_says_so() -> None:
    fault = Diagnostic(Place("f"), Code.UNREACHABLE, "far", severity=Severity.WARNING)
    assert fault.render({}) == "f:1:1: warning[JRN401]: far"


def test_a_name_that_is_not_known_gets_a_suggestion() -> None:
    assert near("singup", ["signup", "purchase"]) == "did you mean 'signup'?"
    assert near("x", ["signup", "purchase"]) == "known: purchase, signup"
    assert near("x", []) == "none is defined"
    assert near("x", [f"name{n:02}" for n in range(20)]).endswith("name11, …")


def test_an_error_carries_and_tells_all_faults() -> None:
    faults = [Diagnostic(Place("f", n), Code.FORM, f"wrong {n}") for n in (1, 2)]
    error = DefinitionError(faults)
    assert error.diagnostics == tuple(faults)
    assert str(error) == "f:1:1: JRN201: wrong 1\nf:2:1: JRN201: wrong 2"


@pytest.mark.parametrize("column", [1, 150, 5_000, 9_900, 10_000])
def test_of_a_very_long_line_the_part_around_the_place_is_shown(column: int) -> None:
    text = "." * (column - 1) + "X" + "." * (10_000 - column)
    rendered = Diagnostic(Place("a.yaml", 1, column), Code.YAML, "wrong").render({"a.yaml": text})
    _, source, caret = rendered.splitlines()
    assert source.index("X") == caret.index("^")
    assert len(source) < 220
