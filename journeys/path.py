"""The path of a person, walk by walk, as step events tell it; and each step event in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from journeys.clock import format_instant
from journeys.outcomes import Outcome
from journeys.report import Walked
from journeys.step_event import StepEvent

_ENTRY = (Outcome.ENTERED, Outcome.NOT_ENTERED)
_BY_EVENT = (
    *_ENTRY,
    Outcome.PASSED,
    Outcome.EXITED,
    Outcome.CONVERTED,
    Outcome.DISCARDED,
)
"""Of these it is told by which event: step events of the same instant name it too."""


@dataclass(frozen=True, slots=True)
class Path:
    """One walk of a person, or one entry that was refused."""

    walked: Walked
    """The version in which it began, or would have."""
    instance_id: str | None
    """None: the person did not enter."""
    step_events: Sequence[StepEvent]
    """In the order in which they were told."""

    def lines(self) -> Iterator[str]:
        """Write it for people: what it is, and a line for each step event."""
        yield f"{self.walked} {f'walk {self.instance_id}' if self.instance_id else 'no walk'}"
        for event in self.step_events:
            number = event.journey_version
            other = f"v{number}: " if number != self.walked.version else ""
            yield f"  {format_instant(event.occurred_at)}  {other}{told(event)}"


def paths(step_events: Iterable[StepEvent]) -> list[Path]:
    """Sort the step events of one person by walk, in the order in which the walks began.

    Step events of a person lie in order on their topic. One read twice counts once.
    """
    walks: dict[str, list[StepEvent]] = {}
    for event in {event.event_id: event for event in step_events}.values():
        walks.setdefault(event.instance_id or event.event_id, []).append(event)
    return [Path(walked(told[0]), told[0].instance_id, told) for told in walks.values()]


def walked(event: StepEvent) -> Walked:
    """Name what a step event is counted by."""
    return Walked(event.journey_id, event.journey_version, event.mode)


def line(event: StepEvent) -> str:
    """Write a step event that stands by itself."""
    return f"{format_instant(event.occurred_at)}  {walked(event)}: {told(event)}"


def told(event: StepEvent) -> str:
    """Say what became of a person, and what a message or an event had to do with it."""
    until = None if event.due_at is None else format_instant(event.due_at)
    about = ", ".join(_about(event))
    return f"{words(event, until)}{f': {about}' if about else ''}"


def words(event: StepEvent, until: str | None = None) -> str:
    """Say it in the words of the step event: `race passed by 'purchase'`, `entered`.

    Args:
        event: what is told.
        until: its `due_at`, as it is to be written.
    """
    said = [] if event.outcome in _ENTRY else [event.step_id]
    said.append(event.outcome.replace("_", " "))
    if until is not None:
        said.append(f"until {until}")
    if event.branch not in (None, event.outcome):
        said.append(f"by '{event.branch}'")
    if event.reason is not None:
        said.append(f"({event.reason})")
    return " ".join(said)


def _about(event: StepEvent) -> Iterator[str]:
    if event.event_type is not None and event.outcome in _BY_EVENT:
        yield f"event {event.event_type}"
    elif event.outcome in _ENTRY and event.cause is not None:
        yield event.cause
    if event.action_id is not None:
        yield event.action_id if event.channel is None else f"{event.channel} {event.action_id}"
    if event.code is not None and event.code != event.reason:
        yield event.code
    if event.detail is not None:
        yield event.detail
