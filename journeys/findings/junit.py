"""Findings as a JUnit XML report: a test case per check, in the elements that all readers know."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from journeys.findings.check import Check, Findings, counted

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(findings: Findings) -> str:
    """Write one suite of one test case per check; a case with errors fails, and says them all."""
    failed = sum(1 for check in findings.checks if check.errors)
    counts = {"tests": str(len(findings.checks)), "failures": str(failed), "errors": "0"}
    counts["time"] = _seconds(sum(check.seconds or 0.0 for check in findings.checks))
    root = Xml.Element("testsuites", {"name": findings.title, **counts})
    suite = Xml.SubElement(root, "testsuite", {"name": findings.title, **counts, "skipped": "0"})
    for check in findings.checks:
        _add_case(suite, findings, check)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode")


def _add_case(suite: Xml.Element, findings: Findings, check: Check) -> None:
    attributes = {
        "classname": findings.title,
        "name": _clean(check.name),
        "file": _clean(findings.path(check.place)),
        "line": str(check.place.line),
        "time": _seconds(check.seconds or 0.0),
    }
    case = Xml.SubElement(suite, "testcase", attributes)
    if check.errors:
        first = check.errors[0]
        more = len(check.errors) - 1
        message = f"{first.code}: {first.message}"
        message += f" (and {counted(more, 'more error')})" if more else ""
        failure = Xml.SubElement(
            case, "failure", {"message": _clean(message), "type": str(first.code)}
        )
        failure.text = _clean("\n".join(d.render(findings.files) for d in check.errors))
    if check.warnings:
        said = "\n".join(d.render(findings.files) for d in check.warnings)
        Xml.SubElement(case, "system-out").text = _clean(said)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _clean(text: str) -> str:
    """Replace the characters that no XML may hold."""
    return _NOT_XML.sub("\ufffd", text)
