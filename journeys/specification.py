"""The form of definition files: strict pydantic models of what an author may write.

Models here say what a document looks like; `journeys.compiler` says whether it makes sense.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from journeys.activity import Step
from journeys.clock import parse_duration
from journeys.messages import JsonValue


def _milliseconds(value: object) -> int:
    if not isinstance(value, str):
        message = f"{value!r} is not a duration: expected an ISO 8601 duration such as PT30M or P2D"
        raise ValueError(message)  # noqa: TRY004  # pydantic collects ValueError, not TypeError
    return parse_duration(value)


Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")]
Duration = Annotated[int, BeforeValidator(_milliseconds, json_schema_input_type=str)]
"""Written as ISO 8601, kept as milliseconds."""
Expression = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Spec(BaseModel):
    """Whatever an author writes: no unknown field is let through."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


Path = tuple[str | int, ...]
"""Where something stands inside a document: names of fields and positions in lists."""


class StepSpec(Spec):
    """What all kinds of step have in common."""

    kind: ClassVar[str]
    """The key that tells this kind from the others."""
    label: str | None = None
    """A name for people; reports show it."""
    next: Identifier | None = None
    """The step after this one; by default the next one written."""

    def compiled(self, step_id: str, following: str) -> Step:
        """Turn the specification into the step that the engine runs."""
        raise NotImplementedError

    def targets(self) -> Iterator[tuple[Path, str]]:
        """Name every step that this one mentions, and where it does."""
        if self.next is not None:
            yield ("next",), self.next

    def flows_on(self) -> bool:
        """Say whether this step can lead to its `next`."""
        return True

    def holds(self) -> bool:
        """Say whether a person surely stays here for a time, so that a loop through it is slow."""
        return False

    def conditions(self) -> Iterator[tuple[Path, str]]:
        """Name every expression that must be true or false, and where it stands."""
        return iter(())

    def listens(self) -> Iterator[tuple[Path, str]]:
        """Name every event that this step waits for, and where it does."""
        return iter(())


class EventSpec(Spec):
    """`kind: event`: which records on the events topic are this event."""

    kind: Literal["event"]
    id: Identifier
    label: str | None = None
    payload_schema: str | None = Field(default=None, alias="schema")
    """A JSON Schema file of the project."""
    match: dict[str, JsonValue] = Field(default_factory=dict)
    """Dotted paths of the payload and the values they must have, all of them."""
    when: Expression | None = None
    """A condition over the payload, besides `match`."""


class ActionSpec(Spec):
    """What actions of every channel have in common. A channel adds its own fields."""

    kind: Literal["action"]
    id: Identifier
    label: str | None = None
    timeout: Duration = 30_000
    """Total time for all attempts."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 4
    """How often to try at most: once and three retries by default."""
    category: Literal["marketing", "transactional"] = "transactional"
    """Marketing is sent only to people whose consents do not refuse it."""


class ReentrySpec(Spec):
    """Whether and when a person may walk again."""

    allowed: bool = True
    after: Duration = 300_000
    """Counted from the end of the walk before; five minutes by default, as in the field."""


class EntrySpec(Spec):
    """Who begins a walk."""

    event: Identifier
    when: Expression | None = None
    key: Expression | None = None
    """Several walks of one person at once, one per value of this expression."""
    reentry: ReentrySpec = ReentrySpec()


class JourneySpec(Spec):
    """`kind: journey`, with its steps still as written: their form depends on their kind."""

    kind: Literal["journey"]
    id: Identifier
    label: str | None = None
    description: str | None = None
    version: Annotated[int, Field(ge=1)]
    namespace: str = "profile"
    """Name of the identity that the record key holds, as in `identityMap`."""
    timezone: str = "UTC"
    """An IANA zone, or `profile` for each person's own (`timeZone`, else UTC)."""
    entry: EntrySpec
    in_flight: Literal["finish"] = "finish"
    """What becomes of people inside the version before: they finish it."""
    steps: Annotated[dict[Identifier, dict[str, Any]], Field(min_length=1, max_length=200)]
