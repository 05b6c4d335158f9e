"""Every form in which findings are written. Adding one is a function here or in a file beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from journeys.findings.check import Findings
from journeys.findings.github import github
from journeys.findings.junit import junit
from journeys.findings.sarif import sarif


def text(findings: Findings) -> str:
    """Write each fault for a person: the source line, a caret, and what to do."""
    return "\n".join(diagnostic.render(findings.files) for diagnostic in findings.diagnostics)


def json(findings: Findings) -> str:
    """Write a list of objects, one per fault."""
    rows = [
        {
            "file": d.place.file,
            "line": d.place.line,
            "column": d.place.column,
            "severity": d.severity,
            "code": d.code,
            "message": d.message,
            "hint": d.hint,
        }
        for d in findings.diagnostics
    ]
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode()


FORMATS: Mapping[str, Callable[[Findings], str]] = {
    "text": text,
    "json": json,
    "junit": junit,
    "sarif": sarif,
    "github": github,
}
