"""Findings in SARIF 2.1.0, the form that code scanning and editors read."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import orjson

from journeys.diagnostics import Code, Diagnostic
from journeys.expressions.errors import Severity
from journeys.faults import fault_page, without_links
from journeys.findings.check import Findings
from journeys.messages import JsonObject

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(findings: Findings) -> str:
    """Write one run, with a rule for each kind of fault that was found."""
    rules = {code: n for n, code in enumerate(findings.codes)}
    run: JsonObject = {
        "tool": {"driver": {"name": "journeys", "rules": [_rule(code) for code in rules]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(findings, rules, d) for d in findings.diagnostics],
    }
    log: JsonObject = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2).decode()


def _rule(code: Code) -> JsonObject:
    page = fault_page(code)
    remedy = without_links(page.remedy)
    example = f"```yaml\n{page.example}```"
    return {
        "id": str(code),
        "name": code.name.title().replace("_", ""),
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.meaning},
        "help": {
            "text": f"{page.meaning}\n\n{remedy}",
            "markdown": f"{page.meaning}\n\n{example}\n\n{remedy}",
        },
    }


def _result(findings: Findings, rules: Mapping[Code, int], diagnostic: Diagnostic) -> JsonObject:
    place = diagnostic.place
    said = f"{diagnostic.message}\n{diagnostic.hint}" if diagnostic.hint else diagnostic.message
    region: JsonObject = {
        "startLine": place.line,
        "startColumn": place.column,
        "endColumn": findings.end_column(place),
    }
    return {
        "ruleId": str(diagnostic.code),
        "ruleIndex": rules[diagnostic.code],
        "level": "error" if diagnostic.severity is Severity.ERROR else "warning",
        "message": {"text": said},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(findings.path(place))},
                    "region": region,
                }
            }
        ],
    }
