"""A report, asked of a database by the recipes that anybody can ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from connectors.analysis.database import Database
from connectors.analysis.recipes import recipe_of
from journeys.mode import Mode
from journeys.outcomes import Outcome
from journeys.report import VersionReport, Walked
from journeys.reporting.model import (
    Bucket,
    EndpointRow,
    MessageRow,
    Report,
    StepRow,
    VersionPart,
)

TOPICS = ("step-events", "feedback")
"""What a report reads, by name without prefix."""
_LENGTHS_MS = (60_000, 300_000, 3_600_000, 86_400_000)
"""How long a bucket may be: as short as keeps them few."""
_FEW = 72
_LEDGER = """
SELECT journey_id, journey_version, mode, outcome, reason, count(*) AS times
FROM cohort
WHERE outcome IN ('entered', 'not_entered', 'moved_in', 'moved_out')
    OR ends(outcome)
GROUP BY ALL
"""
_INSIDE = """
SELECT journey_id, journey_version, mode, step_id, count(*) AS walks
FROM standing
GROUP BY ALL
ORDER BY ALL
"""
_SPAN = "SELECT epoch_ms(min(occurred_at)), epoch_ms(max(occurred_at)) FROM cohort"
_BUCKETS = """
SELECT
    journey_id, journey_version, mode,
    epoch_ms(occurred_at) // {length} * {length} AS begin,
    count(*) FILTER (outcome = 'entered') AS entered,
    count(*) FILTER (ends(outcome)) AS ended
FROM cohort
WHERE outcome = 'entered' OR ends(outcome)
GROUP BY ALL
ORDER BY ALL
"""
_KNOWN = """
SELECT DISTINCT journey_id, journey_version, coalesce(mode, 'live') AS mode
FROM step_events
WHERE outcome IS NOT NULL
    AND wanted('journey', journey_id) AND wanted('version', journey_version)
ORDER BY ALL
"""
_LABELS = "SELECT journey_id, journey_version, label FROM versions"
_ARMS = "SELECT journey_id, journey_version, step_id, branches FROM steps"

_Row = Mapping[str, Any]


def report_of(database: Database, made_at: int) -> Report:
    """Add up what became of people.

    Args:
        database: holds step events and feedback; its variables narrow the report down.
        made_at: the instant, in milliseconds.
    """
    database.keep("visits")
    ledgers = _ledgers(database)
    steps = _by_version(_rows(database, recipe_of("funnel").sql))
    messages = _by_version(_rows(database, recipe_of("messages").sql))
    length = _bucket_length(database)
    buckets = _by_version(_rows(database, _BUCKETS.format(length=length)))
    labels = {_place(row): row["label"] for row in _rows(database, _LABELS)}
    arms = _arms(database)
    parts = [
        VersionPart(
            walked,
            labels.get(walked[:2]),
            ledgers[walked],
            [_step(row) for row in steps[walked]],
            [Bucket(row["begin"], row["entered"], row["ended"]) for row in buckets[walked]],
            [_message(row) for row in messages[walked]],
            arms[walked[:2]],
        )
        for walked in sorted(ledgers)
    ]
    endpoints = [_endpoint(row) for row in _rows(database, recipe_of("endpoints").sql)]
    since, until = (_milliseconds(database.variables.get(name)) for name in ("since", "until"))
    known = [_walked(row) for row in _rows(database, _KNOWN)]
    shown = database.variables.get("mode", Mode.LIVE)
    hidden = [walked for walked in known if shown not in ("all", walked.mode)]
    return Report(made_at, since, until, parts, endpoints, length, hidden)


def _rows(database: Database, sql: str) -> Iterator[_Row]:
    answer = database.query(sql)
    return (dict(zip(answer.columns, row, strict=True)) for row in answer.rows)


def _place(row: _Row) -> tuple[str, int]:
    return row["journey_id"], row["journey_version"]


def _walked(row: _Row) -> Walked:
    return Walked(*_place(row), Mode(row["mode"]))


def _by_version(rows: Iterator[_Row]) -> Mapping[Walked, Sequence[_Row]]:
    found: defaultdict[Walked, list[_Row]] = defaultdict(list)
    for row in rows:
        found[_walked(row)].append(row)
    return found


def _ledgers(database: Database) -> Mapping[Walked, VersionReport]:
    found: defaultdict[Walked, VersionReport] = defaultdict(VersionReport)
    for row in _rows(database, _LEDGER):
        _count(found[_walked(row)], row)
    for row in _rows(database, _INSIDE):
        found[_walked(row)].inside[row["step_id"]] = row["walks"]
    for row in _rows(database, recipe_of("ways").sql):
        found[_walked(row)].steps[row["step_id"]][row["way"]] = row["times"]
    for row in _rows(database, recipe_of("experiments").sql):
        arm = found[_walked(row)].experiments[row["step_id"]][row["arm"]]
        arm.given, arm.converted = row["given"], row["converted"]
    return found


def _count(version: VersionReport, row: _Row) -> None:
    times, reason = row["times"], str(row["reason"])
    match Outcome(row["outcome"]):
        case Outcome.ENTERED:
            version.entered += times
        case Outcome.NOT_ENTERED:
            version.not_entered[reason] += times
        case Outcome.MOVED_IN:
            version.moved_in += times
        case Outcome.MOVED_OUT:
            version.moved_out += times
        case Outcome.COMPLETED:
            version.completed += times
        case Outcome.EXITED:
            version.exited[reason] += times
        case Outcome.FAILED:
            version.failed[reason] += times


def _bucket_length(database: Database) -> int:
    ((first, last),) = database.query(_SPAN).rows
    span = 0 if first is None else last - first
    return next((length for length in _LENGTHS_MS if span <= _FEW * length), _LENGTHS_MS[-1])


def _arms(database: Database) -> Mapping[tuple[str, int], dict[str, list[str]]]:
    found: defaultdict[tuple[str, int], dict[str, list[str]]] = defaultdict(dict)
    for row in _rows(database, _ARMS):
        found[_place(row)][row["step_id"]] = row["branches"] or []
    return found


def _step(row: _Row) -> StepRow:
    return StepRow(
        row["step_id"],
        row["label"],
        *(row[f.name] for f in fields(StepRow) if f.name not in ("step", "label")),
    )


def _message(row: _Row) -> MessageRow:
    named = {"step": row["step_id"], "action": row["action_id"]}
    return MessageRow(**{f.name: named.get(f.name) or row[f.name] for f in fields(MessageRow)})


def _endpoint(row: _Row) -> EndpointRow:
    counted = {f.name: row[f.name] for f in fields(EndpointRow)}
    times = {name: value for name, value in counted.items() if name.endswith("_ms")}
    whole = {name: None if value is None else round(value) for name, value in times.items()}
    return EndpointRow(**counted | whole)


def _milliseconds(value: object) -> int | None:
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else None
