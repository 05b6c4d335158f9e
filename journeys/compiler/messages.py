"""Actions that reach a person: whether consent matters to them, and whom they go to."""

from __future__ import annotations

from collections.abc import Mapping

from journeys.action_kind import ActionKind, MessageKind
from journeys.compiler.conditions import parsed
from journeys.compiler.forms import Defined, Definitions
from journeys.compiler.lookups import everything
from journeys.compiler.vocabulary import Vocabulary
from journeys.diagnostics import Code
from journeys.document import Document
from journeys.expressions import ExpressionError, KnownTypes, check
from journeys.expressions.errors import Severity
from journeys.outcomes import Reason
from journeys.project import SETTINGS, Project
from journeys.specification import Path
from journeys.template import parse_template


def address_messages(
    definitions: Definitions, addresses: Mapping[str, str], project: Project
) -> None:
    """Send messages that do not say where they go to the address of their channel.

    Args:
        definitions: the actions among them are changed.
        addresses: channel to what `journeys.yaml` says of it.
        project: where a message is reported whose channel has none.
    """
    actions = definitions.found["action"]
    for n, (spec, document) in enumerate((each.spec, each.document) for each in actions):
        if not isinstance(spec, MessageKind) or spec.to is not None:
            continue
        channel = spec.channel_name
        if channel in addresses:
            actions[n] = Defined(spec.model_copy(update={"to": addresses[channel]}), document)
            continue
        definitions.broken["action"].add(spec.id)
        message = "the definition lacks the field 'to'"
        hint = f"add it, or write `channels.{channel}.address` into {SETTINGS}"
        project.report(document.place((), key=True), Code.MISSING_FIELD, message, hint)


def check_messages(definitions: Definitions, vocabulary: Vocabulary) -> None:
    """Report messages that go to nobody, and those that do not say what they are."""
    by_channel: dict[str, MessageKind] = {}
    for defined in definitions.found["action"]:
        spec, document = defined.spec, defined.document
        if spec.consent_name is not None:
            _check_category(spec, document, vocabulary)
        if not isinstance(spec, MessageKind) or spec.to is None:
            continue
        if "to" in document.value:  # type: ignore[operator]  # a definition is a mapping
            _check_address(spec, document, ("to",), vocabulary)
        else:
            by_channel[spec.channel_name] = spec
    for channel, spec in by_channel.items():
        settings, path = vocabulary.project.settings, ("channels", channel, "address")
        if settings is not None:
            _check_address(spec, settings, path, vocabulary)


def _check_category(spec: ActionKind, document: Document, vocabulary: Vocabulary) -> None:
    if "category" not in spec.model_fields_set:
        message = f"the action '{spec.id}' does not say what it is, so nobody's consent is asked"
        hint = "write `category: marketing`, or `category: transactional` to send it in any case"
        place = document.place(("channel",), key=True)
        vocabulary.project.report(place, Code.NO_CATEGORY, message, hint, Severity.WARNING)


def _check_address(
    spec: MessageKind, document: Document, path: Path, vocabulary: Vocabulary
) -> None:
    """Report an address that is none for everybody; one that is filled in shows itself later."""
    place = document.place(path)
    kind, content = parse_template(spec.to)
    if kind == "expression":
        _check_address_type(spec, document, path, vocabulary)
    elif kind == "value":
        refusal = spec.refusal({"to": content}) if content.strip() else None
        if not content.strip():
            message, hint = "the message goes to nobody: the address is empty", "fill it in"
            vocabulary.project.report(place, Code.NO_ADDRESS, message, hint)
        elif refusal is not None and refusal[0] is Reason.NO_ADDRESS:
            message = f"the message reaches nobody: {refusal[1]}"
            hint = "write it in full, or read it from the profile"
            vocabulary.project.report(place, Code.NO_ADDRESS, message, hint)


def _check_address_type(
    spec: MessageKind, document: Document, path: Path, vocabulary: Vocabulary
) -> None:
    text = parse_template(spec.to)[1]
    try:
        checked = check(parsed(text), KnownTypes(vocabulary.types(everything(vocabulary))))
    except ExpressionError:  # told where the texts of the message are checked
        return
    if not checked.errors and checked.type.kind not in spec.address_kinds:
        message = f"an address is a text, but this is of type {checked.type}"
        start = document.text(path).find(text)
        place = document.place_in(path, start, start + len(text))
        vocabulary.project.report(place, Code.EXPRESSION_TYPE, message, "use toString(…)")
