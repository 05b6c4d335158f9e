"""The schemas that authors begin with: read whole as types, and held against sample records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest

import journeys
from journeys.compiler import compile_project
from journeys.diagnostics import Code
from journeys.expressions.types import Kind, Type
from journeys.project import read_project
from journeys.schema import event_type_of, type_of, validator

FOLDER = Path(journeys.__file__).parent / "library" / "schemas"
EVENT, PROFILE = (
    json.loads((FOLDER / name).read_text(encoding="utf-8"))
    for name in ("experience-event.json", "profile.json")
)


def types_in(found: Type, path: str = "") -> Iterator[tuple[str, Type]]:
    yield path, found
    for name, field in found.fields.items():
        yield from types_in(field, f"{path}.{name}")
    for inner in (found.item, found.rest):
        if inner is not None:
            yield from types_in(inner, f"{path}[]")


@pytest.mark.parametrize("schema", [EVENT, PROFILE])
def test_every_field_of_the_base_schemas_has_a_type(schema: Any) -> None:
    unknown = [path for path, found in types_in(type_of(schema)) if found.kind is Kind.ANY]
    assert unknown == []


@pytest.mark.parametrize(
    ("schema", "path", "expected"),
    [
        (EVENT, "timestamp", "dateTime"),
        (EVENT, "identityMap.ecid", "listObject"),
        (EVENT, "commerce.order.priceTotal", "decimal"),
        (EVENT, "commerce.purchases.value", "decimal"),
        (EVENT, "productListItems", "listObject"),
        (EVENT, "web.webPageDetails.isErrorPage", "boolean"),
        (PROFILE, "person.birthDate", "dateOnly"),
        (PROFILE, "personalEmail.address", "string"),
        (PROFILE, "consents.marketing.email.val", "string"),
        (PROFILE, "segmentMembership.ups.loyal.lastQualificationTime", "dateTime"),
    ],
)
def test_fields_are_found_by_their_xdm_names(schema: Any, path: str, expected: str) -> None:
    found: Any = event_type_of(schema) if schema is EVENT else type_of(schema)
    for name in path.split("."):
        found = found.fields.get(name) or found.rest
    assert str(found) == expected


@pytest.mark.parametrize("schema", [EVENT, PROFILE])
def test_the_sample_records_fit(schema: Any) -> None:
    judge = validator(schema)
    for example in schema["examples"]:
        judge(example)


@pytest.mark.parametrize(
    ("schema", "path", "value"),
    [
        (EVENT, "timestamp", "yesterday"),
        (EVENT, "eventType", 7),
        (EVENT, "identityMap.ecid", "8f3a"),
        (EVENT, "commerce.order.currencyCode", "euro"),
        (EVENT, "productListItems", {"SKU": "tea-01"}),
        (PROFILE, "person.birthDate", "17.5.1990"),
        (PROFILE, "consents.marketing.email.val", "yes"),
        (PROFILE, "segmentMembership.ups.loyal.status", "inside"),
    ],
)
def test_a_record_that_contradicts_them_does_not_fit(schema: Any, path: str, value: Any) -> None:
    record = deepcopy(schema["examples"][0])
    *parents, last = path.split(".")
    holder = record
    for name in parents:
        holder = holder[name]
    holder[last] = value
    with pytest.raises(fastjsonschema.JsonSchemaException):
        validator(schema)(record)


@pytest.mark.parametrize("schema", [EVENT, PROFILE])
def test_every_definition_is_used_and_every_part_is_described(schema: Any) -> None:
    text = json.dumps(schema)
    for name, part in schema["$defs"].items():
        assert f'"#/$defs/{name}"' in text, name
        assert part.get("description"), name
        for field, value in part.get("properties", {}).items():
            assert "$ref" in value or value.get("description"), f"{name}.{field}"


@pytest.mark.parametrize(("namespace", "faults"), [("ecid", []), ("crm", [Code.OTHER_NAMESPACE])])
def test_a_project_begins_with_the_base_schemas_without_a_fault(
    namespace: str, faults: list[Code]
) -> None:
    journey = f"""
kind: event
id: purchase
schema: event.json
match: {{ eventType: commerce.purchases }}
---
kind: journey
id: thanks
version: 1
namespace: {namespace}
entry: {{ event: purchase, when: "@event{{purchase.commerce.order.priceTotal}} > 3" }}
steps:
  pause: {{ wait: PT1H }}
"""
    files = {"event.json": json.dumps(EVENT), "profile.json": json.dumps(PROFILE)}
    project = read_project({**files, "journey.yaml": journey}, {})
    compile_project(project, "profile.json")
    assert [fault.code for fault in project.diagnostics] == faults
