"""YAML text to plain values whose every place in the file is known.

libyaml reads the syntax; scalars are resolved here by the core schema of YAML 1.2, so that `no`,
`on` and `12:30` stay texts. Size, depth and aliases are bounded while reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, cast

import yaml

from journeys.diagnostics import Code, Diagnostic, Place
from journeys.limits import MAX_DOCUMENTS, MAX_YAML, MAX_YAML_LEVELS, MAX_YAML_VALUES
from journeys.messages import JsonValue
from journeys.scalar import source_offsets

MAX_FAULTS = 100
"""Beyond so many faults a file is not read any further."""
_Event: TypeAlias = Any  # libyaml's events have no type in common
_Mark: TypeAlias = Any  # nor have its marks and those of yaml itself
Path: TypeAlias = tuple[str | int, ...]

_ENVIRONMENT = re.compile(r"\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_BLOCKS = ("|", ">")
_LOST = re.compile(r"[ \t]*#\{")
"""An expression that YAML takes for a comment."""
_LOST_HINT = "put the text in quotes: outside of them `#` begins a comment"
_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {t: t.lower() == "true" for t in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value or a key begins, counted from 0, and how it was written."""

    line: int
    column: int
    length: int = 1
    style: str | None = None
    source: str | None = None
    """A scalar as it stands in the file, unless the environment changed it."""


@dataclass(slots=True)
class Document:
    """One YAML document of a file."""

    file: str
    value: JsonValue = None
    marks: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Find the value at a path, its key if `key`, or the nearest thing above that is there."""
        while path:
            near, far = (self.keys, self.marks) if key else (self.marks, self.keys)
            mark = near.get(path) or far.get(path)
            if mark is not None:
                return Place(self.file, mark.line + 1, mark.column + 1, mark.length)
            path = path[:-1]
        mark = self.marks.get((), Mark(0, 0))
        return Place(self.file, mark.line + 1, mark.column + 1, 1)

    def place_in(self, path: Path, start: int, end: int) -> Place:
        """Find a span of characters inside the text at a path."""
        mark, text = self.marks.get(path), self.text(path)
        if mark is None or mark.source is None or not text:
            return self.place(path)
        offsets = source_offsets(mark.source, text, mark.style)
        first = offsets[min(start, len(offsets) - 1)]
        last = offsets[min(max(start, end - 1), len(offsets) - 1)]
        if start >= len(offsets):  # behind the last character
            first = last = last + 1
        before = mark.source[:first]
        column = first - (before.rfind("\n") + 1) + (0 if "\n" in before else mark.column)
        length = last + 1 - first
        return Place(self.file, mark.line + before.count("\n") + 1, column + 1, length)

    def text(self, path: Path) -> str:
        """Give the text at a path as YAML reads it; nothing where there is none."""
        value: Any = self.value
        for name in path:
            value = value[name]
        return value if isinstance(value, str) else ""

    def rename(self, path: Path, name: str | None) -> None:
        """Give the field at a path another name, or remove it: without one, or where it is taken.

        Its place in the file stays what it is.
        """
        here: Any = self.value
        for each in path[:-1]:
            here = here[each]
        if name is None or name in here:
            del here[path[-1]]
            return
        items = [(name if key == path[-1] else key, value) for key, value in here.items()]
        here.clear()
        here.update(items)
        self.marks = _renamed(self.marks, path, name)
        self.keys = _renamed(self.keys, path, name)


def _renamed(marks: dict[Path, Mark], path: Path, name: str) -> dict[Path, Mark]:
    depth = len(path)
    return {
        (*at[: depth - 1], name, *at[depth:]) if at[:depth] == path else at: mark
        for at, mark in marks.items()
    }


class _Stop(Exception):  # noqa: N818  # leaves this module only as a Diagnostic
    def __init__(self, code: Code, mark: _Mark | None, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.mark, self.message, self.hint = code, mark, message, hint


def read_documents(
    file: str, text: str, environment: Mapping[str, str]
) -> tuple[list[Document], list[Diagnostic]]:
    """Read all documents of a YAML file, and everything that keeps it from being read."""
    reader = _Reader(file, text, environment)
    try:
        reader.read()
    except _Stop as stop:
        mark = stop.mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        reader.diagnostics.append(Diagnostic(place, stop.code, stop.message, stop.hint))
    except yaml.MarkedYAMLError as error:
        reader.diagnostics.append(_syntax_fault(file, reader.text, error))
    except yaml.reader.ReaderError as error:
        reader.refuse_character(error.position, str(error.reason))
    except UnicodeEncodeError as error:
        reader.refuse_character(error.start, "half of a character pair is not allowed")
    return reader.documents, reader.diagnostics


def _syntax_fault(file: str, text: str, error: yaml.MarkedYAMLError) -> Diagnostic:
    at: _Mark = error.problem_mark or error.context_mark
    place = Place(file, at.line + 1, at.column + 1) if at else Place(file)
    if at and text[at.index : at.index + 1] == "\t":
        message = "this is not YAML: a tab cannot indent"
        return Diagnostic(place, Code.YAML, message, "use spaces")
    problem = str(error.problem or error.context)
    hint = next((hint for words, hint in _SYNTAX_HINTS.items() if words in problem), _SYNTAX_HINT)
    return Diagnostic(place, Code.YAML, f"this is not YAML: {problem}", hint)


_SYNTAX_HINT = "check quotes, indentation and closing brackets here and above"
_SYNTAX_HINTS = {
    "cannot start any token": "put the text in quotes: it cannot begin with this character",
    "mapping values are not allowed": "quote a text that holds `: `, or indent the line less",
    "did not find expected key": "quote the whole text, inside with the other kind of quotes; or "
    "indent the line like those above",
    "expected '-' indicator": "indent the line as far as the item that it belongs to",
}
"""What libyaml says to what most likely happened."""


class _Reader:
    def __init__(self, file: str, text: str, environment: Mapping[str, str]) -> None:
        self.file = file
        self.text = text.removeprefix("\ufeff")
        self.environment = environment
        self.values = 0
        self.documents: list[Document] = []
        self.diagnostics: list[Diagnostic] = []

    def read(self) -> None:
        if len(self.text) > MAX_YAML:
            hint = "split it into several files"
            raise _Stop(Code.YAML_TOO_BIG, None, f"more than {MAX_YAML} characters", hint)
        events = yaml.parse(self.text, Loader=yaml.CSafeLoader)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if len(self.documents) >= MAX_DOCUMENTS:
                    message = f"the file holds more than {MAX_DOCUMENTS} documents"
                    hint = "split it into several files"
                    raise _Stop(Code.YAML_TOO_BIG, event.start_mark, message, hint)
                document = Document(self.file)
                document.value = self._value(next(events), events, document, ())
                if document.value is not None:
                    self.documents.append(document)

    def refuse_character(self, position: int, reason: str) -> None:
        """Report a character that no YAML may hold."""
        before = self.text[:position].split("\n")
        place = Place(self.file, len(before), len(before[-1]) + 1)
        message = f"this is not YAML: {reason}"
        self.diagnostics.append(Diagnostic(place, Code.YAML, message, "remove the character"))

    def _value(
        self, event: _Event, events: Iterator[_Event], document: Document, path: Path
    ) -> JsonValue:
        self._check(event, path)
        start, end = event.start_mark, event.end_mark
        if isinstance(event, yaml.ScalarEvent):
            width = end.column - start.column if start.line == end.line else 1
            source = self.text[start.index : end.index]
            mark = Mark(start.line, start.column, max(1, width), event.style, source)
            document.marks[path] = mark
            if event.style not in _BLOCKS and (lost := _LOST.match(self.text, end.index)):
                place = Place(self.file, end.line + 1, end.column + len(lost[0]) - 1, 2)
                message = "what stands from here to the end of the line is not read"
                self.diagnostics.append(Diagnostic(place, Code.YAML, message, _LOST_HINT))
            return self._scalar(event, document, path, mark)
        document.marks[path] = Mark(start.line, start.column)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, document, path)
        return self._mapping(events, document, path)

    def _check(self, event: _Event, path: Path) -> None:
        """Refuse what no definition needs and what could hold a machine for long."""
        self.values += 1
        if self.values > MAX_YAML_VALUES:
            message = f"the file holds more than {MAX_YAML_VALUES} values"
            hint = "split it into several files"
            raise _Stop(Code.YAML_TOO_BIG, event.start_mark, message, hint)
        if len(self.diagnostics) >= MAX_FAULTS:
            message = f"the file has more than {MAX_FAULTS} faults: the rest is not read"
            raise _Stop(Code.YAML_TOO_BIG, event.start_mark, message, "mend those above")
        if len(path) > MAX_YAML_LEVELS:
            message = f"nested deeper than {MAX_YAML_LEVELS} levels"
            raise _Stop(Code.YAML_TOO_BIG, event.start_mark, message, "flatten it")
        if isinstance(event, yaml.AliasEvent):
            message = f"'*{event.anchor}' refers to another place"
            raise _Stop(Code.YAML, event.start_mark, message, "write the value out")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            message = f"the tag '{tag}' is not used here"
            hint = "remove it; quote a value that is a text"
            raise _Stop(Code.YAML, event.start_mark, message, hint)

    def _sequence(
        self, events: Iterator[_Event], document: Document, path: Path
    ) -> list[JsonValue]:
        items: list[JsonValue] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._value(event, events, document, (*path, len(items))))
        return items

    def _mapping(
        self, events: Iterator[_Event], document: Document, path: Path
    ) -> dict[str, JsonValue]:
        mapping: dict[str, JsonValue] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            start = event.start_mark
            if not isinstance(event, yaml.ScalarEvent):
                hint = "use a simple name; quote a text that begins with `{`"
                raise _Stop(Code.YAML, start, "a key is not a plain text", hint)
            name, child = event.value, (*path, event.value)
            if name in mapping:
                hint = f"the first stands in line {document.keys[child].line + 1}; remove one"
                place = Place(self.file, start.line + 1, start.column + 1, len(name))
                message = f"'{name}' is given twice"
                self.diagnostics.append(Diagnostic(place, Code.DUPLICATE_KEY, message, hint))
            document.keys[child] = Mark(start.line, start.column, max(1, len(name)))
            mapping[name] = self._value(next(events), events, document, child)
        return mapping

    def _scalar(self, event: _Event, document: Document, path: Path, mark: Mark) -> JsonValue:
        text = cast("str", event.value)
        if "${env:" in text:
            document.marks[path] = replace(mark, source=None)
            text = _ENVIRONMENT.sub(lambda m: self._variable(m, document, path), text)
        return text if event.style else plain_value(text)  # libyaml's plain style is ''

    def _variable(self, match: re.Match[str], document: Document, path: Path) -> str:
        value = self.environment.get(match["name"], match["default"])
        if value is None:
            message = f"the environment variable {match['name']} is not set"
            hint = f"set it, or give a default: ${{env:{match['name']}:-value}}"
            self.diagnostics.append(
                Diagnostic(document.place(path), Code.ENVIRONMENT, message, hint)
            )
        return value or ""


def plain_value(text: str) -> JsonValue:
    """Resolve an unquoted scalar by the core schema of YAML 1.2 (section 10.3)."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 20 else float(text)  # noqa: PLR2004  # beyond 64 bits
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
