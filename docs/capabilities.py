"""The table of capabilities: what is played by the simulator and by the job, and what is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from docs.tables import table
from journeys.clock import parse_instant
from tests.e2e.acts import Row
from tests.e2e.plans import first_plans
from tests.e2e.stage import SimulatedStage, Told
from tests.e2e.table import TABLE

BEGUN = parse_instant("2026-03-02T10:00:00Z")
"""A Monday."""
SHOWN = 8
"""Acts of a row, and step events of a person, that are shown."""
BREAK = "<br>"


def capabilities(title: str) -> str:
    """Describe the rows of one part of the table."""
    plans = first_plans()
    rows = [
        [row.shows, _acts(row), _told(SimulatedStage.play(row, plans, BEGUN))]
        for row in TABLE[title]
    ]
    return table(["Capability", "What happens", "What is told"], rows)


def _acts(row: Row) -> str:
    return BREAK.join(_some([str(act) for act in row.acts]))


def _told(told: Told) -> str:
    chains = Counter(_chain(events) for events in told.values())
    return BREAK.join(
        chain if count == 1 else f"{count} people: {chain}" for chain, count in chains.items()
    )


def _chain(events: Sequence[Mapping[str, Any]]) -> str:
    return " → ".join(_some([_word(event) for event in events]))


def _word(event: Mapping[str, Any]) -> str:
    """Give the step, the outcome, and which way was taken or why."""
    place = "" if event["step_id"] == "entry" else f"`{event['step_id']}` "
    outcome = event["outcome"]
    why = dict.fromkeys(str(event[name]) for name in ("branch", "reason") if event[name])
    told = ", ".join(word for word in why if word != outcome)
    return f"{place}{outcome}{f' ({told})' if told else ''}"


def _some(items: list[str]) -> list[str]:
    rest = len(items) - SHOWN
    return items if rest <= 0 else [*items[:SHOWN], f"{rest} more"]
