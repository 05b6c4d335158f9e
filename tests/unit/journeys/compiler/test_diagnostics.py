"""Every fault an author can make, as it is told: whole texts beside the projects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journeys.compiler import Compilation, compile_project
from journeys.diagnostics import Code
from journeys.project import read_project

GOLDEN = Path(__file__).parents[3] / "golden" / "diagnostics"
PROJECTS = sorted(folder.name for folder in GOLDEN.iterdir())
EXPECTED = "expected.txt"
FOUND_BY_RUNNING = {Code.EXPECTATION, Code.UNCOVERED}
"""Faults that no compiler can see: `tests/unit/journeys/rehearsal` shows them."""


def files_of(name: str) -> dict[str, str]:
    folder = GOLDEN / name
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != EXPECTED and file.suffix != ".onnx"
    }


def binaries_of(name: str) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (GOLDEN / name).glob("*.onnx")}


def compiled(files: dict[str, str], binaries: dict[str, bytes]) -> Compilation:
    project = read_project(files, {}, binaries)
    settings: Any = (project.settings.value if project.settings else None) or {}
    channels = settings.get("channels", {}).items()
    addresses = {name: said["address"] for name, said in channels}
    return compile_project(project, settings.get("profile", {}).get("schema"), addresses)


@pytest.mark.parametrize("name", PROJECTS)
def test_faults_are_told_as_expected(name: str, golden: Callable[[Path, str], None]) -> None:
    files = files_of(name)
    found = compiled(files, binaries_of(name)).diagnostics
    golden(GOLDEN / name / EXPECTED, "".join(d.render(files) + "\n\n" for d in found))


@pytest.mark.parametrize("name", PROJECTS)
def test_each_fault_is_told_once_and_without_a_scolding(name: str) -> None:
    found = compiled(files_of(name), binaries_of(name)).diagnostics
    assert len({(d.place, d.message) for d in found}) == len(found)
    for fault in found:
        words = f"{fault.message} {fault.hint}".lower()
        assert "invalid" not in words
        assert "please" not in words
        assert "input should" not in words


def test_every_code_has_a_project_that_shows_it() -> None:
    shown = set()
    for name in PROJECTS:
        shown |= {d.code for d in compiled(files_of(name), binaries_of(name)).diagnostics}
    assert set(Code) - shown == FOUND_BY_RUNNING
