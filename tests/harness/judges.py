"""The two who judge what an author writes: the compiler, and an editor by its schema."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft7Validator

from jobs.editor_schemas import schema_texts
from journeys.compiler.forms import read_definitions, read_step
from journeys.compiler.scenario import _read_item
from journeys.document import Document, read_documents
from journeys.kinds.scenario import DO, EXPECT
from journeys.project import SETTINGS, Project
from tests.harness.plans import COMMON, RICH, SIMPLE

ROOT = Path(__file__).parents[2]


def compiler_accepts(value: Any) -> bool:
    """Say whether the compiler takes the form of a definition, and of all steps and items in it."""
    project = Project({}, [Document("definition.yaml", deepcopy(value))])
    definitions = read_definitions(project)
    for journey in definitions.found["journey"]:
        for step in journey.spec.steps:
            read_step(project, journey.document, step)
    for scenario in definitions.found["scenario"]:
        for name, forms in (("do", DO), ("expect", EXPECT)):
            for n in range(len(getattr(scenario.spec, name))):
                _read_item(project, scenario.document, n, name, forms)
    return not project.diagnostics


@cache
def schema(name: str) -> Draft7Validator:
    """Give the judge by one of the schemas for editors."""
    return Draft7Validator(orjson.loads(schema_texts()[name]))


def editor_accepts(value: Any) -> bool:
    """Say whether an editor finds nothing wrong with a definition."""
    accepted: bool = schema("definition.schema.json").is_valid(value)
    return accepted


def written_definitions() -> Iterator[Any]:
    """Give every definition of the examples and of the tests' plans."""
    files = sorted((ROOT / "examples").rglob("*.yaml"))
    texts = [file.read_text(encoding="utf-8") for file in files if file.name != SETTINGS]
    for text in (*texts, COMMON.strip().removesuffix("---"), RICH, SIMPLE):
        documents, faults = read_documents("definitions.yaml", text, {})
        assert not faults
        yield from (document.value for document in documents)
