"""What all tests share: an environment without a person's own words, and golden files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.harness.servers"]

_OF_A_TERMINAL = {"COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "PYTHONUNBUFFERED"}
_OF_A_PROJECT = ("JOURNEYS_SECRET_", "WELCOME_")
for name in list(os.environ):
    if name in _OF_A_TERMINAL or name.startswith(_OF_A_PROJECT):
        del os.environ[name]

settings.register_profile(
    "default", derandomize=True, deadline=None, max_examples=50, database=None
)
settings.register_profile(
    "long", derandomize=False, deadline=None, max_examples=2_500, database=None
)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regen", action="store_true", help="rewrite the golden files")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a committed file; `pytest --regen` writes the file instead."""
    regen = request.config.getoption("--regen")

    def compare(file: Path, text: str) -> None:
        if regen:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"{file.name} is missing: `pytest --regen` writes it"
        assert text == file.read_text(encoding="utf-8")

    return compare
