"""Draw the picture of a report that a page of the documentation shows, by a browser.

    python -m docs.report_picture

The people do not exist: they walk through the project `onboarding` in virtual time, and half of
them open what they get.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import NamedTuple

import orjson

from connectors.analysis.columns import table_of
from connectors.analysis.database import Database
from connectors.analysis.dimensions import dimensions_of
from connectors.analysis.reporting import report_of
from connectors.browser import find_browser, picture
from jobs.folder import Folder, read_folder
from journeys import codec
from journeys.clock import parse_instant
from journeys.command import Report
from journeys.messages import JsonObject
from journeys.outcomes import Outcome
from journeys.rehearsal.population import Crowd, populate
from journeys.rehearsal.subject import Subject
from journeys.reporting.page import page
from journeys.step_event import StepEvent

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "journeys" / "library" / "onboarding"
PICTURE = ROOT / "docs" / "pictures" / "report.png"
WIDTH = 1000
DAYS = 14
PEOPLE = (125, 125, 125, 125, 125, 90, 90)
"""Who begin on each day of a week, at first."""
DAY_MS = 86_400_000
BEGIN = parse_instant("2026-03-02T00:00:00Z")
NOW = BEGIN + (DAYS + 2) * DAY_MS
PROFILE: JsonObject = {
    "person": {"name": {"firstName": "Ann"}},
    "personalEmail": {"address": "ann@mail.example"},
    "timeZone": "Europe/Paris",
}
LIKELY = {"holdout": 0.7, "guided": 0.85}
CHANCES = {"delivered": 0.97, "opened": 0.48, "clicked": 0.3}
"""How likely each follows the one before."""


class Lying(NamedTuple):
    """A record as it would lie on its topic."""

    partition: int
    offset: int
    timestamp: int
    key: str | None
    value: bytes | None


def walked(project: Folder) -> Iterator[StepEvent]:
    """Let some people more begin each day, and tell what became of them until now."""
    plan = project.compilation.plans["onboarding"]
    plans = project.compilation.published()
    subject = Subject(plan, plans, project.compilation.responses, project.profile_schema)
    for day in range(DAYS):
        start = BEGIN + day * DAY_MS
        people = PEOPLE[day % len(PEOPLE)] + 4 * day
        crowd = Crowd(people, NOW - start, seed=day, start=start, profile=PROFILE)
        for person in populate(subject, crowd).people.values():
            for happening in person.trace:
                if isinstance(happening.what, Report):
                    yield of_day(happening.what.step_event, day)


def of_day(event: StepEvent, day: int) -> StepEvent:
    """Tell the people of a day from those of others, who have the same names.

    Mail servers answer sooner than in virtual time.
    """
    names: dict[str, object] = {
        name: None if value is None else f"{value}-{day}"
        for name in ("event_id", "profile_id", "instance_id", "request_id")
        for value in [getattr(event, name)]
    }
    if event.latency_ms is not None:
        names |= {"endpoint": "smtp", "latency_ms": event.latency_ms // 40}
    return replace(event, **names)  # type: ignore[arg-type]  # named fields


def is_unlikely(event: StepEvent, chance: Random) -> bool:
    """Let fewer of those who are kept out succeed, who all do as likely in virtual time."""
    return event.outcome is Outcome.CONVERTED and chance.random() > LIKELY.get(
        event.branch or "", 1
    )


def reactions(events: list[StepEvent]) -> Iterator[bytes]:
    """Let some of those who got a message open it, and some of them click."""
    chance = Random(1)  # noqa: S311  # a picture, and no secret
    for event in events:
        if event.outcome is not Outcome.SUCCEEDED:
            continue
        for reaction, share in CHANCES.items():
            if chance.random() > share:
                break
            yield orjson.dumps({"request_id": event.request_id, "reaction": reaction})


def lying(values: Iterator[bytes]) -> list[Lying]:
    """Let values lie on a topic."""
    return [Lying(0, offset, BEGIN, None, value) for offset, value in enumerate(values)]


def text() -> str:
    """Write the page of the report."""
    project = read_folder(PROJECT)
    chance = Random(2)  # noqa: S311  # a picture, and no secret
    events = [event for event in walked(project) if not is_unlikely(event, chance)]
    told = lying(codec.dump_step_event(event).encode() for event in events)
    tables = {
        "step-events": table_of("step-events", told),
        "feedback": table_of("feedback", lying(reactions(events))),
    }
    dimensions = dimensions_of(project.compilation.plans.values())
    with Database(tables, dimensions, {}) as database:
        return page("Report on onboarding", report_of(database, NOW))


def main() -> None:
    """Draw the picture, or write the page into a file that is named."""
    written = text()
    if sys.argv[1:]:
        Path(sys.argv[1]).write_text(written, encoding="utf-8")
        return
    PICTURE.write_bytes(picture(written, WIDTH, find_browser()))


if __name__ == "__main__":
    main()
