"""Every fault by which the project is judged names its tests, or why there are none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.survival.faults import LONG, Fault

ROOT = Path(__file__).parents[2]
PAGES = ("docs/guarantees.md", "docs/faults.md")
COUNTS = {"C": 15, "U": 8, "N": 9, "S": 7, "I": 12, "L": 6, "P": 1}
"""How many faults of each kind there are; of the last one, how many have a row."""
TRIED = [f"{kind}{n}" for kind, count in COUNTS.items() for n in range(1, count + 1)]
NOT_SHOWN = "not shown here, because "
ROW = re.compile(r"^\| ([A-Z]\d+) \|(.*)\|$", re.MULTILINE)
NAME = re.compile(r"`(test_\w+)`")
TESTS = {
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
}


def rows() -> dict[str, str]:
    pages = "".join((ROOT / page).read_text("utf-8") for page in PAGES)
    return {found[1]: found[2] for found in ROW.finditer(pages)}


@pytest.mark.parametrize("fault", TRIED)
def test_a_fault_names_tests_that_exist_or_says_why_there_are_none(fault: str) -> None:
    row = rows()[fault]
    named = NAME.findall(row)
    assert named or NOT_SHOWN in row
    assert set(named) <= TESTS


def test_a_fault_that_a_test_names_has_a_row() -> None:
    for name in TESTS:
        for fault in re.findall(r"(?:^test|_)_?([nsip]\d)(?=_)", name):
            assert fault.upper() in rows(), name


@pytest.mark.parametrize("fault", LONG, ids=lambda fault: fault.what)
def test_a_fault_that_the_rig_does_is_shown_by_it(fault: Fault) -> None:
    for name in fault.ids.split():
        assert "test_nobody_is_lost_and_nothing_is_told_twice" in rows()[name]
