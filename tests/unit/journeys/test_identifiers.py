"""Identifiers: the same for the same fact, another for any other."""

from __future__ import annotations

from journeys import identifiers
from journeys.identifiers import (
    instance_id,
    record_id,
    refusal_id,
    request_id,
    step_event_id,
)


def test_ids_never_change() -> None:
    assert instance_id("j", "p", None, "e", "t/0/1") == "462cfee213e919b3a841ca20656d4c58"
    assert request_id("i", "s", 1) == "32c96ba3a4811f9553cb7db5cd358dfc"
    assert step_event_id("i", "s", 1, "entered") == "731fb84016745f9ba5802e0d9df58ae2"
    assert refusal_id("j", 1, "p", "t/0/1") == "919f633ac00e15d1829ae8c09bbc4aba"
    assert record_id("t", 0, 1) == "t/0/1"


def test_every_part_counts() -> None:
    names = {
        instance_id("j", "p", None, "e", "r"),
        instance_id("k", "p", None, "e", "r"),
        instance_id("j", "q", None, "e", "r"),
        instance_id("j", "p", "", "e", "r"),
        instance_id("j", "p", "a", "e", "r"),
        instance_id("j", "p", None, "f", "r"),
        instance_id("j", "p", None, "e", "s"),
    }
    assert len(names) == 7


def test_parts_do_not_run_into_each_other() -> None:
    assert request_id("a", "bc", 1) != request_id("ab", "c", 1)
    assert step_event_id("i", "s", 11, "x") != step_event_id("i", "s1", 1, "x")


def test_kinds_of_ids_do_not_meet() -> None:
    assert identifiers.request_id("a", "b", 1) != identifiers.refusal_id("a", 1, "b", "1")


def test_any_text_can_be_a_part() -> None:
    assert len(request_id("\ud800", "é", 1)) == 32
