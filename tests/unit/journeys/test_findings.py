"""Findings in every form, held against what their readers ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from pydantic import ValidationError
from sarif_pydantic import Sarif

from journeys.diagnostics import Code, Diagnostic, Place
from journeys.expressions.errors import Severity
from journeys.findings import FORMATS, Check, Findings

TESTS = Path(__file__).parents[2]
FLOW = "kind: journey\nsteps:\n  gréet: { action: welcome_mail }\n"
ODD = "flows/50%, a: b é.yaml"
MISSING = Diagnostic(
    Place(ODD, 3, 20, 12), Code.UNKNOWN_ACTION, "the action 'x' is not defined", "add it: 100%\nnow"
)
UNREACHABLE = Diagnostic(
    Place(ODD, 3, 3, 500), Code.UNREACHABLE, "no way leads here", None, Severity.WARNING
)
CONTROL = Diagnostic(Place("b.yaml", 1, 2), Code.YAML, "\x00 and \ud83d stand here")
FOUND = Findings(
    "journeys validate",
    (
        Check("a.yaml", Place("a.yaml"), seconds=0.25),
        Check("b.yaml", Place("b.yaml"), (CONTROL,)),
        Check(ODD, Place(ODD), (MISSING, UNREACHABLE)),
    ),
    {"a.yaml": "kind: event\n", "b.yaml": "x\x00y\n", ODD: FLOW},
    "projects/tea shop",
)
NOTHING = Findings("journeys validate", (Check("a.yaml", Place("a.yaml")),), {"a.yaml": ""})
READABLE = Findings(FOUND.title, (FOUND.checks[0], FOUND.checks[2]), FOUND.files, FOUND.root)
"""Without characters that no file of text can hold."""


@pytest.mark.parametrize("form", FORMATS)
def test_findings_are_written_as_ever(form: str, golden: Callable[[Path, str], None]) -> None:
    ending = {"text": "txt", "github": "txt", "junit": "xml"}.get(form, "json")
    golden(TESTS / "golden" / "findings" / f"{form}.{ending}", FORMATS[form](READABLE) + "\n")


def test_they_are_counted_in_words() -> None:
    assert FOUND.summary == "2 errors, 1 warning"
    assert NOTHING.summary == "0 errors, 0 warnings"


def sarif(findings: Findings) -> Any:
    return json.loads(FORMATS["sarif"](findings))


@pytest.mark.parametrize("findings", [READABLE, NOTHING])
def test_sarif_has_its_published_structure(findings: Findings) -> None:
    log = sarif(findings)
    read = Sarif.model_validate(log)
    assert len(read.runs[0].results or []) == len(log["runs"][0]["results"])


def test_the_published_structure_refuses_what_is_no_sarif() -> None:
    log = sarif(READABLE)
    log["runs"][0]["results"][0]["level"] = "bad"
    with pytest.raises(ValidationError, match="level"):
        Sarif.model_validate(log)


def test_sarif_gives_each_result_its_rule_and_its_place() -> None:
    (run,) = sarif(READABLE)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["JRN303", "JRN401"]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == ["JRN303", "JRN401"]
    assert [r["level"] for r in run["results"]] == ["error", "warning"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == (
        "projects/tea%20shop/flows/50%25%2C%20a%3A%20b%20%C3%A9.yaml"
    )
    assert place["region"] == {"startLine": 3, "startColumn": 20, "endColumn": 32}


def test_a_place_never_ends_behind_its_line() -> None:
    assert FOUND.end_column(UNREACHABLE.place) == len("  gréet: { action: welcome_mail }") + 1
    assert FOUND.end_column(Place("gone.yaml", 9, 4, 7)) == 5


def test_github_commands_escape_what_would_end_them() -> None:
    lines = FORMATS["github"](READABLE).splitlines()
    assert len(lines) == 2
    assert lines[0] == (
        "::error file=projects/tea shop/flows/50%25%2C a%3A b é.yaml,line=3,endLine=3,col=20,"
        "endColumn=32,title=JRN303%3A An action is not defined"
        "::the action 'x' is not defined%0Aadd it: 100%25%0Anow"
    )
    assert lines[1].startswith("::warning ")
    assert FORMATS["github"](NOTHING) == ""


def test_junit_fails_the_cases_with_errors_and_only_those() -> None:
    root = Xml.fromstring(FORMATS["junit"](FOUND))
    assert root.attrib["tests"] == "3"
    assert root.attrib["failures"] == "2"
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    assert [case.find("failure") is not None for case in cases.values()] == [False, True, True]
    assert cases["a.yaml"].attrib["time"] == "0.250"
    said = cases[ODD].find("system-out")
    assert said is not None
    assert "warning[JRN401]" in str(said.text)


def test_junit_is_xml_whatever_stands_in_a_file() -> None:
    failure = Xml.fromstring(FORMATS["junit"](FOUND)).find(".//failure")
    assert failure is not None
    assert failure.attrib["message"] == "JRN101: \ufffd and \ufffd stand here"


def test_junit_tells_how_many_errors_stand_behind_the_first() -> None:
    both = Findings("t", (Check("c", Place(ODD), (MISSING, MISSING, MISSING)),), FOUND.files)
    failure = Xml.fromstring(FORMATS["junit"](both)).find(".//failure")
    assert failure is not None
    assert failure.attrib["message"].endswith("is not defined (and 2 more errors)")
