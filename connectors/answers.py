"""What the local HTTP receiver answers: rules by path, with values computed from the call.

A rules file maps a path to an answer; a segment in braces matches any text and names it:

    /customers/{person}:
      status: 200
      delay_ms: 50
      body:
        tier: {$choose: [/person, [gold, silver]]}
        score: {$hash_bucket: [/person, 100]}
        person: {$echo: /person}

The first rule that matches answers. A JSON pointer reads one object: the body's fields, then the
query's, then the path's. The same call always gets the same answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias, cast

import yaml

from journeys.errors import JourneyError
from journeys.messages import JsonObject, JsonValue

_FIELDS: Final = frozenset({"status", "body", "delay_ms", "headers"})


class AnswersFileError(JourneyError):
    """A file of answer rules is not what it should be."""


def _ok() -> JsonValue:
    return {"ok": True}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int = 200
    body: JsonValue = field(default_factory=_ok)
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_ms: int = 0


Answering: TypeAlias = Callable[[JsonObject], Answer]
"""Decides what a call gets: the call has `method`, `path`, `query`, `headers` and `body`."""


def always_ok(call: JsonObject) -> Answer:
    """Answer `{"ok": true}`."""
    return Answer()


def load_answers(file: Path) -> Answering:
    """Read a JSON or YAML file of rules.

    Raises:
        AnswersFileError: names the file, the path and what is expected there.
    """
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        msg = f"{file} cannot be read: {error}"
        raise AnswersFileError(msg) from error
    if not isinstance(document, dict):
        msg = f"{file} must map paths to answers, like /crm: {{status: 200}}"
        raise AnswersFileError(msg)
    rules = {}
    for path, rule in document.items():
        if not isinstance(path, str) or not path.startswith("/"):
            msg = f"{file}: {path!r} must be a path that begins with /"
            raise AnswersFileError(msg)
        if not isinstance(rule, dict) or not _FIELDS.issuperset(rule):
            msg = f"{file}: {path} may have {sorted(_FIELDS)}"
            raise AnswersFileError(msg)
        try:
            _answer(rule, {})
        except (TypeError, ValueError) as error:
            msg = f"{file}: {path}: {error}"
            raise AnswersFileError(msg) from error
        rules[path] = cast("JsonObject", rule)
    return answers_of(rules)


def answers_of(rules: Mapping[str, JsonObject]) -> Answering:
    """Answer by rules; a call that matches none gets `{"ok": true}`."""

    def answer(call: JsonObject) -> Answer:
        for pattern, rule in rules.items():
            captured = _match(pattern, str(call["path"]))
            if captured is not None:
                return _answer(rule, _pointable(call, captured))
        return Answer()

    return answer


def _match(pattern: str, path: str) -> dict[str, str] | None:
    expected, actual = pattern.split("/"), path.split("/")
    if len(expected) != len(actual):
        return None
    captured = {}
    for form, segment in zip(expected, actual, strict=True):
        if form.startswith("{") and form.endswith("}"):
            captured[form[1:-1]] = segment
        elif form != segment:
            return None
    return captured


def _pointable(call: JsonObject, captured: Mapping[str, str]) -> JsonObject:
    query, body = call.get("query"), call.get("body")
    return (
        dict(captured)
        | (query if isinstance(query, dict) else {})
        | (body if isinstance(body, dict) else {})
    )


def _answer(rule: JsonObject, call: JsonObject) -> Answer:
    computed = {name: _compute(value, call) for name, value in rule.items()}
    headers = computed.get("headers") or {}
    if not isinstance(headers, dict):
        msg = "headers must be an object"
        raise TypeError(msg)
    return Answer(
        status=_integer(computed, "status", 200),
        body=computed.get("body", _ok()),
        headers={name: str(value) for name, value in headers.items()},
        delay_ms=_integer(computed, "delay_ms", 0),
    )


def _integer(rule: JsonObject, name: str, default: int) -> int:
    value = rule.get(name, default)
    if not isinstance(value, int):
        msg = f"{name} must be a whole number"
        raise TypeError(msg)
    return value


def _compute(value: JsonValue, call: JsonObject) -> JsonValue:
    """Replace every computed value inside a value."""
    if isinstance(value, list):
        return [_compute(item, call) for item in value]
    if not isinstance(value, dict):
        return value
    for name, compute in _COMPUTED.items():
        if name in value:
            return compute(value[name], call)
    return {name: _compute(item, call) for name, item in value.items()}


def _hash_bucket(argument: JsonValue, call: JsonObject) -> JsonValue:
    match argument:
        case [str(pointer), int(size)] if size > 0:
            return _hashed(_at(pointer, call), size)
    msg = "$hash_bucket takes [pointer, size], like [/person, 100]"
    raise ValueError(msg)


def _choose(argument: JsonValue, call: JsonObject) -> JsonValue:
    match argument:
        case [str(pointer), [_, *_] as choices]:
            return choices[_hashed(_at(pointer, call), len(choices))]
    msg = "$choose takes [pointer, choices], like [/person, [gold, silver]]"
    raise ValueError(msg)


def _echo(argument: JsonValue, call: JsonObject) -> JsonValue:
    if isinstance(argument, str):
        return _at(argument, call)
    msg = "$echo takes a pointer, like /person"
    raise ValueError(msg)


_COMPUTED: Final[Mapping[str, Callable[[JsonValue, JsonObject], JsonValue]]] = {
    "$hash_bucket": _hash_bucket,
    "$choose": _choose,
    "$echo": _echo,
}


def _hashed(value: JsonValue, size: int) -> int:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % size


def _at(pointer: str, document: JsonValue) -> JsonValue:
    """Return what a JSON pointer leads to, None where it leads nowhere."""
    if pointer and not pointer.startswith("/"):
        msg = f"the pointer {pointer!r} must begin with /, like /person"
        raise ValueError(msg)
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        match document:
            case dict():
                document = document.get(name)
            case list() if name.isdecimal() and int(name) < len(document):
                document = document[int(name)]
            case _:
                return None
    return document
