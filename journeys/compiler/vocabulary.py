"""What a project's expressions may name, and that they name nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from journeys.definitions import ActionDefinition, Conversions, EventDefinition
from journeys.diagnostics import Code
from journeys.document import Document
from journeys.expressions import ExpressionError, check, parse, types
from journeys.expressions.catalog import KnownTypes, ReadKind
from journeys.expressions.types import Kind, Type
from journeys.project import Project
from journeys.specification import Path


@dataclass(frozen=True, slots=True)
class Names:
    """What has happened where an expression stands."""

    events: Set[str]
    """Events that may have been heard."""
    steps: Mapping[str, str] | None = field(default_factory=dict)
    """Steps that may have acted, with their actions; None where any step may have."""
    conversions: dict[str, Conversions] = field(default_factory=dict)
    """Filled by checks: expression to the dates and durations that it reads."""
    person: bool = True
    """Whether the person is known: an event is told from others by its payload alone."""


@dataclass(slots=True)
class Vocabulary:
    """All names of a project with their types."""

    project: Project
    profile: Type
    events: dict[str, EventDefinition] = field(default_factory=dict)
    event_types: dict[str, Type] = field(default_factory=dict)
    actions: dict[str, ActionDefinition] = field(default_factory=dict)
    action_documents: dict[str, Document] = field(default_factory=dict)
    responses: dict[str, Type] = field(default_factory=dict)
    """Action id to the type of its response."""
    broken: Mapping[str, Set[str]] = field(default_factory=dict)
    """Kind to the ids of definitions that are there but cannot be read."""

    def types(self, names: Names) -> dict[ReadKind, dict[str, Type]]:
        """Give what can be read.

        Of an event or action that is not known, anything can: that it is not known is told once,
        where it is named.
        """
        own_id = {"id": types.STRING}
        known = {
            ReadKind.EVENT: {n: self.event_types.get(n, types.OPEN_OBJECT) for n in names.events},
            ReadKind.PROFILE: {
                "": types.object_of({**self.profile.fields, **own_id}, rest=self.profile.rest)
                if names.person
                else types.object_of({})
            },
            ReadKind.SOURCE: {},
            ReadKind.AUDIENCE: {},
            ReadKind.DECISION: {},
            ReadKind.HISTORY: {},
        }
        if names.steps is not None:
            known[ReadKind.ACTION] = {
                step: self.responses.get(action, types.OPEN_OBJECT)
                for step, action in names.steps.items()
            }
        return known

    def check_condition(self, document: Document, path: Path, text: str, names: Names) -> None:
        """Check an expression that must be true or false."""
        found = self.check_expression(document, path, text, names)
        if found is not None and found.kind not in (Kind.BOOLEAN, Kind.ANY, Kind.NULL):
            message = f"a condition is true or false, but this is of type {found}"
            hint = "compare it with something"
            start = self._start(document, path, text)
            place = document.place_in(path, start, start + len(text))
            self.project.report(place, Code.EXPRESSION_TYPE, message, hint)

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
