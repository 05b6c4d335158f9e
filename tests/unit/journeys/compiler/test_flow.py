"""The graph of steps."""

from __future__ import annotations

from journeys.compiler.flow import circle_without

DIAMOND = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": [], "x": ["a"]}


def test_joins_are_no_loops() -> None:
    assert circle_without(DIAMOND, set()) is None


def test_a_loop_is_given_in_order() -> None:
    edges = {"a": ["b"], "b": ["c"], "c": ["b"]}
    assert circle_without(edges, set()) == ["b", "c", "b"]
    assert circle_without({"a": ["a"]}, set()) == ["a", "a"]


def test_a_step_that_takes_time_breaks_a_loop() -> None:
    edges = {"a": ["b"], "b": ["c"], "c": ["b"]}
    assert circle_without(edges, {"c"}) is None


def test_a_loop_of_many_steps_is_found_without_recursion() -> None:
    edges = {str(n): [str(n + 1)] for n in range(1_500)}
    edges["1500"] = ["0"]
    loop = circle_without(edges, set())
    assert loop is not None
    assert len(loop) == 1_502
