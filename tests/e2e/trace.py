"""Step events of the two stages made comparable: line for line, with all that may differ left out.

What is left out or replaced, and nothing else:

- ids of walks, events, requests and step events are hashes of places in Kafka: each is replaced by
  the number of its first appearance, so that the same id is the same number on both stages;
- `occurred_at` depends on when a record came and how long calls took: it is left out, but a wait
  that ends before its time is told;
- `due_at` of a wait of some length is replaced by the length, and of who was moved in the middle of
  one it is only said that there is one; that of any other wait is compared;
- `attempts`, `provider_message_id`, the times of each hop and the words of a provider in `detail`
  tell of the network;
- where it is free who has which trace, names of people are left out, and traces are sorted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from typing import Any

from journeys.activities.first_of import FirstOf
from journeys.activities.wait import Wait
from journeys.clock import parse_instant
from journeys.deadline import Deadline
from journeys.messages import JsonObject
from journeys.plans import Plans

FIRST = ("journey_id", "journey_version", "step_id", "outcome")
"""What a line begins with, without names."""
NUMBERED = ("event_id", "instance_id", "trigger_event_id", "request_id")
LEFT_OUT = frozenset(
    {
        "attempts",
        "engine_version",
        "ingest_ms",
        "late_ms",
        "latency_ms",
        "occurred_at",
        "profile_id",
        "provider_message_id",
        "queued_ms",
        "returned_ms",
        "schema_version",
    }
)


def lines(
    told: Mapping[str, Sequence[JsonObject]], plans: Plans, *, free: bool = False
) -> list[str]:
    """Write the traces of some people, one line for each step event."""
    traces = [
        ["somebody" if free else who, *_Trace(plans).lines(events)]
        for who, events in sorted(told.items())
    ]
    return [line for trace in (sorted(traces) if free else traces) for line in trace]


def difference(simulated: Sequence[str], real: Sequence[str]) -> str:
    """Show where two traces differ; empty where they do not."""
    diff = unified_diff(simulated, real, "the simulator", "the job", n=100, lineterm="")
    return "\n".join(diff)


class _Trace:
    """The step events of one person, from the first to the last."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._numbers: dict[str, dict[str, int]] = {name: {} for name in NUMBERED}
        self._dues: dict[tuple[str, str], str] = {}
        """Walk and step to until when it waits."""
        self._providers: set[str] = set()
        """What providers said."""

    def lines(self, events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        for event in events:
            first = " ".join(str(event[name]) for name in FIRST)
            rest = (
                f"{name}={self._shown(name, value, event)}"
                for name, value in event.items()
                if value is not None and name not in LEFT_OUT and name not in FIRST
            )
            yield " ".join(["  " + first, *rest, *self._early(event)])

    def _shown(self, name: str, value: Any, event: Mapping[str, Any]) -> object:
        if name in NUMBERED:
            numbers = self._numbers[name]
            return numbers.setdefault(value, len(numbers) + 1)
        if name == "due_at":
            return self._due(event)
        if name == "detail" and event["attempts"]:
            self._providers.add(value)
        return "(the provider's)" if value in self._providers else value

    def _early(self, event: Mapping[str, Any]) -> Iterator[str]:
        """Tell of a wait that ended before its time."""
        place = (event["instance_id"], event["step_id"])
        due = self._dues.pop(place, None)
        if event["due_at"] is not None:
            self._dues[place] = event["due_at"]
        is_over = (event["outcome"], event["cause"]) == ("passed", "timer")
        if due and is_over and parse_instant(event["occurred_at"]) < parse_instant(due):
            yield "too early"

    def _due(self, event: Mapping[str, Any]) -> str:
        if event["outcome"] == "moved_in":
            return "as before"
        deadline = self._deadline(event)
        if deadline is None or deadline.at is not None or deadline.until is not None:
            return str(event["due_at"])
        return f"+{parse_instant(event['due_at']) - parse_instant(event['occurred_at'])} ms"

    def _deadline(self, event: Mapping[str, Any]) -> Deadline | None:
        plan = self._plans.find(event["journey_id"], event["journey_version"])
        match plan.steps.get(event["step_id"]) if plan else None:
            case Wait(deadline=deadline):
                return deadline
            case FirstOf(wait=branch) if branch is not None:
                return branch.deadline
        return None
