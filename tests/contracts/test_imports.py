"""Who may import whom: the contracts of `.importlinter`."""

from __future__ import annotations

from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]


def test_imports_go_downwards(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    code = lint_imports(config_filename=str(ROOT / ".importlinter"), cache_dir=None)
    assert code == 0, capsys.readouterr().out


@pytest.mark.parametrize("package", ["journeys", "operators", "connectors", "jobs"])
def test_each_package_has_one_owner(package: str) -> None:
    assert set(packages_distributions()[package]) == {"journeys"}
