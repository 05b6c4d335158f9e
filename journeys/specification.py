"""What an author may write, as strict pydantic models: the parts that several definitions share.

Models say what a document looks like; `journeys.compiler` says whether it makes sense. Kinds of
definition are in `journeys.kinds`, kinds of action in `journeys.actions`, kinds of step in
`journeys.activities`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal, Protocol, TypedDict

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic import StringConstraints as Text

from journeys import limits
from journeys.activity import Step
from journeys.clock import parse_duration, parse_instant
from journeys.messages import JsonObject, JsonValue

Path = tuple[str | int, ...]
"""Where something stands inside a document: names of fields and positions in lists."""


def _milliseconds(value: object) -> int:
    if not isinstance(value, str):
        message = f"{value!r} is not a duration: expected an ISO 8601 duration such as PT30M or P2D"
        raise ValueError(message)  # noqa: TRY004  # pydantic collects ValueError, not TypeError
    return parse_duration(value)


def _lasting(milliseconds: int) -> int:
    if milliseconds <= 0:
        message = "nothing lasts no time: expected a duration such as PT30M or P2D"
        raise ValueError(message)
    return milliseconds


def _instant(value: object) -> int:
    if not isinstance(value, str):
        message = f"{value!r} is not an instant: expected one such as 2026-03-01T08:00:00Z"
        raise ValueError(message)  # noqa: TRY004  # pydantic collects ValueError, not TypeError
    try:
        return parse_instant(value)
    except ValueError as error:
        if "time zone" in str(error):
            raise
        message = f"{value!r} is not an instant: expected one such as 2026-03-01T08:00:00Z"
        raise ValueError(message) from error


def _clock_time(text: str) -> str:
    if not re.fullmatch(CLOCK_PATTERN, text):
        message = f"{text!r} is no time of day: expected one such as 09:00"
        raise ValueError(message)
    return text


def written(kind: str, pattern: str, expected: str, *examples: str) -> WithJsonSchema:
    """Say in JSON Schema how a text is written that is kept as something else, or checked by code.

    Args:
        kind: what such a text is called.
        pattern: a regular expression that Python and JavaScript read alike.
        expected: what an editor says of a text that does not match.
        examples: texts that match.
    """
    offered = {"examples": list(examples)} if examples else {}
    told = {"pattern": pattern, "patternErrorMessage": f"expected {expected}"}
    return WithJsonSchema({"type": "string", "format": kind, **told, **offered})


_NAME = r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$"
PERIOD_PATTERN = (
    r"([0-9]{1,9}W)?([0-9]{1,9}D)?"
    r"(T(?=[0-9])([0-9]{1,9}H)?([0-9]{1,9}M)?([0-9]{1,9}(\.[0-9]{1,3})?S)?)?"
)
"""What stands behind the `P` of a duration, as a regular expression."""
_PERIODS = ("an ISO 8601 duration such as PT30M or P1DT12H", "PT30M", "P2D", "P1DT12H")
_MOMENT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)
CLOCK_PATTERN = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
"""A time of day as a regular expression."""

Identifier = Annotated[
    str,
    Text(pattern=_NAME),
    written("name", _NAME, "a name: a letter or _, then letters, digits, _, . or -, at most 64"),
]
Duration = Annotated[
    int,
    BeforeValidator(_milliseconds),
    written("duration", rf"^P(?=.){PERIOD_PATTERN}$", *_PERIODS),
]
"""Written as ISO 8601, kept as milliseconds."""
LastingDuration = Annotated[
    Duration,
    AfterValidator(_lasting),
    written("duration", rf"^P(?=.*[1-9]){PERIOD_PATTERN}$", *_PERIODS),
]
"""A duration that is not zero."""
Instant = Annotated[
    int,
    BeforeValidator(_instant),
    written(
        "instant",
        f"^{_MOMENT}$",
        "an instant with its zone, such as 2026-03-01T08:00:00Z",
        "2026-03-01T08:00:00Z",
    ),
]
"""Written as ISO 8601 with a zone, kept as milliseconds since 1970-01-01 UTC."""
Expression = Annotated[
    str,
    Text(min_length=1, strip_whitespace=True),
    written(
        "expression",
        r"\S",
        "an expression",
        "#{profile.country} == 'DE'",
        "@event{purchase.total} > 100",
    ),
]
"""Text of the expression language."""
ClockTime = Annotated[
    str,
    AfterValidator(_clock_time),
    written("time of day", f"^{CLOCK_PATTERN}$", "a time of day such as 09:00", "09:00"),
]
"""A time of day, such as `09:00`."""
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Crossing = Literal["enter", "exit"]
"""Which way a person goes over the border of an audience."""


class Spec(BaseModel):
    """Whatever an author writes: no unknown field is let through."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


def shown(*examples: JsonObject) -> ConfigDict:
    """Give a specification examples, which editors show and offer as a start."""
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class NamedSpec(Spec):
    """What definitions of every kind have."""

    kind: str
    """What the definition is; tells which other fields it has."""
    id: Identifier
    """Its name in the project: a letter or `_`, then up to 63 letters, digits, `_`, `.` or `-`."""
    label: str | None = None
    """A name for people."""
    description: str | None = None
    """A text for people."""


class CrossingSpec(Spec):
    """`{id: big_spenders, on: enter}`: a person goes into an audience, or out of it."""

    id: Identifier
    """Id of an audience of the project."""
    on: Crossing = "enter"
    """Which way over the audience's border."""


class BorderSpec(Spec):
    """`{id: big_spenders, on: both}`: a person goes over the border of an audience."""

    id: Identifier
    """Id of an audience of the project."""
    on: Crossing | Literal["both"] = "enter"
    """Which way over the audience's border; `both` is either."""


class ActionSpec(NamedSpec):
    """`kind: action`: what leaves by which channel; the channel adds its own fields."""

    kind: Literal["action"]
    channel: str
    """What carries it; tells which other fields the action has."""
    timeout: LastingDuration = limits.CALL_TIMEOUT_MS
    """Total time for all attempts."""
    attempts: Annotated[int, Field(ge=1, le=limits.MAX_ATTEMPTS)] = limits.CALL_ATTEMPTS
    """How often to try at most: once and three retries by default."""
    category: Literal["marketing", "transactional"] = "transactional"
    """Marketing is sent only to people whose consents do not refuse it."""


class AlternativesSpec(Spec):
    """Where to go when a step does not go its usual way."""

    max_visits: Identifier | None = None
    """The step to go to after `max_visits` visits of this one; without it the walk exits."""

    def targets(self) -> Iterator[tuple[Path, str]]:
        """Name the steps that are named, and where."""
        for name in type(self).model_fields:
            step = getattr(self, name)
            if step is not None:
                yield ("on", name), step


class CommonFields(TypedDict):
    """The fields that steps of all kinds have."""

    id: str
    kind: str
    next: str
    label: str | None
    max_visits: int | None
    on_max_visits: str | None


class StepSpec(Spec):
    """What all kinds of step have in common."""

    kind: ClassVar[str]
    """The key that tells this kind from the others."""
    label: str | None = None
    """A name for people; reports show it."""
    next: Identifier | None = None
    """The step after this one; by default the next one written."""
    max_visits: Annotated[int, Field(ge=1, le=limits.MAX_VISITS)] | None = None
    """How often one walk may come here; circles of steps need it."""
    on: AlternativesSpec = AlternativesSpec()
    """Where to go when the step does not go its usual way."""

    def compiled(self, step_id: str, following: str) -> Step:
        """Turn the specification into the step that the engine runs."""
        raise NotImplementedError

    def common(self, step_id: str, following: str) -> CommonFields:
        """Give the fields that steps of all kinds have."""
        return {
            "id": step_id,
            "kind": self.kind,
            "next": following,
            "label": self.label,
            "max_visits": self.max_visits,
            "on_max_visits": self.on.max_visits,
        }

    def targets(self) -> Iterator[tuple[Path, str]]:
        """Name every step that this one mentions, and where it does."""
        if self.next is not None:
            yield ("next",), self.next
        yield from self.on.targets()

    def flows_on(self) -> bool:
        """Say whether this step can lead to its `next`."""
        return True

    def holds(self) -> bool:
        """Say whether a person surely stays here for a time, so that a loop through it is slow."""
        return False

    def fixed_waits(self) -> Iterator[tuple[Path, int]]:
        """Name every wait whose length is written, in milliseconds, and where it stands."""
        return iter(())

    def conditions(self) -> Iterator[tuple[Path, str]]:
        """Name every expression that must be true or false, and where it stands."""
        return iter(())

    def numbers(self) -> Iterator[tuple[Path, str]]:
        """Name every expression that must be a number, and where it stands."""
        return iter(())

    def instants(self) -> Iterator[tuple[Path, str]]:
        """Name every expression that must be a date with a time, and where it stands."""
        return iter(())

    def templates(self) -> Iterator[tuple[Path, JsonValue]]:
        """Name every value with holes, and where it stands."""
        return iter(())

    def shares(self) -> Iterator[tuple[Path, list[float]]]:
        """Name every list of percents that must be 100 together, and where it stands."""
        return iter(())

    def uses(self) -> Iterator[tuple[Path, str, str]]:
        """Name every other definition that this step needs: where, of what kind, and its id."""
        return iter(())


class WayOutSpec(Protocol):
    """One way out of a step."""

    @property
    def to(self) -> str | None:
        """The step to go to; None: the step's `next`."""


class ForkSpec(StepSpec):
    """A step with several ways out, listed under the name of its kind."""

    def ways_out(self) -> Sequence[WayOutSpec]:
        """Give the ways, in the order written."""
        ways: Sequence[WayOutSpec] = getattr(self, self.kind)
        return ways

    def labels(self) -> list[str]:
        """Name the ways as step events do, in the order written."""
        raise NotImplementedError

    def targets(self) -> Iterator[tuple[Path, str]]:
        """Name the steps that the ways lead to, too."""
        yield from super().targets()
        for n, way in enumerate(self.ways_out()):
            if way.to is not None:
                yield (self.kind, n, "to"), way.to

    def flows_on(self) -> bool:
        """Say whether some way names no step."""
        return any(way.to is None for way in self.ways_out())

    def conditions(self) -> Iterator[tuple[Path, str]]:
        """Name the rules of the ways that have one."""
        for n, way in enumerate(self.ways_out()):
            when = getattr(way, "when", None)
            if when is not None:
                yield (self.kind, n, "when"), when
