"""What a kind of action is: its form in a definition file, and what forbids sending it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from journeys.consents import refuses_marketing
from journeys.diagnostics import Code
from journeys.messages import JsonObject, JsonValue
from journeys.outcomes import Reason
from journeys.specification import ActionSpec, Path
from journeys.template import Template

Fault = tuple[Path, Code, str, str]
"""Where in the definition, which fault, what is wrong, what to do."""
Refusal = tuple[Reason, str]
"""Why a message is not sent, and what is wrong with it."""
ReadFile = Callable[[str], str | None]
"""Gives the text of a file of the project, or None where there is none."""


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

    def endpoint(self) -> str:
        """Name what calls of this action share limits with."""
        return self.shared_endpoint or self.channel_name

    def faults(self, read: ReadFile) -> Iterator[Fault]:
        """Name what is wrong beyond the form, and where."""
        del read
        return iter(())

    @classmethod
    def refusal(cls, message: JsonObject) -> Refusal | None:
        """Say why a written message cannot be sent, if it cannot."""
        raise NotImplementedError

    @classmethod
    def refuses_marketing(cls, attributes: Mapping[str, JsonValue]) -> bool:
        """Say whether the person has said no to marketing here (XDM consents: `val` is `n`)."""
        return cls.consent_name is not None and refuses_marketing(attributes, cls.consent_name)
