"""What a project's expressions may name, and that they name nothing else."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeAlias

from journeys.activity import PROPERTIES
from journeys.authentication import AuthSpec
from journeys.compiler.conditions import parsed
from journeys.compiler.routes import Mark
from journeys.definitions import (
    ActionDefinition,
    Conversions,
    DatasetDefinition,
    EventDefinition,
    ModelDefinition,
)
from journeys.diagnostics import Code, near
from journeys.document import Document
from journeys.endpoint import EndpointDefinition
from journeys.expressions import ExpressionError, check, types
from journeys.expressions.catalog import KnownTypes, Read, ReadKind
from journeys.expressions.errors import Severity
from journeys.expressions.types import Kind, Type
from journeys.kinds.policy import PolicySpec
from journeys.messages import JsonObject
from journeys.project import Project
from journeys.schema import type_of
from journeys.specification import Path

SCORE = types.object_of({"score": types.DECIMAL, "version": types.INTEGER, "note": types.STRING})
"""What `@decision{model}` is."""
NAMED = {
    "event": Code.UNKNOWN_EVENT,
    "action": Code.UNKNOWN_ACTION,
    "source": Code.UNKNOWN_SOURCE,
    "audience": Code.UNKNOWN_AUDIENCE,
    "journey": Code.UNKNOWN_JOURNEY,
    "dataset": Code.UNKNOWN_DATASET,
    "auth": Code.UNKNOWN_AUTH,
}
"""Kind of a definition to the fault of naming one that is not there."""
_LOOKED_UP = {
    "source": ("dataset", "it is a dataset: give the `key` of a row"),
    "dataset": ("source", "it is a source: leave out `key`, and give values under `with`"),
}
"""Kind of what a lookup names to the kind that may be meant, and what to do then."""
KnownByKind: TypeAlias = dict[ReadKind, Mapping[str, Type]]
"""Names that can be read, with their types."""
_LEARNT = (ReadKind.EVENT, ReadKind.SOURCE)
"""What a walk learns on its way: all of the project can be named, but not all is known."""
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.ANY, Kind.NULL)
_INSTANTS = (Kind.DATE_TIME, Kind.DATE_TIME_ONLY, Kind.DATE_ONLY, Kind.ANY, Kind.NULL)


@dataclass(frozen=True, slots=True)
class Before:
    """What can have come before a person comes to a step, by any way."""

    step: str
    marks: Set[Mark]


@dataclass(frozen=True, slots=True)
class Names:
    """What has happened where an expression stands."""

    events: Set[str]
    """Events that may have been heard."""
    steps: Mapping[str, Type] | None = field(default_factory=dict)
    """Steps that may have called, with the types of their responses; None: any step may have."""
    conversions: dict[str, Conversions] = field(default_factory=dict)
    """Filled by checks: expression to the dates and durations that it reads."""
    person: bool = True
    """Whether the person is known: an event is told from others by its payload alone."""
    sources: Set[str] = frozenset()
    """Sources that may have been asked."""
    tables: Mapping[str, Type] = field(default_factory=dict)
    """Tables that may have been read, with the types of what was found."""
    hidden: Set[ReadKind] = frozenset()
    """Kinds of read that are not possible here, such as scores inside a score."""
    reads: list[Read] = field(default_factory=list)
    """Filled by checks: everything that is read."""
    before: Before | None = None
    """What can have come where the expression stands; None: anything that the journey knows."""
    known: KnownByKind = field(default_factory=dict)
    """Filled by `Vocabulary.types`; shared by names that differ in `before` alone."""


@dataclass(slots=True)
class Vocabulary:
    """All names of a project with their types."""

    project: Project
    profile: Type
    events: dict[str, EventDefinition] = field(default_factory=dict)
    event_types: dict[str, Type] = field(default_factory=dict)
    actions: dict[str, ActionDefinition] = field(default_factory=dict)
    sources: dict[str, ActionDefinition] = field(default_factory=dict)
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    """Kind and id of an action or source to the document that defines it."""
    responses: dict[tuple[str, str], Type] = field(default_factory=dict)
    """Kind and id of an action or source to the type of its response."""
    answers: dict[tuple[str, str], Type] = field(default_factory=dict)
    """The same to the type of what a step reads of it, which may have failed."""
    response_schemas: dict[tuple[str, str], JsonObject] = field(default_factory=dict)
    """The same as JSON Schemas; empty where none is given."""
    ids: dict[str, set[str]] = field(default_factory=dict)
    """Kind to the ids of everything that is defined, and can be read."""
    broken: Mapping[str, Set[str]] = field(default_factory=dict)
    """Kind to the ids of definitions that are there but cannot be read."""

    models: dict[str, ModelDefinition] = field(default_factory=dict)
    """Those that can be read, by id."""
    audiences: dict[str, tuple[str, Names]] = field(default_factory=dict)
    """Audience id to its rule, where it has one, and what that reads."""
    auths: dict[str, AuthSpec] = field(default_factory=dict)
    """Those that can be read, by id."""
    datasets: dict[str, DatasetDefinition] = field(default_factory=dict)
    """Those that can be read, by id."""
    limits: dict[str, EndpointDefinition] = field(default_factory=dict)
    """Those that can be read, by what they are about."""
    policies: list[PolicySpec] = field(default_factory=list)
    """All that can be read, by id."""
    begun_by_event: dict[str, str] = field(default_factory=dict)
    """Journeys that an event of the person begins, to that event."""
    everywhere: dict[ReadKind, dict[str, Type]] = field(default_factory=dict)
    """Filled on the way: what can be named in some journey, whose type does not matter."""

    def check_known(self, document: Document, path: Path, kind: str, name: str) -> None:
        """Report a name under which nothing is defined, readable or not."""
        if name not in self._all(kind):
            message = f"the {kind} '{name}' is not defined"
            hint = near(name, self.ids.get(kind, ()))
            if kind in _LOOKED_UP and name in self._all(_LOOKED_UP[kind][0]):
                hint = _LOOKED_UP[kind][1]
            elif hint == "none is defined":
                hint = f"define it by `kind: {kind}` and this id"
            self.project.report(document.place(path), NAMED[kind], message, hint)

    def response(self, kind: str, name: str) -> Type:
        """Give the type of what an action or a source answers."""
        return self.responses.get((kind, name), types.OPEN_OBJECT)

    def answer(self, kind: str, name: str) -> Type:
        """Give the type of what a step reads of an action or a source, which may have failed."""
        return self.answers.get((kind, name), types.OPEN_OBJECT)

    def types(self, names: Names) -> KnownByKind:
        """Give what can be read.

        Of an event or action that is not known, anything can: that it is not known is told once,
        where it is named.
        """
        if not names.known:
            names.known.update(self._types(names))
        return names.known

    def _types(self, names: Names) -> KnownByKind:
        known: KnownByKind = {
            ReadKind.EVENT: {n: self.event_types.get(n, types.OPEN_OBJECT) for n in names.events},
            ReadKind.PROFILE: {"": self._person() if names.person else types.object_of({})},
            ReadKind.SOURCE: {
                **{n: self.response("source", n) for n in names.sources},
                **names.tables,
            },
            ReadKind.AUDIENCE: {},
            ReadKind.DECISION: {},
            ReadKind.HISTORY: {},
            ReadKind.PROPERTY: {},
        }
        if names.steps is not None:
            known[ReadKind.ACTION] = dict(names.steps)
        if names.person:
            known[ReadKind.AUDIENCE] = dict.fromkeys(self._all("audience"), types.BOOLEAN)
            known[ReadKind.DECISION] = dict.fromkeys(self._all("model"), SCORE)
            known[ReadKind.HISTORY] = {
                n: self.event_types.get(n, types.OPEN_OBJECT) for n in self._all("event")
            }
            known[ReadKind.PROPERTY] = dict(PROPERTIES)
        return {kind: {} if kind in names.hidden else found for kind, found in known.items()}

    def _person(self) -> Type:
        fields = {**self.profile.fields, "id": types.STRING}
        return types.object_of(fields, rest=self.profile.rest)

    def _all(self, kind: str) -> set[str]:
        return {*self.ids.get(kind, ()), *self.broken.get(kind, ())}

    def check_instant(self, document: Document, path: Path, text: str, names: Names) -> Type | None:
        """Check an expression that must give a date, with or without a time; give its type."""
        found = self.check_expression(document, path, text, names)
        if found is not None and found.kind not in _INSTANTS:
            hint = "read a field that the schema calls a date-time, or use toDateTime(…)"
            self.mistyped(document, path, text, f"an instant is a date, but this is {found}", hint)
        return found

    def check_number(self, document: Document, path: Path, text: str, names: Names) -> None:
        """Check an expression that must give a number."""
        found = self.check_expression(document, path, text, names)
        if found is not None and found.kind not in _NUMBERS:
            hint = "read a field that the schema calls a number, or use toDecimal(…)"
            self.mistyped(document, path, text, f"a score is a number, but this is {found}", hint)

    def mistyped(self, document: Document, path: Path, text: str, message: str, hint: str) -> None:
        """Report an expression of a type that does not fit where it stands."""
        start = self._start(document, path, text)
        place = document.place_in(path, start, start + len(text))
        self.project.report(place, Code.EXPRESSION_TYPE, message, hint)

    def check_condition(self, document: Document, path: Path, text: str, names: Names) -> None:
        """Check an expression that must be true or false."""
        found = self.check_expression(document, path, text, names)
        if found is not None and found.kind not in (Kind.BOOLEAN, Kind.ANY, Kind.NULL):
            message = f"a condition is true or false, but this is of type {found}"
            self.mistyped(document, path, text, message, "compare it with something")

    def check_expression(
        self, document: Document, path: Path, text: str, names: Names
    ) -> Type | None:
        """Check an expression; give its type, or None if there is something wrong with it."""
        try:
            checked = check(parsed(text), KnownTypes(self._named_types(names)))
        except ExpressionError as error:
            faults, code, found = error.faults, Code.EXPRESSION, None
        else:
            faults, code = checked.faults, Code.EXPRESSION_TYPE
            found = None if checked.errors else checked.type
            names.reads.extend(checked.references)
            self._check_reads(document, path, text, checked.references, names)
            if checked.conversions:
                names.conversions[text] = checked.conversions
        start = self._start(document, path, text)
        for fault in faults:
            place = document.place_in(path, start + fault.span.start, start + fault.span.end)
            self.project.report(place, code, fault.message, fault.hint, fault.severity)
        return found

    @staticmethod
    def _start(document: Document, path: Path, text: str) -> int:
        """Find where an expression begins inside the text that it was taken from."""
        return max(0, document.text(path).find(text))

    def _check_reads(
        self, document: Document, path: Path, text: str, reads: Sequence[Read], names: Names
    ) -> None:
        """Report what has no value where it is read."""
        for read in reads:
            mark = (read.kind, read.name)
            absence = self.never_learnt(*mark, names) or not_before(mark, names)
            if absence is not None and not self.names_unknown(read.kind, names):
                start = self._start(document, path, text)
                place = document.place_in(path, start + read.span.start, start + read.span.end)
                self.project.report(place, Code.NOT_BEFORE, *absence)

    def _named_types(self, names: Names) -> KnownByKind:
        """Give what can be read, and what only could in another journey."""
        known = {**self.types(names)}
        if names.person:
            for kind in _LEARNT:
                if kind not in self.everywhere:
                    self.everywhere[kind] = dict.fromkeys(self._learnable(kind), types.OPEN_OBJECT)
                known[kind] = ChainMap(dict(known[kind]), self.everywhere[kind])
        return known

    def names_unknown(self, kind: ReadKind, names: Names) -> bool:
        """Say whether a journey learns of something undefined, which may be meant elsewhere."""
        learnt = {ReadKind.EVENT: names.events, ReadKind.SOURCE: names.sources}.get(kind, set())
        return not learnt <= self._all(kind)

    def _learnable(self, kind: ReadKind) -> set[str]:
        """Name all that a walk may learn: of sources also the tables, which are read like them."""
        tables = {name for name, found in self.datasets.items() if found.holds == "table"}
        return self._all(kind) | (tables if kind is ReadKind.SOURCE else set())

    def row_type(self, table: str) -> Type:
        """Give the type of the rows of a table."""
        dataset = self.datasets.get(table)
        schema = dataset.payload_schema if dataset else {}
        return type_of(schema) if schema else types.OPEN_OBJECT

    def never_learnt(self, kind: ReadKind, name: str, names: Names) -> Absence | None:
        """Say what is wrong with reading an event or source that this journey has nothing of."""
        if kind not in _LEARNT or not names.person or name not in self._learnable(kind):
            return None
        if kind is ReadKind.EVENT and name not in names.events:
            message = f"nothing here waits for the event '{name}'"
            hint = "begin with it, or race it in a `first_of` before"
            return message, f"{hint}; @history{{…}} reads past events", Severity.ERROR
        if kind is ReadKind.SOURCE and name in self.datasets and name not in names.tables:
            message = f"no step looks up the table '{name}'"
            return message, f"write a step `{{ lookup: {name}, key: … }}` before", Severity.ERROR
        if kind is ReadKind.SOURCE and name not in {*names.sources, *names.tables}:
            message = f"no step looks up the source '{name}'"
            return message, f"write a step `{{ lookup: {name} }}` before", Severity.ERROR
        return None


Absence: TypeAlias = tuple[str, str, Severity]
"""Why something has no value where it is read, what to do, and how bad that is."""
_ABSENT = {
    ReadKind.EVENT: "no way leads to step '{step}' on which the event '{name}' has come",
    ReadKind.ACTION: "no way leads to step '{step}' through step '{name}'",
    ReadKind.SOURCE: "no way leads to step '{step}' on which the source '{name}' has answered",
}


_NOT_LOOKED_UP = "no way leads to step '{step}' on which the table '{name}' was looked up"


def not_before(mark: Mark, names: Names) -> Absence | None:
    """Say why something has no value at a step of the journey that it is otherwise known in."""
    before, (kind, name) = names.before, mark
    if before is None or kind not in _ABSENT or mark in before.marks:
        return None
    absent = _ABSENT[kind]
    if kind is ReadKind.SOURCE and name in names.tables:
        absent = _NOT_LOOKED_UP
    if kind is ReadKind.ACTION and names.steps is not None and name not in names.steps:
        return None  # told as a name that there is not
    hint = "read it further on, or let a way through it lead here"
    return absent.format(step=before.step, name=name), hint, Severity.WARNING
