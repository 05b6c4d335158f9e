"""The welcome example, with one more file beside it: what is compiled and run for pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeys.compiler import compile_project
from journeys.diagnostics import Diagnostic
from journeys.project import Project, read_project

WELCOME = Path(__file__).resolve().parents[1] / "examples" / "welcome"
EXAMPLE = "example.yaml"
BINARIES = {
    file.relative_to(WELCOME).as_posix(): file.read_bytes() for file in WELCOME.rglob("*.onnx")
}
"""The files of the welcome example that are no text."""


def example_files(text: str, *, alone: bool = False) -> dict[str, str]:
    """Put an example beside the definitions of the welcome journey, unless it stands alone."""
    names = [] if alone else [p for p in sorted(WELCOME.rglob("*")) if p.is_file()]
    files = {
        path.relative_to(WELCOME).as_posix(): path.read_text(encoding="utf-8")
        for path in names
        if path.suffix in (".yaml", ".json", ".html", ".txt") and path.name != "journeys.yaml"
    }
    return files | {EXAMPLE: text}


def faults_of(files: Mapping[str, str]) -> list[Diagnostic]:
    """Give all faults of a project."""
    project: Project = read_project(files, {}, BINARIES)
    schema = "schemas/profile.json"
    return list(compile_project(project, schema if schema in files else None).diagnostics)
