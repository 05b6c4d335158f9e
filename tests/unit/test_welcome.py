"""The example: what is made by its scripts is what lies there."""

from __future__ import annotations

import runpy
from pathlib import Path

WELCOME = Path(__file__).parents[2] / "examples" / "welcome"


def test_the_model_is_what_its_script_makes() -> None:
    train = runpy.run_path(str(WELCOME / "train.py"))
    made = train["written"](*train["learnt"](train["visitors"]()))
    assert made == (WELCOME / "models" / "taste.onnx").read_bytes()
    assert len(made) < 2_000
