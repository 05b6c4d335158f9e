"""What all tests share: their own folder on the path, and golden files that `--regen` rewrites."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1]))

settings.register_profile(
    "default", derandomize=True, deadline=None, max_examples=50, database=None
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
