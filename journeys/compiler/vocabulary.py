"""What a project's expressions may name, and that they name nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from journeys.activity import PROPERTIES
from journeys.definitions import ActionDefinition, Conversions, EventDefinition, ModelDefinition
from journeys.diagnostics import Code, near
from journeys.document import Document
from journeys.expressions import ExpressionError, check, parse, types
from journeys.expressions.catalog import KnownTypes, Read, ReadKind
from journeys.expressions.types import Kind, Type
from journeys.messages import JsonObject
from journeys.project import Project
from journeys.specification import Path

SCORE = types.object_of({"score": types.DECIMAL, "version": types.INTEGER})
"""What `@decision{model}` is."""
NAMED = {
    "event": Code.UNKNOWN_EVENT,
    "action": Code.UNKNOWN_ACTION,
    "source": Code.UNKNOWN_SOURCE,
    "audience": Code.UNKNOWN_AUDIENCE,
    "journey": Code.UNKNOWN_JOURNEY,
}
"""Kind of a definition to the fault of naming one that is not there."""
_INSTANTS = (Kind.DATE_TIME, Kind.DATE_TIME_ONLY, Kind.DATE_ONLY, Kind.ANY, Kind.NULL)


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """What has happened where an expression stands; the same object for all that stand there."""

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
    hidden: Set[ReadKind] = frozenset()
    """Kinds of read that are not possible here, such as scores inside a score."""
    reads: list[Read] = field(default_factory=list)
    """Filled by checks: everything that is read."""


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
    response_schemas: dict[tuple[str, str], JsonObject] = field(default_factory=dict)
    """The same as JSON Schemas; empty where none is given."""
    ids: dict[str, set[str]] = field(default_factory=dict)
    """Kind to the ids of everything that is defined, and can be read."""
    broken: Mapping[str, Set[str]] = field(default_factory=dict)
    """Kind to the ids of definitions that are there but cannot be read."""

    models: dict[str, tuple[ModelDefinition, Names]] = field(default_factory=dict)
    """Model id to its formula, and what that reads."""
    audiences: dict[str, tuple[str, Names]] = field(default_factory=dict)
    """Audience id to its rule, where it has one, and what that reads."""
    begun_by_event: set[str] = field(default_factory=set)
    """Journeys that an event of the person begins."""
    known: dict[Names, dict[ReadKind, dict[str, Type]]] = field(default_factory=dict)
    """What `types` has found already."""

    def check_known(self, document: Document, path: Path, kind: str, name: str) -> None:
        """Report a name under which nothing is defined, readable or not."""
        if name not in self._all(kind):
            message = f"the {kind} '{name}' is not defined"
            hint = near(name, self.ids.get(kind, ()))
            if hint == "none is defined":
                hint = f"define it: a `kind: {kind}` with this id"
            self.project.report(document.place(path), NAMED[kind], message, hint)

    def response(self, kind: str, name: str) -> Type:
        """Give the type of what an action or a source answers."""
        return self.responses.get((kind, name), types.OPEN_OBJECT)

    def types(self, names: Names) -> dict[ReadKind, dict[str, Type]]:
        """Give what can be read.

        Of an event or action that is not known, anything can: that it is not known is told once,
        where it is named.
        """
        if names not in self.known:
            self.known[names] = self._types(names)
        return self.known[names]

    def _types(self, names: Names) -> dict[ReadKind, dict[str, Type]]:
        known = {
            ReadKind.EVENT: {n: self.event_types.get(n, types.OPEN_OBJECT) for n in names.events},
            ReadKind.PROFILE: {"": self._person() if names.person else types.object_of({})},
            ReadKind.SOURCE: {n: self.response("source", n) for n in names.sources},
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

    def check_instant(self, document: Document, path: Path, text: str, names: Names) -> None:
        """Check an expression that must give a date, with or without a time."""
        found = self.check_expression(document, path, text, names)
        if found is not None and found.kind not in _INSTANTS:
            hint = "read a field that the schema calls a date-time, or use toDateTime(…)"
            self._mistyped(document, path, text, f"an instant is a date, but this is {found}", hint)

    def _mistyped(self, document: Document, path: Path, text: str, message: str, hint: str) -> None:
        start = self._start(document, path, text)
        place = document.place_in(path, start, start + len(text))
        self.project.report(place, Code.EXPRESSION_TYPE, message, hint)

    def check_condition(self, document: Document, path: Path, text: str, names: Names) -> None:
        """Check an expression that must be true or false."""
        found = self.check_expression(document, path, text, names)
        if found is not None and found.kind not in (Kind.BOOLEAN, Kind.ANY, Kind.NULL):
            message = f"a condition is true or false, but this is of type {found}"
            self._mistyped(document, path, text, message, "compare it with something")

    def check_expression(
        self, document: Document, path: Path, text: str, names: Names
    ) -> Type | None:
        """Check an expression; give its type, or None if there is something wrong with it."""
        try:
            checked = check(parse(text), KnownTypes(self.types(names)))
        except ExpressionError as error:
            faults, code, found = error.faults, Code.EXPRESSION, None
        else:
            faults, code = checked.faults, Code.EXPRESSION_TYPE
            found = None if checked.errors else checked.type
            names.reads.extend(checked.references)
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
