"""Findings as workflow commands of GitHub Actions, which show them beside the lines of a change."""

from __future__ import annotations

from journeys.diagnostics import Diagnostic
from journeys.expressions.errors import Severity
from journeys.faults import fault_page
from journeys.findings.check import Findings

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def github(findings: Findings) -> str:
    """Write one command per fault."""
    return "\n".join(_command(findings, diagnostic) for diagnostic in findings.diagnostics)


def _command(findings: Findings, diagnostic: Diagnostic) -> str:
    place = diagnostic.place
    name = "error" if diagnostic.severity is Severity.ERROR else "warning"
    properties = {
        "file": findings.path(place),
        "line": place.line,
        "endLine": place.line,
        "col": place.column,
        "endColumn": findings.end_column(place),
        "title": f"{diagnostic.code}: {fault_page(diagnostic.code).title}",
    }
    written = ",".join(f"{key}={str(v).translate(_PROPERTY)}" for key, v in properties.items())
    hint = f"\n{diagnostic.hint}" if diagnostic.hint else ""
    return f"::{name} {written}::{f'{diagnostic.message}{hint}'.translate(_DATA)}"
