"""The JSON Schema of definition files: each kind, each channel and each step has its own form."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from journeys.actions import ACTIONS
from journeys.activities import STEP_SPECS
from journeys.kinds import KINDS, JourneySpec
from journeys.kinds.scenario import DO, EXPECT, Expectation, ProfileIs, ScenarioSpec
from journeys.model_schema import DIALECT, Schema, Texts, definitions_of, reference
from journeys.specification import ActionSpec


def definition_schema(texts: Texts) -> Schema:
    """Describe one document of a definition file, whatever its kind.

    Args:
        texts: gives the docstrings under the fields of a class.
    """
    items = [*DO.values(), *EXPECT.values()]
    models = [*KINDS.values(), *ACTIONS.values(), *STEP_SPECS.values(), *items]
    definitions = definitions_of(models, texts)
    _describe_steps(definitions)
    _describe_items(definitions)
    action = definitions[ActionSpec.__name__]
    fields = action.pop("properties")
    action |= _chosen_by("channel", fields, ACTIONS, definitions)
    del action["additionalProperties"]
    by_kind = _chosen_by("kind", fields, KINDS, definitions)
    return {"$schema": DIALECT, "title": "Definition", **by_kind, "definitions": definitions}


def _describe_steps(definitions: Mapping[str, Schema]) -> None:
    """Say of the steps of a journey what its own model leaves open."""
    for kind, step in STEP_SPECS.items():
        # The key tells the kind, so it must be there even where its value has a default.
        needed = definitions[step.__name__].get("required", [])
        definitions[step.__name__]["required"] = list(dict.fromkeys([kind, *needed]))
    steps = definitions[JourneySpec.__name__]["properties"]["steps"]
    steps["additionalProperties"] = {"anyOf": [reference(step) for step in STEP_SPECS.values()]}


def _describe_items(definitions: Mapping[str, Schema]) -> None:
    """Say of the items of a scenario what its own model leaves open."""
    lists = definitions[ScenarioSpec.__name__]["properties"]
    lists["do"]["items"] = {"anyOf": [reference(item) for item in DO.values()]}
    lists["expect"]["items"] = {
        "type": "object",
        "properties": {
            key: _expected(form, definitions[form.__name__]) for key, form in EXPECT.items()
        },
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _expected(form: type[Expectation], described: Schema) -> Schema:
    """Let an expectation be written in short too: by its main field alone, or as `true`."""
    meaning = {word: described[word] for word in _MEANING if word in described}
    if form is ProfileIs:
        return {**described["properties"]["values"], **meaning}
    main = form.model_fields[form.bare].alias or form.bare
    needed = set(described.get("required", ()))
    short = [{**described["properties"][main], "type": "string"}] if needed <= {main} else []
    bare: list[Schema] = [] if needed else [{"const": True}]
    return {"anyOf": [reference(form), *short, *bare], **meaning}


_MEANING = ("description", "markdownDescription")


def _chosen_by(
    name: str,
    fields: Mapping[str, Schema],
    forms: Mapping[str, type[BaseModel]],
    definitions: Mapping[str, Schema],
) -> Schema:
    """Let the value of a field choose the form of the whole.

    Only the form that is chosen speaks: of alternatives all would be offered, and all complain.
    """
    meanings = [definitions[form.__name__]["description"] for form in forms.values()]
    choice = {"enum": list(forms), "markdownEnumDescriptions": meanings}
    return {
        "type": "object",
        "required": [name],
        "properties": {name: {"description": fields[name]["description"], **choice}},
        "allOf": [
            {
                "if": {"required": [name], "properties": {name: {"const": value}}},
                "then": reference(form),
            }
            for value, form in forms.items()
        ],
    }
