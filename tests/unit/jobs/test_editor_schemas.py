"""The schemas by which editors judge files, held against what the compiler makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from jobs.docstrings import docstrings
from jobs.editor_schemas import DEFINITION, SETTINGS
from journeys.actions import ACTIONS
from journeys.activities import STEP_SPECS
from journeys.diagnostics import Code
from journeys.document import read_documents
from journeys.kinds import KINDS
from journeys.specification import ActionSpec
from tests.harness.judges import (
    ROOT,
    compiler_accepts,
    editor_accepts,
    schema,
    written_definitions,
)

BROKEN = sorted((ROOT / "tests" / "golden" / "diagnostics").iterdir())
OF_FORM = (
    *(Code.UNKNOWN_KIND, Code.FORM, Code.UNKNOWN_FIELD, Code.MISSING_FIELD),
    *(Code.UNKNOWN_STEP_KIND, Code.UNKNOWN_CHANNEL),
)
SEEN_LATER = {
    "email_texts": "that one of three texts must be there is judged with the files at hand",
    "schemas": "that `match.eventType` is a text is judged where events are told apart",
    "webhook_hosts": "how a header may be called is judged by the channel",
}
"""Broken projects whose faults of form are found after the form has been read, and why."""
JOURNEY = {
    "kind": "journey",
    "id": "a",
    "version": 1,
    "entry": {"event": "b"},
    "steps": {"c": {"wait": "PT1H"}},
}
EMAIL = {"kind": "action", "id": "a", "channel": "email", "to": "b", "subject": "c", "text": "d"}


def values_of(text: str, environment: dict[str, str] | None = None) -> list[Any]:
    return [document.value for document in read_documents("a.yaml", text, environment or {})[0]]


@pytest.mark.parametrize("name", [DEFINITION, SETTINGS])
def test_a_schema_is_one(name: str) -> None:
    Draft7Validator.check_schema(schema(name).schema)


def test_every_definition_of_examples_and_plans_is_accepted() -> None:
    definitions = list(written_definitions())
    assert {definition["kind"] for definition in definitions} >= {"action", "event", "journey"}
    for definition in definitions:
        assert editor_accepts(definition), definition


def test_references_to_the_environment_are_accepted_as_they_are_written() -> None:
    as_written = {name: f"${{env:{name}}}" for name in ("A", "B", "C", "D")}
    text = """
kind: action
id: a
channel: webhook
url: https://${env:A}/
timeout: "${env:B}"
attempts: ${env:C}
category: ${env:D}
"""
    (value,) = values_of(text, as_written)
    assert value["attempts"] == "${env:C}"
    assert editor_accepts(value)


@pytest.mark.parametrize("project", BROKEN, ids=lambda folder: folder.name)
def test_an_editor_finds_the_faults_of_form_that_the_compiler_finds(project: Path) -> None:
    told = (project / "expected.txt").read_text(encoding="utf-8")
    values = [
        value
        for file in sorted(project.rglob("*.yaml"))
        for value in values_of(file.read_text(encoding="utf-8"))
    ]
    for value in values:
        assert editor_accepts(value) == compiler_accepts(value), value
    if any(code in told for code in OF_FORM):
        assert all(map(editor_accepts, values)) == (project.name in SEEN_LATER)


@pytest.mark.parametrize(
    ("item", "fits"),
    [
        ({"entered": "welcome"}, True),
        ({"entered": True}, True),
        ({"exited": "no_match"}, True),
        ({"exited": "tired"}, False),
        ({"at": "pause"}, True),
        ({"at": {"step": "pause", "at": "+PT10M"}}, True),
        ({"at": {"step": "pause", "at": "PT10M"}}, False),
        ({"at": True}, False),
        ({"profile": {"loyalty.tier": None}}, True),
        ({"emitted": "cart.saved"}, True),
        ({"emitted": None}, False),
        ({"completed": True, "no_action": "mail"}, False),
        ({"complete": True}, False),
    ],
)
def test_an_expectation_may_be_written_in_short(item: Any, *, fits: bool) -> None:
    scenario = {"kind": "scenario", "id": "a", "journey": "b", "do": [], "expect": [item]}
    assert (compiler_accepts(scenario), editor_accepts(scenario)) == (fits, fits)


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("timeout", "P99999D", "no pattern counts ten years"),
        ("steps.c", {"condition": [{"hours": "09:00-09:00"}]}, "two times cannot be compared"),
        ("steps.c", {"condition": [{"dates": "2026-02-30/.."}]}, "no pattern knows the calendar"),
    ],
)
def test_what_only_the_compiler_refuses(path: str, value: Any, why: str) -> None:
    changed = changed_at(JOURNEY, path.split("."), value)
    assert editor_accepts(changed), why
    assert not compiler_accepts(changed), why


@pytest.mark.parametrize(
    ("definition", "path", "value", "why"),
    [
        (EMAIL, "attempts", "3", "a number from the environment is a text where it is quoted"),
        (JOURNEY, "entry.reentry", {"allowed": "no"}, "so is a truth value"),
        (JOURNEY, "start", "20260301T080000Z", "one way to write an instant is shown, others work"),
    ],
)
def test_what_only_an_editor_refuses(definition: Any, path: str, value: Any, why: str) -> None:
    changed = changed_at(definition, path.split("."), value)
    assert compiler_accepts(changed), why
    assert not editor_accepts(changed), why


def changed_at(definition: Any, path: list[str], value: Any) -> Any:
    first, *rest = path
    inner = value if not rest else changed_at(definition.get(first, {}), rest, value)
    return {**definition, first: inner}


def test_settings_are_judged_too() -> None:
    file = ROOT / "examples" / "welcome" / "journeys.yaml"
    (good,) = values_of(file.read_text(encoding="utf-8"))
    assert schema(SETTINGS).is_valid(good)
    for path, value in (("nme", "x"), ("job.parallelism", 0), ("job.checkpoint_interval", "1s")):
        assert not schema(SETTINGS).is_valid(changed_at(good, path.split("."), value)), path


def test_every_field_of_every_form_says_what_it_means() -> None:
    for name in (DEFINITION, SETTINGS):
        for form, described in schema(name).schema["definitions"].items():
            for field, value in described.get("properties", {}).items():
                assert value["description"].endswith((".", "…")), f"{form}.{field}"


def test_every_kind_channel_and_step_has_an_example_that_is_accepted() -> None:
    for form in (*KINDS.values(), *ACTIONS.values()):
        if form is not ActionSpec:
            for example in examples_of(form):
                assert compiler_accepts(example), example
                assert editor_accepts(example), example
    for step in STEP_SPECS.values():
        for example in examples_of(step):
            journey = {**JOURNEY, "steps": {"c": example}}
            assert compiler_accepts(journey), example
            assert editor_accepts(journey), example


def examples_of(form: type) -> Iterator[Any]:
    examples = schema(DEFINITION).schema["definitions"][form.__name__].get("examples")
    assert examples, f"{form.__name__} has no example: see `shown` in journeys/specification.py"
    yield from examples


def test_defaults_are_shown_as_an_author_writes_them() -> None:
    definitions = schema(DEFINITION).schema["definitions"]
    assert definitions["EmailAction"]["properties"]["timeout"]["default"] == "PT30S"
    assert definitions["JourneySpec"]["properties"]["timeout"]["default"] == "P91D"
    assert "default" not in definitions["JourneySpec"]["properties"]["label"]


def test_docstrings_of_a_field_come_from_the_class_that_says_them_last() -> None:
    said = docstrings(STEP_SPECS["cap"])
    assert said["on"] == "Where to go when all places are taken."
    assert said["next"] == "The step after this one; by default the next one written."
