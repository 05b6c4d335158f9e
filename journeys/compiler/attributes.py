"""What is written into profiles, held against what the schemas say of each attribute.

Only what is certain is told: a text that is filled in may be a date, and a decimal a whole number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from journeys.activities.update_profile import UpdateProfileSpec
from journeys.compiler.conditions import parsed
from journeys.compiler.vocabulary import Names, Vocabulary
from journeys.compiler.zones import zone_fault
from journeys.diagnostics import Code, near
from journeys.document import Document
from journeys.expressions import ExpressionError, check, types
from journeys.expressions.catalog import KnownTypes
from journeys.expressions.guards import reading_guard
from journeys.expressions.types import NUMBERS, TEMPORAL, UNKNOWN, Kind, Type
from journeys.messages import JsonValue
from journeys.specification import Path
from journeys.template import Template, parse_template

ZONE = "timeZone"
_OF_THE_PLATFORM = frozenset(
    {"id", ZONE, "testProfile", "identityMap", "segmentMembership", "consents"}
)
"""Attributes that the platform itself reads, whether or not a schema names them."""


def check_attributes(
    vocabulary: Vocabulary, document: Document, step: str, spec: UpdateProfileSpec, names: Names
) -> None:
    """Report attributes that the schemas do not name, and values that they do not allow."""
    attributes = _Attributes(vocabulary, document, names)
    for dotted, value in spec.update_profile.items():
        path: Path = ("steps", step, "update_profile", dotted)
        attributes.check(path, dotted, value)


def check_person(
    vocabulary: Vocabulary, document: Document, path: Path, person: Mapping[str, JsonValue]
) -> None:
    """Report attributes of a made-up person that no record of the platform could give them."""
    attributes = _Attributes(vocabulary, document, Names(set()), Code.PAYLOAD)
    for name, value in person.items():
        if name not in _OF_THE_PLATFORM:
            attributes.check_literal((*path, name), name, value)
    zone = person.get(ZONE)
    if isinstance(zone, str) and (fault := zone_fault(zone)):
        message = f"{fault[0]}, so that the journey's own would count"
        vocabulary.project.report(
            document.place((*path, ZONE)), Code.UNKNOWN_ZONE, message, fault[1]
        )


@dataclass(frozen=True, slots=True)
class _Attributes:
    vocabulary: Vocabulary
    document: Document
    names: Names
    code: Code = Code.EXPRESSION_TYPE

    def check(self, path: Path, dotted: str, value: JsonValue) -> None:
        """Check one attribute and its new value."""
        wanted: Type | None = self.vocabulary.profile
        above = ""
        for name in dotted.split("."):
            wanted = self._field(path, above, name, wanted or types.ANY)
            if wanted is None:
                return
            above = f"{above}.{name}".removeprefix(".")
        self._check_value(path, dotted, parse_template(value), wanted or types.ANY)

    def check_literal(self, path: Path, name: str, value: JsonValue) -> None:
        """Check one attribute and its value, which is as it is written."""
        wanted = self._field(path, "", name, self.vocabulary.profile)
        if wanted is not None:
            self._check_value(path, name, _literal(value), wanted)

    def _field(self, path: Path, above: str, name: str, known: Type) -> Type | None:
        """Give the type of what lies below an attribute; None where nothing can, which is told."""
        if known.kind in UNKNOWN:
            return types.ANY
        if known.kind is not Kind.OBJECT:
            message = f"the attribute '{above}' is {known}: it has no field '{name}'"
            self._report_name(path, message, f"write '{above}' itself, or mend the schema")
            return None
        found = known.fields.get(name, known.rest)
        if found is None:
            whose = f"the attribute '{above}'" if above else "the profile"
            self._report_name(path, f"{whose} has no field '{name}'", near(name, known.fields))
        return found

    def _check_value(self, path: Path, dotted: str, value: Template, wanted: Type) -> None:
        kind, content = value
        if kind == "map" and wanted.kind is Kind.OBJECT:
            for name, below in content.items():
                found = self._field((*path, name), dotted, name, wanted)
                self._check_value((*path, name), f"{dotted}.{name}", below, found or types.ANY)
        elif kind == "list" and wanted.kind is Kind.LIST:
            for n, item in enumerate(content):
                self._check_value((*path, n), f"{dotted}[{n}]", item, wanted.item or types.ANY)
        elif kind == "expression":
            self._check_expression(path, dotted, content, wanted)
        elif not _fits(value, wanted):
            given = f"'{content}'" if isinstance(content, str) else _type_of(value)
            message = f"the attribute '{dotted}' is {wanted}, but this is {given}"
            hint = "write such a value, or mend the schema"
            if kind == "liquid":
                hint = "a text with holes stays a text: write one expression, or mend the schema"
            place = self.document.place(path)
            self.vocabulary.project.report(place, self.code, message, hint)

    def _check_expression(self, path: Path, dotted: str, text: str, wanted: Type) -> None:
        try:
            found = check(parsed(text), KnownTypes(self.vocabulary.types(self.names)))
        except ExpressionError:  # told where the texts of the step are checked
            return
        if not found.errors and not _may_be(wanted, found.type):
            message = f"the attribute '{dotted}' is {wanted}, but this is {found.type}"
            hint = "convert it, read another field, or mend the schema"
            self.vocabulary.mistyped(self.document, path, text, message, hint)

    def _report_name(self, path: Path, message: str, hint: str) -> None:
        place = self.document.place(path, key=True)
        self.vocabulary.project.report(place, self.code, message, hint)


def _literal(value: JsonValue) -> Template:
    """Give a value as a template that has no holes, whatever its texts look like."""
    match value:
        case dict():
            return ["map", {name: _literal(below) for name, below in value.items()}]
        case list():
            return ["list", [_literal(item) for item in value]]
        case _:
            return ["value", value]


def _fits(value: Template, wanted: Type) -> bool:
    """Say whether a value without expressions may be written; null removes any attribute."""
    kind, content = value
    if content is None or wanted.kind in UNKNOWN:
        return True
    if kind != "value":
        return _may_be(wanted, _type_of(value))
    if isinstance(content, str) and wanted.kind in TEMPORAL:
        return reading_guard(wanted)(content) is not None
    if isinstance(content, float) and wanted.kind is Kind.INTEGER:
        return content.is_integer()
    return types.accepts(wanted, _type_of(value))


def _type_of(value: Template) -> Type:
    match value:
        case ("list" | "map" as kind, _):
            return types.OPEN_OBJECT if kind == "map" else types.list_of(types.ANY)
        case (_, bool()):
            return types.BOOLEAN
        case (_, int()):
            return types.INTEGER
        case (_, float()):
            return types.DECIMAL
        case _:
            return types.STRING


def _may_be(wanted: Type, given: Type) -> bool:
    """Say whether a value that is computed may be what is wanted, once it is JSON."""
    if wanted.kind is Kind.LIST and given.kind is Kind.LIST:
        return _may_be(wanted.item or types.ANY, given.item or types.ANY)
    both = {wanted.kind, given.kind}
    is_text = Kind.STRING in both and both <= TEMPORAL | {Kind.STRING}
    return is_text or both <= NUMBERS or types.accepts(wanted, given)
