"""What pydantic finds wrong with the form of a definition, said in an author's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from pydantic import BaseModel

from journeys.diagnostics import Code, near, nearest
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
_SYNONYMS = {
    "args": ("with",),
    "arguments": ("with",),
    "condition": ("when",),
    "delay": ("wait",),
    "do": ("action",),
    "end": ("to",),
    "endpoint": ("url",),
    "expression": ("when", "formula"),
    "filter": ("when",),
    "goto": ("to", "next"),
    "if": ("when", "condition"),
    "limit": ("caps", "cap"),
    "message": ("text", "body"),
    "moves": ("map",),
    "name": ("label", "id"),
    "next": ("to",),
    "on_error": ("on",),
    "on_timeout": ("on",),
    "otherwise": ("else",),
    "recipient": ("to",),
    "rule": ("when",),
    "send": ("action",),
    "start": ("from",),
    "sleep": ("wait",),
    "then": ("to", "next"),
    "timeout": ("wait",),
    "title": ("subject", "label"),
    "trigger": ("entry",),
    "type": ("kind", "match"),
}
"""Words of other products to those that may be meant here."""
_SAYS_IT = "value_error"
_FEW = 20
"""So many words are listed in a sentence."""
_RACED = ("event", "reaction", "audience", "wait")
"""What a branch of a race can wait for."""
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
    meant: str | None = None
    """Of an unknown field: the known one that it may be."""
    lacks: tuple[str, ...] = ()
    """Of a missing field: the names of which one would do."""


def form_fault(value: object, model: type[BaseModel], error: Mapping[str, Any]) -> FormFault:
    """Say one error of pydantic's about a value that was read as a model."""
    path, last = _path_of(value, error["loc"])
    match error["type"]:
        case "extra_forbidden":
            return _unknown(value, model, path)
        case "missing" if "#event" in error["loc"]:  # the form that a race takes without a word
            message = f"{_name(path)} waits for nothing"
            hint = f"give it one of {', '.join(f'`{name}`' for name in _RACED)}"
            return FormFault(path, Code.MISSING_FIELD, message, hint, lacks=_RACED)
        case "missing":
            message = f"{_name(path)} lacks the field '{last}'"
            code = Code.MISSING_FIELD
            return FormFault(path, code, message, "add it", at_key=True, lacks=(str(last),))
    is_key = error["loc"][-1:] == ("[key]",)
    if is_key and error["type"] != _SAYS_IT:
        message = f"'{path[-1]}' cannot be a name"
        return FormFault(path, Code.FORM, message, _NAME_HINT, at_key=True)
    return FormFault(path, Code.FORM, *_sentence(_name(path), error), at_key=is_key)


def without_echoes(faults: Iterable[FormFault]) -> list[FormFault]:
    """Leave out each missing field that is there under a name that may be a slip for it."""
    faults = list(faults)
    written = {(fault.path[:-1], fault.meant) for fault in faults}
    return [f for f in faults if all((f.path, name) not in written for name in f.lacks)]


def meant_field(name: str, known: Iterable[str], taken: Iterable[object] = ()) -> str | None:
    """Give the field that was meant by a name that is none, also by a word of another product.

    Args:
        name: the name that is no field.
        known: the fields that there are.
        taken: those that are given already: they are meant only if no other is.
    """
    names, given = list(known), set(taken)
    same = [each for each in names if each.lower() == name.lower()]
    synonyms = [each for each in _SYNONYMS.get(name.lower(), ()) if each in names]
    free = [each for each in synonyms if each not in given]
    return next(iter((*same, *free, *synonyms)), None) or nearest(name, names)


def _unknown(value: object, model: type[BaseModel], path: Path) -> FormFault:
    *above, name = path
    known = _names_at([model], tuple(above))
    meant = meant_field(str(name), known, _names_in(value, path))
    hint = f"did you mean '{meant}'?" if meant else near(str(name), known)
    if above and str(name) in _names_at([model], tuple(above[:-1])):
        hint = f"it belongs beside '{above[-1]}': indent it less"
    elif (empty := _empty_before(value, path)) is not None:
        hint = f"indent it, if it belongs to '{empty}'"
    message = f"unknown field '{name}'"
    return FormFault(path, Code.UNKNOWN_FIELD, message, hint, at_key=True, meant=meant)


def _empty_before(value: object, path: Path) -> str | None:
    """Give the name before a name, if nothing is written after it."""
    siblings = _names_in(value, path)
    names = list(siblings)
    before = names[names.index(path[-1]) - 1]
    return str(before) if before != path[-1] and siblings[before] is None else None


def _names_in(value: object, path: Path) -> dict[str | int, object]:
    """Give the mapping that holds the name at a path."""
    here: Any = value
    for name in path[:-1]:
        here = here[name]
    return cast("dict[str | int, object]", here)


def _kind(value: object) -> str:
    """Name what a value is in a definition file."""
    return "a mapping" if isinstance(value, dict) else json_kind(value)


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
        return f"{name} is {_kind(given)}; expected {wanted}", _advice(kind, given) or hint
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
    if kind == _SAYS_IT:
        message, _, advice = str(error["msg"]).removeprefix("Value error, ").partition(": ")
        return f"{name} is nothing" if given is None else f"{name}: {message}", advice or None
    text = str(error["msg"])
    return f"{name}: {text[:1].lower()}{text[1:]}", None


def _advice(kind: str, given: object) -> str | None:
    """Say what may have gone wrong where a value is of another kind than it should be."""
    match given:
        case None if kind == "string_type":
            return "put it in quotes: outside of them `#` begins a comment"
        case None:
            return "write it, and indent what belongs to it"
        case dict() | list() if kind == "string_type":
            return "quote a text that begins with `{` or `[`"
        case list() if kind in ("dict_type", "model_type", "model_attributes_type"):
            return "write `name: value`, without `- `"
        case _:
            return None


def _choice(name: str, given: object, expected: str) -> tuple[str, str | None]:
    choices = [choice.strip("'") for choice in expected.replace(" or ", ", ").split(", ")]
    choices = ["true" if choice == "True" else choice for choice in choices]
    written = f"'{given}'" if isinstance(given, str) else _kind(given)
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
    return next(f"{word} {bounds[name]:g}" for name, word in words.items() if name in bounds)


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
        fields = [
            field
            for model in models
            for field_name, field in model.model_fields.items()
            if (field.alias or field_name) == name
        ]
        if fields:  # what is none is a place in a list, or a key of a mapping
            models = [nested for field in fields for nested in _models_in(field.annotation)]
    return sorted({f.alias or n for m in models for n, f in m.model_fields.items()})


def _models_in(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401  # annotations have no common type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
