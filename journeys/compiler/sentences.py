"""What pydantic finds wrong with the form of a definition, said in an author's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel

from journeys.diagnostics import Code, near
from journeys.document import Path
from journeys.json_shape import json_kind

_WANTED = {
    "string_type": ("a text", "put it in quotes"),
    "int_type": ("a whole number", None),
    "int_parsing": ("a whole number", None),
    "int_from_float": ("a whole number", None),
    "float_type": ("a number", None),
    "float_parsing": ("a number", None),
    "bool_type": ("true or false", None),
    "bool_parsing": ("true or false", None),
    "dict_type": ("a mapping of names to values", "write `name: value`"),
    "list_type": ("a list", "begin each item with `- `"),
    "model_type": ("a mapping of names to values", "write `name: value`"),
    "model_attributes_type": ("a mapping of names to values", "write `name: value`"),
}
_SAYS_IT = "value_error"
_FEW = 12
"""So many words are listed in a sentence."""
_NAME_HINT = "begin with a letter; then letters, digits, `_`, `-` and `.`, at most 64 in all"


@dataclass(frozen=True, slots=True)
class FormFault:
    """One thing wrong with the form of a document."""

    path: Path
    code: Code
    message: str
    hint: str | None = None
    at_key: bool = False
    """The fault is the name at the path, not its value."""


def form_fault(value: object, model: type[BaseModel], error: Mapping[str, Any]) -> FormFault:
    """Say one error of pydantic's about a value that was read as a model."""
    path, last = _path_of(value, error["loc"])
    match error["type"]:
        case "extra_forbidden":
            hint = near(str(last), _names_at([model], path[:-1]))
            return FormFault(path, Code.UNKNOWN_FIELD, f"unknown field '{last}'", hint, at_key=True)
        case "missing":
            message = f"{_name(path)} lacks the field '{last}'"
            return FormFault(path, Code.MISSING_FIELD, message, "add it", at_key=True)
    if error["loc"][-1:] == ("[key]",):
        message = f"'{path[-1]}' cannot be a name"
        return FormFault(path, Code.FORM, message, _NAME_HINT, at_key=True)
    return FormFault(path, Code.FORM, *_sentence(_name(path), error))


def _name(path: Path) -> str:
    """Name the value at a path."""
    if not path:
        return "the definition"
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {_name(path[:-1])}"
    return f"'{path[-1]}'"


def _sentence(name: str, error: Mapping[str, Any]) -> tuple[str, str | None]:
    """Say what a value is and what it should be."""
    kind, given, bounds = error["type"], error["input"], error.get("ctx", {})
    wanted, hint = _WANTED.get(kind, (None, None))
    if wanted is not None:
        if kind == "string_type" and isinstance(given, dict | list):
            hint = None
        return f"{name} is {json_kind(given)}; expected {wanted}", hint
    match kind:
        case "literal_error" | "enum":
            return _choice(name, given, bounds["expected"])
        case "string_pattern_mismatch":
            return f"{name}: {given!r} cannot be a name", _NAME_HINT
        case "string_too_short" | "too_short":
            one = kind == "too_short"
            return f"{name} is empty", "write at least one" if one else "write it, or remove it"
        case "too_long":
            most = bounds["max_length"]
            return f"{name} holds {len(given)}; at most {most} are allowed", None
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            return f"{name} is {given}; expected {_bound(bounds)}", None
    text = str(error["msg"])
    if kind == _SAYS_IT:
        text = text.removeprefix("Value error, ")
        message, _, advice = text.partition(": ")
        return f"{name}: {message}", advice or None
    return f"{name}: {text[:1].lower()}{text[1:]}", None


def _choice(name: str, given: object, expected: str) -> tuple[str, str | None]:
    choices = [choice.strip("'") for choice in expected.replace(" or ", ", ").split(", ")]
    choices = ["true" if choice == "True" else choice for choice in choices]
    written = f"'{given}'" if isinstance(given, str) else json_kind(given)
    if given is False:
        written = "false"
    if len(choices) == 1:
        return f"{name} is {written}; expected {choices[0]}", None
    hint = near(str(given), choices)
    if len(choices) > _FEW:
        return f"{name} is {written}, which is none of its words", hint
    message = f"{name} is {written}; expected one of {', '.join(choices)}"
    return message, hint if hint.startswith("did") else None


def _bound(bounds: Mapping[str, Any]) -> str:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    return next(f"{word} {bounds[name]}" for name, word in words.items() if name in bounds)


def _path_of(value: object, loc: tuple[str | int, ...]) -> tuple[Path, str | int]:
    """Turn pydantic's location into a path of the value: names of union members drop out."""
    path: list[str | int] = []
    here: Any = value
    for name in loc:
        try:
            here = here[name]
        except (KeyError, IndexError, TypeError):
            continue
        path.append(name)
    return tuple(path), loc[-1] if loc else "definition"


def _names_at(models: Iterable[type[BaseModel]], path: Path) -> list[str]:
    """Give the field names of the models that may stand at a path."""
    models = list(models)
    for name in path:
        if isinstance(name, str):
            models = [
                nested
                for model in models
                for field_name, field in model.model_fields.items()
                if (field.alias or field_name) == name
                for nested in _models_in(field.annotation)
            ]
    return sorted({f.alias or n for m in models for n, f in m.model_fields.items()})


def _models_in(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401  # annotations have no common type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
