"""Every fault by which the project is judged here names its tests, and they exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRIED = [
    "N1",
    "N2",
    "N3",
    "N4",
    "N5",
    "N6",
    "N7",
    "N8",
    "N9",
    *(f"S{n}" for n in range(1, 8)),
    "I5",
    "I7",
    "P1",
]
ROW = re.compile(r"^\| ([A-Z]\d+) \|(.*)\|$", re.MULTILINE)
NAME = re.compile(r"`(test_\w+)`")
TESTS = {
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
}


def rows() -> dict[str, list[str]]:
    page = (ROOT / "docs/guarantees.md").read_text("utf-8")
    return {found[1]: NAME.findall(found[2]) for found in ROW.finditer(page)}


@pytest.mark.parametrize("fault", TRIED)
def test_a_fault_names_tests_that_exist(fault: str) -> None:
    named = rows().get(fault, [])
    assert named
    assert set(named) <= TESTS


def test_a_fault_that_a_test_names_has_a_row() -> None:
    for name in TESTS:
        for fault in re.findall(r"(?:^test|_)_?([nsip]\d)(?=_)", name):
            assert fault.upper() in rows(), name
