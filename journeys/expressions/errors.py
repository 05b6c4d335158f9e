"""Faults of one expression: where, what is wrong, and what to do. Knows no tree and no types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from journeys.errors import JourneyError


class Span(NamedTuple):
    """A stretch of the expression's text, in characters: `start` is in it, `end` is not."""

    start: int
    end: int


class Severity(StrEnum):
    """Whether a fault forbids the expression or only warns of it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an expression."""

    span: Span
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    is_vain: bool = False
    """Whether the expression runs all the same: it has a value, though never one of any use."""

    @property
    def stops(self) -> bool:
        """Whether the expression cannot run; one that is only in vain goes on in old plans."""
        return self.severity is Severity.ERROR and not self.is_vain


class ExpressionError(JourneyError):
    """An expression that cannot be read, is typed wrongly, or went past a limit at run time.

    `span` and `message` are those of the first fault; `faults` holds them all.
    """

    def __init__(
        self,
        message: str,
        span: Span = Span(0, 0),  # noqa: B008 - an immutable tuple
        hint: str | None = None,
        faults: Sequence[Fault] = (),
    ) -> None:
        super().__init__(f"{message} ({hint})" if hint else message)
        self.message = message
        self.span = span
        self.hint = hint
        self.faults = tuple(faults) or (Fault(span, message, hint),)

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> ExpressionError:
        """Make one error of all faults found, in the order of the text."""
        ordered = sorted(faults, key=lambda fault: fault.span)
        first = ordered[0]
        return cls(first.message, first.span, first.hint, ordered)
