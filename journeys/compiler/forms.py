"""First pass: every document has the form of its kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from pydantic import ValidationError

from journeys.actions import ACTIONS
from journeys.activities import STEP_SPECS
from journeys.compiler.sentences import FormFault, form_fault, meant_field, without_echoes
from journeys.diagnostics import Code, near, nearest
from journeys.document import Document
from journeys.json_shape import json_kind
from journeys.kinds import KINDS, JourneySpec
from journeys.messages import JsonObject, JsonValue
from journeys.project import Project
from journeys.specification import ActionSpec, NamedSpec, Path, Spec, StepSpec

S = TypeVar("S", bound=Spec)


_CUT_SHORT = (Code.YAML, Code.YAML_TOO_BIG)
_BETWEEN = re.compile(r"^---", re.MULTILINE)
_KIND_LINE = re.compile(r"^kind: *(\w+)", re.MULTILINE)
_ID_LINE = re.compile(r"^id: *[\"']?([\w.-]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Defined(Generic[S]):
    """A specification and the document it stands in."""

    spec: S
    document: Document


@dataclass(frozen=True, slots=True)
class Definitions:
    """All definitions of a project by their kind, in the order of the files."""

    found: dict[str, list[Defined[Any]]] = field(default_factory=lambda: {k: [] for k in KINDS})
    broken: dict[str, set[str]] = field(default_factory=lambda: {k: set() for k in KINDS})
    """Ids of those whose form is faulty: they are defined, but nothing can be built of them."""


def read_spec(project: Project, document: Document, model: type[S], at: Path = ()) -> S | None:
    """Read the value at a path as a model, and report each field that does not fit."""
    value = _at(document, at)
    try:
        return model.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as errors:
        told = cast("list[dict[str, Any]]", errors.errors(include_url=False))
        found = [form_fault(value, model, error) for error in told]
    for fault in without_echoes(found):
        place = document.place((*at, *fault.path), key=fault.at_key)
        project.report(place, fault.code, fault.message, fault.hint)
    if any(fault.code is not Code.UNKNOWN_FIELD and not fault.lacks for fault in found):
        return None
    return _as_meant(document, model, at, found)


def _as_meant(
    document: Document, model: type[S], at: Path, unknown: Iterable[FormFault]
) -> S | None:
    """Read on as if each unknown field were the one that it may be: one run tells everything."""
    for fault in unknown:
        if fault.code is Code.UNKNOWN_FIELD:
            document.rename((*at, *fault.path), fault.meant)
    try:
        return model.model_validate(_at(document, at), by_alias=True, by_name=False)
    except ValidationError:  # it was not meant like that
        return None


def _at(document: Document, path: Path) -> JsonValue:
    value: Any = document.value
    for name in path:
        value = value[name]
    return cast("JsonValue", value)


def read_step(project: Project, document: Document, step_id: str) -> StepSpec | None:
    """Read one step of a journey by the key that tells its kind."""
    at: Path = ("steps", step_id)
    value = cast("dict[str, dict[str, JsonObject]]", document.value)["steps"][step_id]
    kinds = [key for key in value if key in STEP_SPECS]
    if len(kinds) == 1:
        return read_spec(project, document, STEP_SPECS[kinds[0]], at)
    place = document.place(at, key=True)
    if kinds:
        message = f"step '{step_id}' is several things at once: {', '.join(kinds)}"
        project.report(place, Code.UNKNOWN_STEP_KIND, message, "split it into several steps")
    else:
        known = sorted(STEP_SPECS)
        written = ", ".join(f"'{key}'" for key in value) or "nothing"
        message = f"step '{step_id}' is of no known kind: it says {written}"
        meant = next(filter(None, (meant_field(key, known) for key in value)), None)
        hint = f"did you mean '{meant}'?" if meant else f"known: {', '.join(known)}"
        project.report(place, Code.UNKNOWN_STEP_KIND, message, hint)
    return None


def read_definitions(project: Project) -> Definitions:
    """Read every document by its kind."""
    definitions = Definitions()
    for document in project.documents:
        before = len(project.diagnostics)
        model = _model(project, document)
        spec: Any = read_spec(project, document, model) if model else None
        if spec is not None:
            definitions.found[spec.kind].append(Defined(spec, document))
        elif model is JourneySpec:
            _read_steps(project, document)
        if len(project.diagnostics) > before and isinstance(document.value, dict):
            kind = nearest(str(document.value.get("kind")), KINDS)
            definitions.broken.get(kind or "", set()).add(str(document.value.get("id")))
    _note_unread(project, definitions)
    for kind in KINDS:
        _report_duplicates(project, definitions.found[kind])
    return definitions


def _note_unread(project: Project, definitions: Definitions) -> None:
    """Note what stands behind a fault of YAML: who names it makes no mistake."""
    unread = {d.place.file for d in project.diagnostics if d.code in _CUT_SHORT}
    for file in unread & project.files.keys():
        for text in _BETWEEN.split(project.files[file]):
            kind, name = _KIND_LINE.search(text), _ID_LINE.search(text)
            found = definitions.found.get(kind[1], ()) if kind else ()
            if kind and name and all(name[1] != defined.spec.id for defined in found):
                definitions.broken.get(kind[1], set()).add(name[1])


def _read_steps(project: Project, document: Document) -> None:
    """Report what is wrong with the steps of a journey whose other fields are faulty."""
    steps = cast("JsonObject", document.value).get("steps")
    for step_id, step in steps.items() if isinstance(steps, dict) else ():
        if isinstance(step, dict):
            read_step(project, document, step_id)


def _model(project: Project, document: Document) -> type[Spec] | None:
    value = document.value
    if not isinstance(value, dict):
        message = "a definition is a mapping with `kind` and `id`"
        project.report(document.place(()), Code.FORM, message, "begin with `kind: journey`")
        return None
    model = _chosen(project, document, "kind", Code.UNKNOWN_KIND, KINDS)
    if model is ActionSpec:
        return _chosen(project, document, "channel", Code.UNKNOWN_CHANNEL, ACTIONS)
    return model


def _chosen(
    project: Project,
    document: Document,
    name: str,
    code: Code,
    models: dict[str, type[S]],
) -> type[S] | None:
    """Give the model that a field of the document names."""
    value = cast("JsonObject", document.value).get(name)
    if isinstance(value, str) and value in models:
        return models[value]
    if value is None:
        message, code = f"the definition lacks the field '{name}'", Code.MISSING_FIELD
        names = cast("JsonObject", document.value).keys() - NamedSpec.model_fields.keys()
        written = nearest(name, names)
        if written is not None:
            message, code = f"unknown field '{written}'", Code.UNKNOWN_FIELD
            place, hint = document.place((written,), key=True), f"did you mean '{name}'?"
            project.report(place, code, message, hint)
            return None
        hint = f"add it; known: {', '.join(sorted(models))}"
    elif isinstance(value, str):
        message, hint = f"'{value}' is no {name}", near(value, models)
    else:
        message, code = f"'{name}' is {json_kind(value)}; expected a text", Code.FORM
        hint = near("", models)
    project.report(document.place((name,)), code, message, hint)
    return None


def _report_duplicates(project: Project, definitions: Iterable[Defined[Any]]) -> None:
    first: dict[str, Defined[Any]] = {}
    for definition in definitions:
        spec = definition.spec
        other = first.setdefault(spec.id, definition)
        if other is not definition:
            message = f"the {spec.kind} '{spec.id}' is defined twice"
            hint = f"the other stands at {other.document.place(('id',))}"
            project.report(definition.document.place(("id",)), Code.DUPLICATE_ID, message, hint)


def check_either(project: Project, defined: Defined[NamedSpec], one: str, other: str) -> None:
    """Report a definition that gives both or neither of two fields."""
    given = [name for name in (one, other) if getattr(defined.spec, name) is not None]
    if len(given) == 1:
        return
    message = f"`{one}` and `{other}` exclude each other" if given else "nothing says what it is"
    hint = "keep one of them" if given else f"give `{one}` or `{other}`"
    place = defined.document.place((other,) if given else ("id",), key=bool(given))
    project.report(place, Code.ONE_OF, message, hint)
