"""All passes in order, and what comes out of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from journeys.action_kind import ActionKind
from journeys.actions.webhook import source_call
from journeys.compiler.answers import add_answer
from journeys.compiler.authentication import with_auth
from journeys.compiler.definitions import DEFINITION_CHECKS
from journeys.compiler.endpoints import add_endpoints, endpoint_of
from journeys.compiler.forms import Defined, Definitions, read_definitions
from journeys.compiler.journey import compile_journey
from journeys.compiler.lookups import everything
from journeys.compiler.messages import address_messages
from journeys.compiler.profiles import check_datasets
from journeys.compiler.rules import rules_for
from journeys.compiler.scenario import compile_scenario
from journeys.compiler.table_rows import tables_in_files
from journeys.compiler.texts import check_message
from journeys.compiler.vocabulary import Names, Vocabulary
from journeys.definitions import (
    ActionDefinition,
    DatasetDefinition,
    EventDefinition,
    Expected,
    Rules,
    SharedDefinition,
)
from journeys.diagnostics import Code, DefinitionError, Diagnostic, Place, place_of_span
from journeys.document import Document
from journeys.expressions import types
from journeys.expressions.errors import Severity
from journeys.json_shape import json_kind
from journeys.kinds.dataset import DatasetSpec
from journeys.kinds.source import SourceSpec
from journeys.messages import JsonObject
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.project import Project
from journeys.scenario import Scenario
from journeys.schema import (
    IDENTITY,
    SchemaError,
    event_type_of,
    identities,
    primary_identity,
    type_of,
    validator,
)
from journeys.tables import Table, Tables


@dataclass(frozen=True, slots=True)
class Compilation:
    """What compiling a project gave: plans by journey id, and every fault found."""

    plans: Mapping[str, Plan] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    responses: Mapping[str, JsonObject] = field(default_factory=dict)
    """Id of an action or source to the JSON Schema of its response; empty where none is given."""

    shared: tuple[SharedDefinition, ...] = ()
    """What belongs to no journey: the job takes it before the plans."""
    tables: Mapping[str, Table] = field(default_factory=dict)
    """Tables by their dataset, with the rows that lie in files of the project."""
    actions: Mapping[str, ActionDefinition] = field(default_factory=dict)
    """All actions by id, also those that no journey uses."""
    sources: Mapping[str, ActionDefinition] = field(default_factory=dict)
    """All sources by id, likewise."""
    rules: Rules = field(default_factory=Rules)
    """What the texts of those are computed by that no journey uses."""
    events: Mapping[str, EventDefinition] = field(default_factory=dict)
    """All events by id, also those that no journey listens to."""

    @property
    def errors(self) -> list[Diagnostic]:
        """The faults that keep the project from being published."""
        return [d for d in self.diagnostics if d.severity is Severity.ERROR]

    @property
    def not_run(self) -> list[Diagnostic]:
        """What the Flink job does not run yet: such a project is not published."""
        return [d for d in self.diagnostics if d.code is Code.NOT_RUN_YET]

    def published(self) -> Plans:
        """Give all plans as they hold once the project is published, with what they read."""
        plans = Plans(self.plans.values())
        for definition in self.shared:
            plans.define(definition)
        plans.tables = Tables(dict(self.tables))
        return plans

    def rules_of(self, called: str) -> Rules:
        """Give what computes the texts of an action or source: as in the first journey with it."""
        plans = (p for p in self.plans.values() if called in p.actions or called in p.sources)
        plan = next(plans, None)
        return self.rules if plan is None else plan.rules

    def raise_errors(self) -> None:
        """Raise if there is any error.

        Raises:
            DefinitionError: with all of them.
        """
        if self.errors:
            raise DefinitionError(self.errors)


def compile_project(
    project: Project,
    profile_schema: str | None = None,
    addresses: Mapping[str, str] = MappingProxyType({}),
) -> Compilation:
    """Compile every journey of a project.

    Args:
        project: what its author wrote.
        profile_schema: names the file that types profiles.
        addresses: channel to where its messages go that do not say so themselves.
    """
    definitions = read_definitions(project)
    address_messages(definitions, addresses, project)
    if not project.documents and not project.diagnostics:
        message = "the folder holds no definition"
        hint = "write a YAML file with `kind: journey`"
        project.report(Place("."), Code.NO_DOCUMENT, message, hint)
    vocabulary = _vocabulary(project, definitions, profile_schema)
    for check in DEFINITION_CHECKS:
        check(definitions, vocabulary)
    plans: dict[str, Plan] = {}
    used: set[tuple[str, str]] = set()
    for definition in definitions.found["journey"]:
        compiled = compile_journey(definition, vocabulary)
        used |= compiled.used
        if compiled.plan is not None:
            plans.setdefault(compiled.plan.journey, compiled.plan)
    anything = everything(vocabulary)
    for called in vocabulary.documents.keys() - used:
        check_message(vocabulary, called, anything, None)
    for plan in plans.values():
        anything.conversions.update(plan.rules.conversions)
    compiled_scenarios = (
        compile_scenario(defined, vocabulary, definitions.found["journey"], plans)
        for defined in definitions.found["scenario"]
    )
    scenarios = tuple(scenario for scenario in compiled_scenarios if scenario is not None)
    responses = {name: schema for (_, name), schema in vocabulary.response_schemas.items()}
    shared: list[SharedDefinition] = [
        *vocabulary.datasets.values(),
        *vocabulary.models.values(),
        *vocabulary.limits.values(),
    ]
    tables, told = tables_in_files(vocabulary), _told(project.diagnostics)
    return Compilation(
        plans,
        told,
        scenarios,
        responses,
        tuple(shared),
        tables,
        vocabulary.actions,
        vocabulary.sources,
        rules_for(vocabulary, anything.reads, (), anything.conversions),
        vocabulary.events,
    )


def _told(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort the faults by place, and leave out what only follows from others.

    That is what follows from a missing variable, and what would tell a secret by its source line.
    """
    unset = {d.place for d in diagnostics if d.code is Code.ENVIRONMENT}
    secret = {(d.place.file, d.place.line) for d in diagnostics if d.code is Code.SECRET_WRITTEN}
    told = [
        d
        for d in diagnostics
        if d.code in (Code.ENVIRONMENT, Code.SECRET_WRITTEN)
        or not (d.place in unset or (d.place.file, d.place.line) in secret)
    ]
    return tuple(sorted(dict.fromkeys(told), key=lambda d: (d.place, d.code)))


def _vocabulary(
    project: Project, definitions: Definitions, profile_schema: str | None
) -> Vocabulary:
    profile = types.OPEN_OBJECT
    if profile_schema is not None:
        place = project.settings.place(("profile", "schema")) if project.settings else Place(".")
        schema = _schema(project, place, profile_schema)
        # What is wrong with the schema is told; that no field is known would only follow from it.
        profile = types.OPEN_OBJECT if schema is None else type_of(schema)
    vocabulary = Vocabulary(project, profile, broken=definitions.broken)
    found = definitions.found
    vocabulary.ids = {kind: {defined.spec.id for defined in found[kind]} for kind in found}
    vocabulary.begun_by_event = {
        d.spec.id: d.spec.entry.event for d in found["journey"] if d.spec.entry.event
    }
    vocabulary.auths = {defined.spec.id: defined.spec for defined in found["auth"]}
    for defined in found["event"]:
        _add_event(vocabulary, defined)
    add_endpoints(definitions, vocabulary)
    for defined in found["action"]:
        _add_action(vocabulary, defined)
    for defined in found["source"]:
        _add_source(vocabulary, defined)
    for defined in found["dataset"]:
        _add_dataset(vocabulary, defined)
    described = check_datasets(vocabulary, found["dataset"])
    if profile_schema is None:
        vocabulary.profile = described
    return vocabulary


def _add_dataset(vocabulary: Vocabulary, defined: Defined[DatasetSpec]) -> None:
    spec, document = defined.spec, defined.document
    schema = _schema_of(vocabulary.project, document, ("schema",), spec.payload_schema)
    key = spec.key or primary_identity(schema)
    if key is None:
        if schema:
            message = f"nothing says which field of '{spec.id}' holds the key of a record"
            hint = "give `key`, or mark the field in the schema by a primary `x-identity`"
            vocabulary.project.report(document.place(("id",)), Code.MISSING_FIELD, message, hint)
        return
    if spec.holds == "table" and spec.id in vocabulary.ids["source"]:
        message = f"a source has the id '{spec.id}' too: `#{{{spec.id}.…}}` would mean either"
        hint = "give one of them another id"
        vocabulary.project.report(document.place(("id",)), Code.DUPLICATE_ID, message, hint)
    vocabulary.datasets[spec.id] = DatasetDefinition(
        spec.id, spec.holds, schema, key, spec.timestamp, spec.files, spec.profile
    )


def _add_event(vocabulary: Vocabulary, defined: Defined[Any]) -> None:
    spec, document = defined.spec, defined.document
    schema = _schema_of(vocabulary.project, document, ("schema",), spec.payload_schema)
    event_type = spec.match.get("eventType")
    fields = {path: value for path, value in spec.match.items() if path != "eventType"}
    if event_type is not None and not isinstance(event_type, str):
        message = f"'eventType' is {json_kind(event_type)}; expected a text"
        place = document.place(("match", "eventType"))
        vocabulary.project.report(place, Code.FORM, message, "put it in quotes")
        event_type = None
    vocabulary.event_types[spec.id] = event_type_of(schema)
    names = Names({spec.id}, person=False)
    if spec.when is not None:
        vocabulary.check_condition(document, ("when",), spec.when, names)
    vocabulary.events[spec.id] = EventDefinition(
        spec.id,
        event_type,
        fields,
        spec.when,
        names.conversions.get(spec.when or "", ()),
        schema,
    )


def _add_action(vocabulary: Vocabulary, defined: Defined[Any]) -> None:
    spec = with_auth(vocabulary, defined.spec)
    vocabulary.actions[spec.id] = ActionDefinition(
        id=spec.id,
        channel=spec.channel_name,
        category=spec.category,
        endpoint=endpoint_of(vocabulary, spec),
        message=spec.template(vocabulary.project.files.get),
        timeout_ms=spec.timeout,
        max_attempts=spec.attempts,
        languages=spec.in_languages(vocabulary.project.files.get),
        expected=_add_call(vocabulary, defined, spec),
    )


def _add_source(vocabulary: Vocabulary, defined: Defined[SourceSpec]) -> None:
    """Take a source as what it is on the wire: a call of an HTTP service."""
    spec = with_auth(vocabulary, defined.spec)
    call = source_call(spec)
    vocabulary.sources[spec.id] = ActionDefinition(
        id=spec.id,
        channel=call.channel_name,
        category="transactional",
        endpoint=endpoint_of(vocabulary, call),
        message=call.template(vocabulary.project.files.get),
        timeout_ms=spec.timeout,
        max_attempts=spec.attempts,
        cache_ms=spec.cache,
        expected=_add_call(vocabulary, defined, call),
    )


def _add_call(vocabulary: Vocabulary, defined: Defined[Any], call: ActionKind) -> Expected | None:
    """Note what a call answers, and report what is wrong with it beyond its form."""
    spec, document = defined.spec, defined.document
    read = {
        name: _schema_of(vocabulary.project, document, (name,), getattr(spec, name, None))
        for name in ("response", "error_response")
    }
    vocabulary.documents[spec.kind, spec.id] = document
    for path, code, message, usual in call.faults(vocabulary.project.files.get):
        is_missing = code is Code.UNKNOWN_FILE
        hint = vocabulary.project.file_hint(document.text(path)) if is_missing else usual
        vocabulary.project.report(document.place(path), code, message, hint)
    for path, code, message, hint in call.doubts(vocabulary.project.files.get):
        place = document.place(path)
        vocabulary.project.report(place, code, message, hint, Severity.WARNING)
    return add_answer(vocabulary, defined, read["response"], read["error_response"])


def _schema_of(
    project: Project, document: Document, path: tuple[str, ...], name: str | None
) -> JsonObject:
    if name is None:
        return {}
    return _schema(project, document.place(path), name) or {}


def _schema(project: Project, place: Place, name: str) -> JsonObject | None:
    """Read a schema file of the project and make sure that it can validate."""
    schema = project.json_file(name)
    if isinstance(schema, str):
        code = Code.SCHEMA_FORM if name in project.files else Code.UNKNOWN_SCHEMA
        hint = "mend the file" if name in project.files else project.file_hint(name)
        project.report(place, code, f"the schema '{name}' cannot be read: {schema}", hint)
        return None
    try:
        validator(schema)
    except SchemaError as error:
        message = f"the schema '{name}' is no JSON Schema: {error}"
        project.report(place, Code.SCHEMA_FORM, message, "see json-schema.org, draft 7")
        return None
    marks = [*re.finditer(rf'"{IDENTITY}"(?=\s*:)', project.files[name])]
    for n, message, hint in identities(schema)[1]:
        place = place_of_span(name, project.files[name], marks[n].span())
        project.report(place, Code.IDENTITY_FORM, message, hint)
    return schema
