"""A YAML file as it is written: values with their style, comments and blank lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias

import yaml

from journeys.errors import JourneyError

_Event: TypeAlias = Any  # libyaml's events have no type in common
BLANK = ""
"""A blank line among comments."""
BLOCKS = ("|", ">")
"""Styles of texts that fill lines of their own."""


class FormatError(JourneyError):
    """A file that cannot be formatted, and why."""


@dataclass(slots=True)
class Scalar:
    """A text, number, truth value or nothing."""

    text: str
    style: str
    """`'`, `"`, `|` or `>`; empty where it is plain."""
    source: str = ""
    """The same as it stands in the file, with its quotes or its first line."""


@dataclass(slots=True)
class Entry:
    """A pair of a mapping, or an item of a list, which has no key."""

    key: Scalar | None
    value: Scalar | Collection
    before: list[str] = field(default_factory=list)
    """Comments and blank lines above it."""
    head: str | None = None
    """A comment behind the key, where the value begins in the next line."""
    after: str | None = None
    """A comment behind the value."""


@dataclass(slots=True)
class Collection:
    """A mapping or a list."""

    is_mapping: bool
    is_flow: bool
    entries: list[Entry] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)
    """Comments and blank lines below the last entry."""


@dataclass(slots=True)
class Written:
    """One document; the only one of a file may hold comments alone."""

    root: Scalar | Collection | None
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Comment:
    index: int
    line: int
    column: int
    text: str


def read_written(text: str) -> list[Written]:
    """Read a file that is known to be YAML without aliases, tags and directives."""
    return _Reader(text).documents()


def comments_in(text: str) -> list[str]:
    """List all comments of a file, in order."""
    return [comment.text for comment in _comments(text, _events(text))]


def _events(text: str) -> list[_Event]:
    return list(yaml.parse(text, Loader=yaml.CSafeLoader))


def _comments(text: str, events: Sequence[_Event]) -> Iterator[_Comment]:
    """Find what begins with `#` outside of all scalars."""
    at = 0
    spans = [_covered(text, event) for event in events if isinstance(event, yaml.ScalarEvent)]
    for start, end in [*spans, (len(text), len(text))]:
        while (found := text.find("#", at, start)) >= 0:
            line_start = text.rfind("\n", 0, found) + 1
            line_end = text.find("\n", found)
            at = line_end if line_end >= 0 else len(text)
            line = text.count("\n", 0, found)
            yield _Comment(found, line, found - line_start, text[found:at].rstrip())
        at = max(at, end)


def _covered(text: str, event: _Event) -> tuple[int, int]:
    """Give the span of a scalar in which `#` begins no comment."""
    start, end = event.start_mark.index, event.end_mark.index
    if event.style in BLOCKS:
        start = text.find("\n", start, end) if "\n" in text[start:end] else end
    return start, end


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.events = _events(text)
        self.position = 0
        self.waiting = list(_comments(text, self.events))[::-1]
        """Comments that belong to nothing yet, the next one last."""

    def documents(self) -> list[Written]:
        documents: list[Written] = []
        while not isinstance(event := self._next(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                if event.version or event.tags:
                    message = "a directive such as %YAML is not used here: remove it"
                    raise FormatError(message)
                documents.append(self._document())
        return documents or [Written(None, self._comments_until(len(self.text)))]

    def _document(self) -> Written:
        before = self._comments_until(self._peek().start_mark.index)
        document = Written(self._node(-1), before)
        document.after = self._comments_until(self._next_start())
        first = document.root.entries[:1] if isinstance(document.root, Collection) else []
        for entry in first:
            before += entry.before
            entry.before = []
        return document

    def _peek(self) -> _Event:
        return self.events[self.position]

    def _next(self) -> _Event:
        self.position += 1
        return self.events[self.position - 1]

    def _next_start(self) -> int:
        """Find where the next key, value, closing bracket or `---` stands."""
        for event in islice(self.events, self.position, None):
            if _stands_there(event):
                return int(event.start_mark.index)
        return len(self.text)

    def _node(self, parent_column: int) -> Scalar | Collection:
        event = self._next()
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        column = event.start_mark.column
        collection = Collection(isinstance(event, yaml.MappingStartEvent), event.flow_style)
        while not isinstance(self._peek(), yaml.CollectionEndEvent):
            collection.entries.append(self._entry(collection, column))
        end = self._next()
        if collection.is_flow:
            collection.foot = self._comments_until(end.end_mark.index)
        else:
            # A list may stand as far left as the key above it: what stands there is not in it.
            least = column if column > parent_column else column + 1
            collection.foot = self._comments_until(self._next_start(), least)
        return collection

    def _entry(self, collection: Collection, column: int) -> Entry:
        start = self._peek().start_mark
        before = self._comments_until(start.index)
        if self._is_blank(start.line - 1):
            before.append(BLANK)
        key = self._scalar(self._next()) if collection.is_mapping else None
        head = self._head() if key else None
        entry = Entry(key, self._node(column), before, head)
        if _ends_in_line(entry.value):
            line = self.events[self.position - 1].end_mark.line
            entry.after = self._comment_in(line, self._next_start())
        return entry

    def _head(self) -> str | None:
        """Take the comment between a key and its value, or behind the sign that begins a block."""
        value = self._peek()
        is_block = isinstance(value, yaml.ScalarEvent) and value.style in BLOCKS
        limit = (value.end_mark if is_block else value.start_mark).index
        line = value.start_mark.line if is_block else self.events[self.position - 1].end_mark.line
        return self._comment_in(line, limit)

    def _scalar(self, event: _Event) -> Scalar:
        source = self.text[event.start_mark.index : event.end_mark.index]
        return Scalar(event.value, event.style or "", source)

    def _comment_in(self, line: int, limit: int) -> str | None:
        """Take the next comment if it stands in a line and before a place."""
        if self.waiting and self.waiting[-1].line == line and self.waiting[-1].index < limit:
            return self.waiting.pop().text
        return None

    def _comments_until(self, limit: int, least: int = 0) -> list[str]:
        """Take the comments up to a place that stand at a column or to its right."""
        lines: list[str] = []
        while self.waiting and self.waiting[-1].index < limit:
            if self.waiting[-1].column < least:
                break
            comment = self.waiting.pop()
            if self._is_blank(comment.line - 1):
                lines.append(BLANK)
            lines.append(comment.text)
        return lines

    def _is_blank(self, line: int) -> bool:
        return 0 <= line < len(self.lines) and not self.lines[line].strip()


def _stands_there(event: _Event) -> bool:
    """Say whether an event has a text of its own, and is not told from indentation alone."""
    has_text = bool(event.end_mark.index > event.start_mark.index)
    if isinstance(event, yaml.CollectionEndEvent):
        return has_text
    if isinstance(event, yaml.DocumentStartEvent):
        return bool(event.explicit)
    return isinstance(event, yaml.NodeEvent)


def _ends_in_line(value: Scalar | Collection) -> bool:
    return value.style not in BLOCKS if isinstance(value, Scalar) else value.is_flow
