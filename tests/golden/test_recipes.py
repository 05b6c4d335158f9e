"""What each recipe answers of a small world that the real engine walked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.analysis.recipes import recipes
from jobs.cli.questions import aligned
from tests.harness.analysed import GIVEN, asked

GOLDEN = Path(__file__).parent / "recipes"
Golden = Callable[[Path, str], None]


@pytest.mark.parametrize("name", recipes())
def test_a_recipe_answers(name: str, golden: Golden) -> None:
    rows = asked(name, **{need: GIVEN[need] for need in recipes()[name].needs})
    assert rows, "an example that shows nothing proves nothing"
    lines = aligned(list(rows[0]), [list(row.values()) for row in rows])
    golden(GOLDEN / f"{name}.txt", "\n".join(lines) + "\n")


def test_no_answer_is_of_no_recipe() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == {*recipes()}
