"""A crowd moves to a new version and back while a worker is killed: a short run of the bench."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_everybody_moves_and_comes_back_and_the_empty_version_goes() -> None:
    command = [sys.executable, "-m", "bench.moving", "--people", "3000", "--kill"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all 3,000 counted at each step, once" in done.stdout
    assert "let go of it" in done.stdout
