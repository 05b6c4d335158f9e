"""Committed outputs of `journeys plan` for a second version of the welcome example."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jobs.cli.app import app

GOLDEN = Path(__file__).parent
WELCOME = GOLDEN.parents[1] / "examples" / "welcome"
EDITS = {
    "welcome.yaml": [
        ("PT10M", "PT1H"),
        ("to: offer }", "to: night }"),
        ("  offer:", "  night: { wait: PT12H }\n  offer:"),
    ],
    "actions.yaml": [("a tea chosen for you", "we chose a tea for you")],
}
RAISED = {"welcome.yaml": [("version: 1", "version: 2")]}
Edits = dict[str, list[tuple[str, str]]]


def edit(folder: Path, edits: Edits) -> None:
    for name, pairs in edits.items():
        file = folder / name
        text = file.read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")


@pytest.fixture
def tea(tmp_path: Path) -> Path:
    """A copy of the example with changes, beside a file with what is published."""
    published = CliRunner().invoke(app, ["compile", str(WELCOME)])
    (tmp_path / "published.jsonl").write_text(published.stdout, encoding="utf-8")
    folder = tmp_path / "tea"
    shutil.copytree(WELCOME, folder, ignore=shutil.ignore_patterns(".journeys"))
    edit(folder, EDITS)
    return folder


def plan(folder: Path, *options: str) -> Result:
    against = folder.parent / "published.jsonl"
    return CliRunner().invoke(app, ["plan", str(folder), "--against", str(against), *options])


@pytest.mark.parametrize(("form", "file"), [("text", "welcome.txt"), ("json", "welcome.json")])
def test_what_a_second_version_of_the_welcome_example_changes(
    tea: Path, form: str, file: str, golden: Callable[[Path, str], None]
) -> None:
    edit(tea, RAISED)
    done = plan(tea, "--format", form)
    assert done.exit_code == 0
    golden(GOLDEN / "differences" / file, done.stdout)


def test_changes_without_a_new_version_are_a_finding(
    tea: Path, golden: Callable[[Path, str], None]
) -> None:
    done = plan(tea)
    assert done.exit_code == 1
    golden(GOLDEN / "differences" / "conflict.txt", done.stdout)
