"""Events that steps send, held against the schemas of the events that they become.

Only values without holes are judged, each by itself: what is left out may come from elsewhere.
"""

from __future__ import annotations

from journeys.activities.emit import EmitSpec
from journeys.activities.jump import JumpSpec
from journeys.activity import EVENTS
from journeys.compiler.vocabulary import Vocabulary
from journeys.definitions import EventDefinition
from journeys.diagnostics import Code
from journeys.document import Document
from journeys.messages import JsonObject
from journeys.specification import Path
from journeys.template import Template, parse_template, written


def check_emitted(vocabulary: Vocabulary, document: Document, step: str, spec: EmitSpec) -> None:
    """Report values of a payload that no event of its type can have."""
    if spec.emit.topic != EVENTS:
        return
    path, payload = ("steps", step, "emit", "payload"), spec.emit.payload
    for event in vocabulary.events.values():
        if event.event_type is not None and event.names(spec.emit.type, payload):
            _check_payload(vocabulary, document, path, payload, event)


def check_jumped(vocabulary: Vocabulary, document: Document, step: str, spec: JumpSpec) -> None:
    """Report values that the event with which the other journey begins cannot have."""
    event = vocabulary.events.get(vocabulary.begun_by_event.get(spec.jump, ""))
    if event is not None:
        _check_payload(vocabulary, document, ("steps", step, "with"), spec.arguments, event)


def _check_payload(
    vocabulary: Vocabulary,
    document: Document,
    path: Path,
    payload: JsonObject,
    event: EventDefinition,
) -> None:
    for name, value in payload.items():
        template = parse_template(value)
        fault = event.part_fault({name: written(template)}) if _is_literal(template) else None
        if fault is not None:
            message = f"this contradicts the schema of '{event.id}': {fault}"
            hint = "write what it allows, or mend the schema"
            place = document.place((*path, name))
            vocabulary.project.report(place, Code.PAYLOAD, message, hint)


def _is_literal(template: Template) -> bool:
    kind, content = template
    match kind:
        case "map":
            return all(map(_is_literal, content.values()))
        case "list":
            return all(map(_is_literal, content))
        case _:
            return bool(kind == "value")
