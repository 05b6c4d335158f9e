"""The committed text of the welcome example's picture; its SVG is held with the pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jobs.folder import read_folder
from journeys.graph import mermaid

GOLDEN = Path(__file__).parent
WELCOME = GOLDEN.parents[1] / "examples" / "welcome"


def test_the_picture_of_the_welcome_example(golden: Callable[[Path, str], None]) -> None:
    plan = read_folder(WELCOME).compilation.plans["welcome"]
    golden(GOLDEN / "graphs" / "welcome.mmd", mermaid(plan) + "\n")
