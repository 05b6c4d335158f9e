"""Events against their schemas: those that can never come, and identities that do not fit."""

from __future__ import annotations

from journeys.compiler.conditions import is_never
from journeys.compiler.forms import Definitions
from journeys.compiler.vocabulary import Vocabulary
from journeys.diagnostics import Code
from journeys.expressions.errors import Severity
from journeys.kinds.event import EventSpec
from journeys.kinds.journey import JourneySpec
from journeys.schema import contradiction, identities


def check_events(definitions: Definitions, vocabulary: Vocabulary) -> None:
    """Report events that no record can be."""
    for defined in definitions.found["event"]:
        spec: EventSpec = defined.spec
        schema = vocabulary.events[spec.id].payload_schema
        for dotted, value in spec.match.items():
            why = contradiction(schema, dotted.split("."), value)
            if why is not None:
                message = f"no record is this event: {why}"
                hint = "change it here, or mend the schema"
                place = defined.document.place(("match", dotted))
                vocabulary.project.report(place, Code.EVENT_NEVER, message, hint)
        if is_never(spec.when):
            message = "no record is this event: the rule never holds"
            place = defined.document.place(("when",))
            hint = "change it, or remove it"
            vocabulary.project.report(place, Code.EVENT_NEVER, message, hint)


def check_namespaces(definitions: Definitions, vocabulary: Vocabulary) -> None:
    """Warn of journeys for people whom the event they begin with does not name.

    A journey that writes no namespace takes the record key as it is.
    """
    for defined in definitions.found["journey"]:
        spec: JourneySpec = defined.spec
        event = vocabulary.events.get(spec.entry.event or "")
        if event is None or "namespace" not in spec.model_fields_set:
            continue
        marked = sorted({each.namespace for each in identities(event.payload_schema)[0]})
        if marked and spec.namespace not in marked:
            message = (
                f"the schema of event '{event.id}' marks no identity of the namespace "
                f"'{spec.namespace}', but of {', '.join(marked)}"
            )
            hint = f"write `namespace: {marked[0]}`, or mark one in the schema by `x-identity`"
            place = defined.document.place(("namespace",))
            vocabulary.project.report(place, Code.OTHER_NAMESPACE, message, hint, Severity.WARNING)
