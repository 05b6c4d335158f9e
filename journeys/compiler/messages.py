"""Actions that reach a person: whether consent matters to them, and whom they go to."""

from __future__ import annotations

from typing import Any

from journeys.actions import ACTIONS
from journeys.compiler.conditions import parsed
from journeys.compiler.forms import Defined, Definitions
from journeys.compiler.vocabulary import Names, Vocabulary
from journeys.diagnostics import Code
from journeys.expressions import ExpressionError, KnownTypes, check
from journeys.expressions.errors import Severity
from journeys.expressions.types import Kind
from journeys.outcomes import Reason
from journeys.template import parse_template

_TEXTS = (Kind.STRING, Kind.ANY, Kind.NULL)


def check_messages(definitions: Definitions, vocabulary: Vocabulary) -> None:
    """Report messages that go to nobody, and those that do not say what they are."""
    for defined in definitions.found["action"]:
        if ACTIONS[defined.spec.channel_name].consent_name is not None:
            _check_category(defined, vocabulary)
            _check_address(defined, vocabulary)


def _check_category(defined: Defined[Any], vocabulary: Vocabulary) -> None:
    spec = defined.spec
    if "category" not in spec.model_fields_set:
        message = f"the action '{spec.id}' does not say what it is, so nobody's consent is asked"
        hint = "write `category: marketing`, or `category: transactional` to send it in any case"
        place = defined.document.place(("channel",), key=True)
        vocabulary.project.report(place, Code.NO_CATEGORY, message, hint, Severity.WARNING)


def _check_address(defined: Defined[Any], vocabulary: Vocabulary) -> None:
    """Report an address that is none for everybody; one that is filled in shows itself later."""
    spec, place = defined.spec, defined.document.place(("to",))
    kind, content = parse_template(spec.to)
    if kind == "expression":
        _check_address_type(content, defined, vocabulary)
    elif kind == "value":
        refusal = ACTIONS[spec.channel_name].refusal({"to": content}) if content.strip() else None
        if not content.strip():
            message, hint = "the message goes to nobody: the address is empty", "fill it in"
            vocabulary.project.report(place, Code.NO_ADDRESS, message, hint)
        elif refusal is not None and refusal[0] is Reason.NO_ADDRESS:
            message = f"the message reaches nobody: {refusal[1]}"
            hint = "write it in full, or read it from the profile"
            vocabulary.project.report(place, Code.NO_ADDRESS, message, hint)


def _check_address_type(text: str, defined: Defined[Any], vocabulary: Vocabulary) -> None:
    everything = Names(vocabulary.events.keys(), None, sources=vocabulary.ids["source"])
    try:
        checked = check(parsed(text), KnownTypes(vocabulary.types(everything)))
    except ExpressionError:  # told where the texts of the message are checked
        return
    if not checked.errors and checked.type.kind not in _TEXTS:
        message = f"an address is a text, but this is of type {checked.type}"
        start = defined.document.text(("to",)).find(text)
        place = defined.document.place_in(("to",), start, start + len(text))
        vocabulary.project.report(place, Code.EXPRESSION_TYPE, message, "use toString(…)")
