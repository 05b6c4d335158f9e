"""What was looked at, and what was found there."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from journeys.diagnostics import Code, Diagnostic, Place
from journeys.expressions.errors import Severity


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: a file of definitions, or a scenario that was walked."""

    name: str
    place: Place
    found: tuple[Diagnostic, ...] = ()
    seconds: float | None = None
    """How long it took, where that was measured."""

    @property
    def errors(self) -> list[Diagnostic]:
        """What makes it fail."""
        return [d for d in self.found if d.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Diagnostic]:
        """What does not."""
        return [d for d in self.found if d.severity is not Severity.ERROR]


@dataclass(frozen=True)
class Findings:
    """All that one run looked at."""

    title: str
    """What was run, such as `journeys validate`."""
    checks: tuple[Check, ...]
    files: Mapping[str, str]
    """The project's texts, by their path from its folder."""
    root: str = ""
    """The project's folder as seen from where its reader stands, such as `examples/welcome`."""

    @cached_property
    def diagnostics(self) -> list[Diagnostic]:
        """Everything found, in the order of the checks."""
        return [diagnostic for check in self.checks for diagnostic in check.found]

    @property
    def codes(self) -> list[Code]:
        """The kinds of fault that were found, each once, in their order."""
        return sorted({diagnostic.code for diagnostic in self.diagnostics})

    @property
    def summary(self) -> str:
        """Count what was found: `1 error, 2 warnings`."""
        errors = sum(len(check.errors) for check in self.checks)
        return f"{counted(errors, 'error')}, {counted(len(self.diagnostics) - errors, 'warning')}"

    def path(self, place: Place) -> str:
        """Give the path of a place's file as its reader names it."""
        return posixpath.normpath(posixpath.join(self.root, place.file))

    def end_column(self, place: Place) -> int:
        """Give the column behind the last character of a place, which stays in its line."""
        lines = self.files.get(place.file, "").splitlines()
        line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
        room = max(1, len(line) - place.column + 1)
        return place.column + max(1, min(place.length, room))


def counted(count: int, what: str) -> str:
    """Write a number of things: `1 error`, `2 errors`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
