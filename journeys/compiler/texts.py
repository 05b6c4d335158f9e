"""The texts of actions and steps: their expressions, their Liquid, and what they may name."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from journeys.action_kind import in_language
from journeys.channels.secret_reference import SECRET_NAME, SECRET_REFERENCE
from journeys.compiler.liquid_paths import led_to, never_ordered
from journeys.compiler.vocabulary import Absence, Names, Vocabulary, not_before
from journeys.diagnostics import Code, near, place_of_span
from journeys.document import Document
from journeys.expressions import types
from journeys.expressions.catalog import ReadKind
from journeys.expressions.errors import Severity
from journeys.expressions.types import Type
from journeys.json_shape import value_at
from journeys.messages import JsonValue
from journeys.specification import Path
from journeys.template import UNSUBSCRIBE_NAME, Template, parse_template

if TYPE_CHECKING:
    from journeys.liquid_names import Mention, NamePath
    from journeys.liquid_text import Dialect

_ROOTS = ("profile", "event", "action", "source", "params")
_WRITTEN_AS = {"text": "body", "html": "body", "unsubscribe_url": "unsubscribe"}
"""Parts of a message to the fields that authors may write them in."""
_MISSING = {
    "event": "no such event has come before",
    "action": "no such step has acted",
    "source": "no step looks it up",
}
_MISPLACED = re.compile(r"\$\{(?!env:|secret:)([A-Za-z]+)([:.])")
_UNFILLED = re.compile(r"(?:#|@(event|action|history))\{(?:([\w.]+)\})?")


def check_arguments(
    vocabulary: Vocabulary, document: Document, path: Path, value: JsonValue, names: Names
) -> None:
    """Check every text of the values that a step gives to its action."""
    _Texts(vocabulary, document, None, names, None).check(path, parse_template(value))


def check_message(
    vocabulary: Vocabulary, called: tuple[str, str], names: Names, arguments: Set[str] | None
) -> None:
    """Check the texts of an action or a source as one journey uses it.

    Args:
        vocabulary: the names of the project.
        called: kind and id of the action or source.
        names: what has happened when the action is carried out.
        arguments: names of the values that the step gives; None if no step is known.
    """
    kind, definition_id = called
    definition = (vocabulary.actions if kind == "action" else vocabulary.sources)[definition_id]
    document = vocabulary.documents[called]
    place = _Place(vocabulary, document, names, arguments, definition.channel)
    place.check((), definition.message)
    languages = definition.languages
    if languages is None:
        return
    written = "preferred_language" if place.holds(("preferred_language",)) else "languages"
    place.texts().check((written,), languages.preferred)
    found = vocabulary.project.diagnostics
    for tag, message in languages.messages.items():
        before = len(found)
        place.check(("languages", tag), message)
        found[before:] = [replace(d, message=in_language(tag, d.message)) for d in found[before:]]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the texts of a message stand, and what they may name there."""

    vocabulary: Vocabulary
    document: Document
    names: Names
    arguments: Set[str] | None
    channel: str

    def check(self, above: tuple[str, ...], message: Template) -> None:
        """Check the texts of a message that are written under a path, and not made of others."""
        tree: dict[str, Template] = message[1]
        for name, template in tree.items():
            written = (*above, name if self.holds((*above, name)) else _WRITTEN_AS.get(name, name))
            is_made = name == "text" and written[-1] == "body" and "html" in tree
            if name == "to" and not self.holds(written) and not above:
                self._check_default(("channels", self.channel, "address"), template)
            if not self.holds(written) or (is_made and not self.holds((*above, "html"))):
                continue
            file = _file_of(self.vocabulary, value_at(self.document.value, written), template)
            # As its author wrote it: MJML has become something else since.
            source = self.vocabulary.project.files[file] if file else None
            checked = template if source is None else parse_template(source, template[0])
            self.texts(file).check(written, checked)

    def _check_default(self, path: tuple[str, ...], template: Template) -> None:
        """Check what `journeys.yaml` says instead, as it counts for this message."""
        settings = self.vocabulary.project.settings
        if settings is not None and value_at(settings.value, path) is not None:
            _Texts(self.vocabulary, settings, None, self.names, self.arguments).check(
                path, template
            )

    def texts(self, file: str | None = None) -> _Texts:
        """Give what checks a text of the message."""
        own = (UNSUBSCRIBE_NAME,) if self.channel == "email" else ()
        told = (self.vocabulary, self.document, file, self.names, self.arguments)
        return _Texts(*told, own, secrets=self.channel == "webhook")

    def holds(self, path: tuple[str, ...]) -> bool:
        """Say whether an author wrote anything at a path."""
        return value_at(self.document.value, path) is not None


def _file_of(vocabulary: Vocabulary, text: JsonValue, template: Template) -> str | None:
    """Name the file of the project that a text was read from, if it was."""
    is_file = isinstance(text, str) and text in vocabulary.project.files and template[1] != text
    return str(text) if is_file else None


@dataclass(frozen=True, slots=True)
class _Texts:
    """Checks all texts of one value, in the document or in a file that it names."""

    vocabulary: Vocabulary
    document: Document
    file: str | None
    names: Names
    arguments: Set[str] | None
    own: tuple[str, ...] = ()
    """Names that only messages of this channel know."""
    secrets: bool = False
    """Whether secrets are filled in."""

    def check(self, path: Path, template: Template) -> None:
        kind, content = template
        if kind == "list":
            for n, item in enumerate(content):
                self.check((*path, n), item)
        elif kind == "map":
            for name, item in content.items():
                self.check((*path, name), item)
        elif kind == "expression":
            self.vocabulary.check_expression(self.document, path, content, self.names)
        elif isinstance(content, str):
            self._check_text(path, content)
            if kind != "value":
                self._check_liquid(path, content, kind)

    def _check_text(self, path: Path, text: str) -> None:
        for found in _UNFILLED.finditer(text):
            message = "an expression in the middle of a text is not filled in"
            name = ".".join(filter(None, found.groups())) or "profile.email"
            hint = f"write {{{{ {name} }}}} inside a text, or the expression alone"
            if found[1] == "history":
                hint = "a text cannot read it: give its value to the step under `with`"
            span = found.span()
            self._report(path, text, span, Code.TEMPLATE, message, hint, Severity.WARNING)
        for found in _MISPLACED.finditer(text):
            message = f"'{found[0]}…' is not filled in: the text keeps it as it stands"
            of_person = f"write {{{{ {found[1]}.… }}}} inside a text"
            hint = of_person if found[2] == "." else near(found[1], ("env", "secret"))
            self._report(path, text, found.span(), Code.TEMPLATE, message, hint, Severity.WARNING)
        for found in SECRET_REFERENCE.finditer(text):
            if not self.secrets:
                message = "a secret is filled into calls of services only, and not here"
                hint = "give the secret to an action of the channel `webhook`"
                self._report(path, text, found.span(), Code.SECRET, message, hint)
            elif not SECRET_NAME.fullmatch(found[1]):
                message = f"'{found[1]}' cannot name a secret"
                hint = "begin with a letter; then letters, digits and `_`"
                self._report(path, text, found.span(), Code.SECRET, message, hint)

    def _check_liquid(self, path: Path, text: str, dialect: Dialect) -> None:
        from journeys.liquid_faults import explained  # noqa: PLC0415 - slow to import
        from journeys.liquid_names import liquid_names  # noqa: PLC0415 - slow to import
        from journeys.liquid_text import FILTERS, LiquidError  # noqa: PLC0415 - slow to import

        try:
            named = liquid_names(text, dialect)
        except LiquidError as error:
            start, said, hint = explained(error, text, dialect)
            message = f"this is no Liquid template: {said}"
            self._report(path, text, (start, start + 1), Code.TEMPLATE, message, hint)
            return
        for mention in named.filters:
            name = str(mention.path[0])
            if name not in FILTERS:
                message = f"there is no filter '{name}'"
                self._report(path, text, mention.span, Code.TEMPLATE, message, near(name, FILTERS))
        for misuse in named.misuses:
            self._report(path, text, misuse.filter.span, Code.TEMPLATE, misuse.message, None)
        for mention in (found for found in named.variables if found.path[0] not in self.own):
            self._check_name(path, text, mention)
        for ordering in named.orderings:
            led = self._led_to(ordering.name.path)
            if isinstance(led, Type) and (fault := never_ordered(led, ordering.constant)):
                self._report(path, text, ordering.name.span, Code.TEMPLATE, *fault)

    def _check_name(self, path: Path, text: str, mention: Mention) -> None:
        if mention.known and isinstance(self._led_to(mention.path[: mention.known]), tuple):
            return  # told where the text gives it a name
        led = self._led_to(mention.path)
        if isinstance(led, tuple):
            self._report(path, text, mention.span, Code.TEMPLATE_NAME, *led)
        elif not mention.known and (absence := self._absence(mention.path)):
            self._report(path, text, mention.span, Code.NOT_BEFORE, *absence)

    def _absence(self, path: NamePath) -> Absence | None:
        """Say why what a name of a template stands for has not come yet."""
        root, name = path[0], path[1] if len(path) > 1 else None
        if root not in _MISSING or not isinstance(name, str):
            return None
        kind = ReadKind(str(root))
        if self.vocabulary.names_unknown(kind, self.names):
            return None
        return not_before((kind, name), self.names)

    def _led_to(self, path: NamePath) -> Type | tuple[str, str]:
        """Give the type of what a name stands for, or what is wrong with it."""
        root, rest = str(path[0]), path[1:]
        if root not in _ROOTS:
            return f"a template knows no '{root}'", near(root, (*_ROOTS, *self.own))
        if root == "params":
            return self._given(rest)
        known = self.vocabulary.types(self.names)
        if root == "profile":
            return led_to(known[ReadKind.PROFILE][""], rest, "the profile")
        kind = ReadKind(root)
        if not rest or kind not in known or not isinstance(rest[0], str):
            return types.ANY
        name = rest[0]
        if name not in known[kind]:
            if self.vocabulary.names_unknown(kind, self.names):
                return types.ANY
            never = self.vocabulary.never_learnt(kind, name, self.names)
            hint = never[1] if never else near(name, known[kind])
            return f"'{root}.{name}': {_MISSING[root]}", hint
        return led_to(known[kind][name], rest[1:], f"{root} '{name}'")

    def _given(self, rest: NamePath) -> Type | tuple[str, str]:
        """Look for a value that the step gives."""
        if rest and self.arguments is not None and rest[0] not in self.arguments:
            hint = near(str(rest[0]), self.arguments) if self.arguments else "add it there"
            return f"the step gives no value '{rest[0]}' under `with`", hint
        return types.ANY

    def _report(
        self,
        path: Path,
        text: str,
        span: tuple[int, int],
        code: Code,
        message: str,
        hint: str | None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        if self.file is None:
            place = self.document.place_in(path, *span)
        else:
            place = place_of_span(self.file, text, span)
        self.vocabulary.project.report(place, code, message, hint, severity)
