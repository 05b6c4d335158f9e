"""Committed pictures of the welcome example."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.folder import read_folder
from journeys.graph import mermaid, svg
from journeys.plan import Plan

GOLDEN = Path(__file__).parent
WELCOME = GOLDEN.parents[1] / "examples" / "welcome"


@pytest.mark.parametrize(("form", "draw"), [("mmd", mermaid), ("svg", svg)])
def test_the_picture_of_the_welcome_example(
    form: str, draw: Callable[[Plan], str], golden: Callable[[Path, str], None]
) -> None:
    plan = read_folder(WELCOME).compilation.plans["welcome"]
    golden(GOLDEN / "graphs" / f"welcome.{form}", draw(plan) + "\n")
