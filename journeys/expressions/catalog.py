"""What a checker knows of the outside world: which names there are, and their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from journeys.expressions.errors import Span
from journeys.expressions.types import ANY, Type


class ReadKind(StrEnum):
    """What an expression can read."""

    EVENT = "event"
    SOURCE = "source"
    PROFILE = "profile"
    ACTION = "action"
    DECISION = "decision"
    HISTORY = "history"
    AUDIENCE = "audience"
    PROPERTY = "property"


@dataclass(frozen=True, slots=True)
class Read:
    """One thing that an expression reads."""

    kind: ReadKind
    name: str
    """The event, source, step, decision, audience or property; empty for the profile."""
    path: tuple[str, ...]
    """The fields, without methods; of a source, its field group first."""
    span: Span = field(compare=False)
    window_ms: int | None = None
    """Of a history: how far back it goes; None is all that is kept."""
    aggregate: str | None = None
    """Of a history: the function that is all that is asked of its values, such as `sum`."""
    parameters: bool = False
    """Of a source: whether it is asked with parameters."""


class Catalog(Protocol):
    """Resolves names to types."""

    def type_of(self, kind: ReadKind, name: str) -> Type | None:
        """Give the type of everything that a name stands for, or None if there is no such name.

        A source is an object of its field groups. A history has the type of its event.
        """
        ...

    def names(self, kind: ReadKind) -> Iterable[str]:
        """List the names there are, to suggest a near one."""
        ...


class OpenCatalog:
    """Knows every name and no type: for expressions without schemas."""

    def type_of(self, kind: ReadKind, name: str) -> Type | None:
        """Give the type that nothing is known of."""
        del kind, name
        return ANY

    def names(self, kind: ReadKind) -> Iterable[str]:
        """List nothing."""
        del kind
        return ()


@dataclass(frozen=True, slots=True)
class KnownTypes:
    """A catalog of given types. A kind that is not listed at all is open: any name, any type."""

    types: Mapping[ReadKind, Mapping[str, Type]]

    def type_of(self, kind: ReadKind, name: str) -> Type | None:
        """Give the type listed under a name."""
        return self.types[kind].get(name) if kind in self.types else ANY

    def names(self, kind: ReadKind) -> Iterable[str]:
        """List the names of a kind."""
        return self.types.get(kind, {})
