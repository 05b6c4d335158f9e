"""The welcome example, with one more file beside it: what is compiled and run for pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeys.compiler import compile_project
from journeys.diagnostics import Diagnostic
from journeys.project import Project, read_project

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = "example.yaml"
BINARIES = {
    file.relative_to(ROOT / "examples" / "welcome").as_posix(): file.read_bytes()
    for file in (ROOT / "examples" / "welcome").rglob("*.onnx")
}
"""The files of the welcome example that are no text."""


def example_files(text: str, *, alone: bool = False) -> dict[str, str]:
    """Put an example beside the definitions of the welcome journey, unless it stands alone."""
    welcome = ROOT / "examples" / "welcome"
    names = [] if alone else [p for p in sorted(welcome.rglob("*")) if p.is_file()]
    files = {
        path.relative_to(welcome).as_posix(): path.read_text(encoding="utf-8")
        for path in names
        if path.suffix in (".yaml", ".json", ".html", ".txt") and path.name != "journeys.yaml"
    }
    return files | {EXAMPLE: text}


def faults_of(files: Mapping[str, str]) -> list[Diagnostic]:
    """Give all faults of a project."""
    project: Project = read_project(files, {}, BINARIES)
    schema = "schemas/profile.json"
    return list(compile_project(project, schema if schema in files else None).diagnostics)
