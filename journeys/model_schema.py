"""Models of what an author writes, as JSON Schema draft 7: the dialect that every editor reads.

Editors show it as completion, help and faults while a file is written. Files are judged by the
models themselves; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from journeys.clock import format_duration
from journeys.messages import JsonObject

Schema: TypeAlias = dict[str, Any]
Texts: TypeAlias = Callable[[type], Mapping[str, str]]
"""Gives what the fields of a class mean, by their names."""
DIALECT = "http://json-schema.org/draft-07/schema#"
_REFERENCE = "#/definitions/{model}"
_ENVIRONMENT = r"\$\{env:[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}"
"""A reference to the environment, which is replaced before a value is judged."""


def definitions_of(models: Sequence[type[BaseModel]], texts: Texts) -> dict[str, Schema]:
    """Describe models, and all models in them, by their class names.

    Raises:
        LookupError: a field has no docstring, which would be its description.
    """
    generator = _Generator(texts)
    found = generator.generate_definitions(
        [(model, "validation", model.__pydantic_core_schema__) for model in models]
    )[1]
    definitions = {name: _tidied(schema) for name, schema in found.items()}
    # Classes whose form in a file is told by a pattern leave a definition that nothing refers to.
    asked, referred = {model.__name__ for model in models}, repr(definitions)
    return {
        name: schema
        for name, schema in definitions.items()
        if name in asked or repr(_REFERENCE.format(model=name)) in referred
    }


def document_schema(model: type[BaseModel], texts: Texts) -> Schema:
    """Describe a document that is read as one model."""
    return {"$schema": DIALECT, **reference(model), "definitions": definitions_of([model], texts)}


def reference(model: type[BaseModel]) -> JsonObject:
    """Refer to a model among the definitions."""
    return {"$ref": _REFERENCE.format(model=model.__name__)}


class _Generator(GenerateJsonSchema):
    def __init__(self, texts: Texts) -> None:
        super().__init__(by_alias=True, ref_template=_REFERENCE)
        self.texts = texts

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401  # pydantic's own union
        """Titles would only say the names again."""
        del schema
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        """Give every field its meaning."""
        described = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        described["title"] = _title(model.__name__)
        said = self.texts(model)
        for name, field in model.model_fields.items():
            if name not in said:
                message = f"{model.__name__}.{name} has no docstring"
                raise LookupError(message)
            described["properties"][field.alias or name]["description"] = said[name]
        return described

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        """Show a default as an author writes it, and only where it says something."""
        described = super().default_schema(schema)
        default = described.pop("default", None)
        if isinstance(default, int) and described.get("format") == "duration":
            default = format_duration(default)
        if isinstance(default, str | int | float):
            described["default"] = default
        return described

    def nullable_schema(self, schema: core_schema.NullableSchema) -> Schema:
        """Let null stand beside a scalar as one form, which editors explain better than two."""
        inner = self.generate_inner(schema["schema"])
        if "enum" in inner or not isinstance(inner.get("type"), str):
            return {"anyOf": [inner, {"type": "null"}]}
        return {**inner, "type": [inner["type"], "null"]}


def _title(name: str) -> str:
    """Make words of a class name: `EventBranchSpec` is an event branch."""
    return " ".join(re.findall("[A-Z][a-z]+", name.removesuffix("Spec"))).capitalize()


def _tidied(schema: Schema) -> Schema:
    """Say the same in the words of draft 7, and let every value come from the environment."""
    tidy = {word: value for word, value in schema.items() if word not in _LEFT_OUT}
    meaning = tidy.get("description", "")
    if "`" in meaning or ("$ref" in tidy and meaning):  # else that of the form referred to is shown
        tidy["markdownDescription"] = meaning
    if "oneOf" in tidy:  # alternatives shut each other out anyhow; editors complete these better
        tidy["anyOf"] = tidy.pop("oneOf")
    for word in _SUBSCHEMAS:
        if word in tidy:
            tidy[word] = _each_tidied(word, tidy[word])
    for pattern, values in schema.get("patternProperties", {}).items():
        tidy |= {"propertyNames": {"pattern": pattern}, "additionalProperties": _tidied(values)}
    return _or_from_environment(tidy)


_LEFT_OUT = ("format", "patternProperties")
"""A format would refuse a reference to the environment; a pattern says as much."""
_SUBSCHEMAS = ("properties", "items", "additionalProperties", "anyOf")


def _each_tidied(word: str, value: Any) -> Any:  # noqa: ANN401  # its shape depends on the word
    if isinstance(value, list):
        return [_tidied(part) for part in value]
    if word == "properties":
        return {name: _tidied(part) for name, part in value.items()}
    return _tidied(value) if isinstance(value, dict) else value


def _or_from_environment(schema: Schema) -> Schema:
    if "pattern" in schema:
        return {**schema, "pattern": f"{schema['pattern']}|{_ENVIRONMENT}"}
    if "enum" in schema:
        choice = {word: schema.pop(word) for word in ("type", "enum")}
        return {**schema, "anyOf": [choice, {"type": "string", "pattern": _ENVIRONMENT}]}
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "const" not in schema and {"integer", "number", "boolean"} & set(kinds):
        return {**schema, "type": [*kinds, "string"], "pattern": _ENVIRONMENT}
    return schema
