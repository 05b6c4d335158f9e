"""All checks of definitions but journeys: here those that no plan carries yet, and the list."""

from __future__ import annotations

from collections.abc import Callable

from journeys.compiler.authentication import check_auths
from journeys.compiler.endpoints import check_endpoints
from journeys.compiler.events import check_events, check_namespaces
from journeys.compiler.forms import Defined, Definitions, check_either
from journeys.compiler.messages import check_messages
from journeys.compiler.models import add_model
from journeys.compiler.policies import check_policies
from journeys.compiler.repeats import check_same_entries, check_same_events
from journeys.compiler.vocabulary import Names, Vocabulary
from journeys.compiler.written_secrets import check_secrets
from journeys.diagnostics import Code
from journeys.expressions.catalog import ReadKind
from journeys.kinds.audience import AudienceSpec
from journeys.kinds.model import ModelSpec
from journeys.specification import NamedSpec, Path


def _check_audiences(definitions: Definitions, vocabulary: Vocabulary) -> None:
    for defined in definitions.found["audience"]:
        spec: AudienceSpec = defined.spec
        check_either(vocabulary.project, defined, "when", "members")
        if spec.when is not None:
            names = Names(set(), hidden={ReadKind.AUDIENCE, ReadKind.PROPERTY})
            vocabulary.check_condition(defined.document, ("when",), spec.when, names)
            vocabulary.audiences[spec.id] = (spec.when, names)
        if spec.members is not None:
            _check_file(vocabulary, defined, ("members",), spec.members, (".csv", ".txt"))


def _check_models(definitions: Definitions, vocabulary: Vocabulary) -> None:
    for defined in definitions.found["model"]:
        spec: ModelSpec = defined.spec
        check_either(vocabulary.project, defined, "formula", "onnx")
        if spec.onnx is not None:
            _check_file(vocabulary, defined, ("onnx",), spec.onnx, (".onnx",))
        add_model(vocabulary, defined)


def _check_file(
    vocabulary: Vocabulary,
    defined: Defined[NamedSpec],
    path: Path,
    name: str,
    endings: tuple[str, ...],
) -> None:
    place = defined.document.place(path)
    if not name.endswith(endings):
        message = f"'{name}' is of no kind that is read here"
        hint = f"name a file that ends in {' or '.join(endings)}"
        vocabulary.project.report(place, Code.FORM, message, hint)
    elif name not in {*vocabulary.project.files, *vocabulary.project.binaries}:
        message = f"there is no file '{name}' in the project"
        hint = vocabulary.project.file_hint(name)
        vocabulary.project.report(place, Code.UNKNOWN_FILE, message, hint)


DEFINITION_CHECKS: tuple[Callable[[Definitions, Vocabulary], None], ...] = (
    _check_audiences,
    _check_models,
    check_policies,
    check_endpoints,
    check_events,
    check_same_events,
    check_namespaces,
    check_messages,
    check_auths,
    check_same_entries,
    check_secrets,
)
"""Each looks at definitions of one kind, or at all of them."""
