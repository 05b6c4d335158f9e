"""What a kind of action is: its form in a definition file, and what forbids sending it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator

from journeys.consents import refuses_marketing
from journeys.diagnostics import Code
from journeys.expressions.types import Kind
from journeys.languages import TAG_PATTERN, Languages
from journeys.message_looks import field_lines, text_page
from journeys.messages import JsonObject, JsonValue
from journeys.outcomes import Reason
from journeys.specification import ActionSpec, Path, Spec, written
from journeys.template import Template, parse_template

Fault = tuple[Path, Code, str, str]
"""Where in the definition, which fault, what is wrong, what to do."""
Refusal = tuple[Reason, str]
"""Why a message is not sent, and what is wrong with it."""
ReadFile = Callable[[str], str | None]
"""Gives the text of a file of the project, or None where there is none."""


def _language_tag(text: str) -> str:
    if not re.fullmatch(TAG_PATTERN, text):
        message = "it is no language tag: write one such as fr or fr-CA"
        raise ValueError(message)
    return text


LanguageTag = Annotated[
    str,
    AfterValidator(_language_tag),
    written("language", rf"^{TAG_PATTERN}$", "a language tag such as fr or fr-CA", "fr", "fr-CA"),
]


class ActionKind(ActionSpec):
    """An action of one channel. Subclasses are listed in `journeys.actions`."""

    channel_name: ClassVar[str]
    shared_endpoint: ClassVar[str | None] = None
    """What all messages of the channel share limits with; None: each names its own host."""
    consent_name: ClassVar[str | None] = None
    """Name of the channel in the profile's `consents.marketing`; None: consent is no matter."""
    reactions: ClassVar[frozenset[str]] = frozenset()
    """What the channel can report that a person, or a provider, did with a message."""

    def template(self, read: ReadFile) -> Template:
        """Give the message with its holes, as the channel's `Message` fields."""
        raise NotImplementedError

    def in_languages(self, read: ReadFile) -> Languages | None:
        """Give the message in its other languages, if it has any."""
        del read
        return None

    def endpoint(self) -> str:
        """Name what calls of this action share limits with."""
        return self.shared_endpoint or self.channel_name

    def faults(self, read: ReadFile) -> Iterator[Fault]:
        """Name what is wrong beyond the form, and where."""
        del read
        return iter(())

    def doubts(self, read: ReadFile) -> Iterator[Fault]:
        """Name what may be meant otherwise, and where."""
        del read
        return iter(())

    @classmethod
    def refusal(cls, message: JsonObject) -> Refusal | None:
        """Say why a written message cannot be sent, if it cannot."""
        raise NotImplementedError

    @classmethod
    def told(cls, message: JsonObject) -> list[str]:
        """Show a written message in lines: what it is, then what it says."""
        return field_lines(message)

    @classmethod
    def page(cls, message: JsonObject) -> str:
        """Show a written message as an HTML page, as near as may be to what a person sees."""
        return text_page("\n".join(cls.told(message)))

    @classmethod
    def refuses_marketing(cls, attributes: Mapping[str, JsonValue]) -> bool:
        """Say whether the person has said no to marketing here (XDM consents: `val` is `n`)."""
        return cls.consent_name is not None and refuses_marketing(attributes, cls.consent_name)


class TextsSpec(Spec):
    """What a message says in one more language; what it leaves out is as in the message itself."""

    needed: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """What each language says anew: of each group of fields at least one."""

    def replaced(self) -> dict[str, object]:
        """Give the fields that take the place of those of the message itself."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    def lacking(self) -> Iterator[str]:
        """Name the texts that it does not say anew."""
        for names in self.needed:
            if self.model_fields_set.isdisjoint(names):
                yield names[0]


_SAID = ("subject", "title", "body", "text", "html")
"""Fields of messages that say something to whoever gets them, or name files that do."""


class MessageKind(ActionKind):
    """An action that reaches a person: it has an address, and may speak several languages."""

    address_kinds: ClassVar[tuple[Kind, ...]] = (Kind.STRING, Kind.ANY, Kind.NULL)
    """The types of value that an address can be."""

    to: str | None = None
    """Where it goes; by default what `journeys.yaml` names as the channel's `address`."""
    language: LanguageTag | None = None
    """The language of the texts, such as `en`."""
    languages: Mapping[LanguageTag, TextsSpec] = {}
    """Language tag to the texts in that language."""
    preferred_language: str = "#{profile.preferredLanguage}"
    """Which language the person prefers: a tag, or a list of them, the dearest first. Whoever
    prefers `fr-CA` gets `fr` where there is no `fr-CA`."""

    def text_faults(self, read: ReadFile) -> Iterator[Fault]:
        """Name what is wrong with the texts in one language."""
        del read
        return iter(())

    def faults(self, read: ReadFile) -> Iterator[Fault]:
        """Name what is wrong with the texts, in every language."""
        yield from (*self.empty_texts(read), *self.text_faults(read))
        for tag, texts in self.languages.items():
            translated = self._in(tag)
            found = (*translated.empty_texts(read), *translated.text_faults(read))
            for path, code, message, hint in found:
                if path[0] in texts.model_fields_set:
                    yield ("languages", tag, *path), code, in_language(tag, message), hint
        yield from self._repeated_tags()

    def empty_texts(self, read: ReadFile) -> Iterator[Fault]:
        """Name texts that are there and say nothing, to anybody."""
        for name in _SAID:
            written = getattr(self, name, None)
            if written is None:
                continue
            content = read(written)
            if not (written if content is None else content).strip():
                what = f"the file of `{name}` is" if content is not None else f"`{name}` is"
                message = f"{what} empty: the message says nothing there"
                yield (name,), Code.MISSING_FIELD, message, "write what it is to say"

    def doubts(self, read: ReadFile) -> Iterator[Fault]:
        """Name languages that say only half of the message."""
        del read
        for tag, texts in self.languages.items():
            for name in texts.lacking():
                message = f"the message has no `{name}` in '{tag}': it mixes two languages"
                hint = f"give it a `{name}`"
                yield ("languages", tag), Code.HALF_TRANSLATED, message, hint

    def in_languages(self, read: ReadFile) -> Languages | None:
        """Give the message in its other languages, if it has any."""
        if not self.languages:
            return None
        messages = {tag: self._in(tag).template(read) for tag in self.languages}
        return Languages(parse_template(self.preferred_language), self.language, messages)

    def _in(self, tag: str) -> Self:
        """Give the action as it is in another language."""
        replaced = self.languages[tag].replaced()
        return self.model_copy(update={**replaced, "language": tag, "languages": {}})

    def _repeated_tags(self) -> Iterator[Fault]:
        seen = {} if self.language is None else {self.language.lower(): self.language}
        for tag in self.languages:
            if tag.lower() in seen:
                message = f"the message is written in '{seen[tag.lower()]}' already"
                hint = "keep one of them: case does not tell languages apart"
                yield ("languages", tag), Code.ONE_OF, message, hint
            seen[tag.lower()] = tag


def in_language(tag: str, message: str) -> str:
    """Say of a fault in which language it is."""
    return f"in '{tag}': {message}"
