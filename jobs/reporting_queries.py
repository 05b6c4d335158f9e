"""What the reporting job counts, as SQL, in the JVM alone.

Every count is a plain GROUP BY whose result for a key is written anew whenever it changes. So what
comes late corrects its window, a crash repeats what it wrote, and the last record of each key is
the truth. Windows are minutes of `occurred_at`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.tables import (
    json_table,
    literal,
    record_columns,
    sink_table,
    source_table,
    upsert_table,
)
from connectors.kafka.topics import Topics
from journeys.alerts import COUNTED as ALERTED
from journeys.ledger import SIGNS
from journeys.messages import REACTIONS
from journeys.metrics import DEAD_LETTERS, INSIDE, LATENCY, MESSAGES, STEPS, WALKS

COUNTED = "counted"
"""Table that counts are written to."""
SAID = "said"
"""Table of what the watch operator says: rows name their topic."""
UNBOUNDED = 2**31 - 1
_STEP_EVENT = {
    "event_id": "STRING",
    "journey_id": "STRING",
    "journey_version": "INT",
    "outcome": "STRING",
    "occurred_at": "STRING",
    "step_id": "STRING",
    "step_kind": "STRING",
    "reason": "STRING",
    "branch": "STRING",
    "action_id": "STRING",
    "channel": "STRING",
    "request_id": "STRING",
    "mode": "STRING",
    "endpoint": "STRING",
    "ingest_ms": "BIGINT",
    "queued_ms": "BIGINT",
    "latency_ms": "BIGINT",
    "returned_ms": "BIGINT",
    "late_ms": "BIGINT",
}
"""Fields of a step event that are read. One that a record lacks is null."""
_FEEDBACK = {"request_id": "STRING", "reaction": "STRING"}
_DEAD_LETTER = {"reason": "STRING", "topic": "STRING", "recorded_at": "STRING"}
_MINUTE = "SUBSTRING(occurred_at FROM 1 FOR 16)"
"""Beginning of the window of a step event: an instant is written as `2026-03-01T08:00:12.345Z`."""
_INSTANT = literal("yyyy-MM-dd'T'HH:mm:ss'Z'")
_HOPS = {
    "ingest": "ingest_ms",
    "queue": "queued_ms",
    "call": "latency_ms",
    "return": "returned_ms",
    "timer": "late_ms",
}
"""Part of the way to the field that says how long it took."""
_ENDS = {
    "succeeded": "sent",
    "error": "error",
    "timeout": "timeout",
    "capped": "capped",
    "not_sent": "not_sent",
}
"""Outcome of a request to what it says of the message."""


def declare(topics: Topics, bootstrap: Bootstrap, group: str) -> list[str]:
    """Give the statements that declare what is read and written."""
    read = {
        "step_events": ("step-events", _STEP_EVENT),
        "feedback": ("feedback", _FEEDBACK),
        "dead_letters": ("dead-letters", _DEAD_LETTER),
    }
    return [
        *(
            json_table(name, topics.full(topic), bootstrap, group, columns)
            for name, (topic, columns) in read.items()
        ),
        *(
            source_table(name, topics.full(name), bootstrap, group, "earliest")
            for name in ("metrics", "control")
        ),
        upsert_table(COUNTED, topics.full("metrics"), bootstrap),
        sink_table(SAID, topics, bootstrap, None),
    ]


def watched() -> str:
    """Give the query of what the watch operator is told, as ROW(journey, record)."""
    kinds = ", ".join(map(literal, (WALKS, INSIDE)))
    outcomes = ", ".join(map(literal, ALERTED))
    rates = (
        f"SPLIT_INDEX(k, '/', 0) = {literal(STEPS)} AND SPLIT_INDEX(k, '/', 4) = 'live' "
        f"AND SPLIT_INDEX(k, '/', 7) IN ({outcomes})"
    )
    # What changes no journey's life: definitions, entries that are asked for, shares of bandits.
    other = "k LIKE '.%' OR k LIKE '%/enter/%' OR k LIKE '%/weights'"
    return (
        f"SELECT SPLIT_INDEX(k, '/', 1) AS f0, ROW({record_columns('metrics', UNBOUNDED)}) AS f1 "
        f"FROM `metrics` WHERE v IS NOT NULL AND (SPLIT_INDEX(k, '/', 0) IN ({kinds}) OR {rates}) "
        f"UNION ALL SELECT SPLIT_INDEX(k, '/', 0), ROW({record_columns('control', UNBOUNDED)}) "
        f"FROM `control` WHERE v IS NOT NULL AND k IS NOT NULL AND NOT ({other})"
    )


def queries(without: str | None) -> Iterable[str]:
    """Give the queries of all metrics, as (k, v).

    Args:
        without: id of a step event that is left out, to see that the ledger tells of it.
    """
    kept = "step_events"
    if without is not None:
        kept = f"(SELECT * FROM step_events WHERE event_id <> {literal(without)})"
    return (_steps(kept), _walks(kept), _messages(kept), _latencies(kept), _dead_letters())


def _steps(events: str) -> str:
    dimensions = (
        *("journey_id", "journey_version", "minute", "mode", "step_id", "step_kind"),
        *("outcome", "reason", "action_id", "channel", "branch"),
    )
    rows = f"(SELECT *, {_MINUTE} AS `minute` FROM {events})"
    return _written(STEPS, dimensions, rows, {"value": "COUNT(*)"})


def _walks(events: str) -> str:
    """Count in all, without windows: what the ledger is drawn from. It is kept for ever."""
    outcomes = ", ".join(map(literal, SIGNS))
    rows = f"(SELECT * FROM {events} WHERE outcome IN ({outcomes}))"
    values = {"value": "COUNT(*)", "latest": "MAX(occurred_at)"}
    dimensions = ("journey_id", "journey_version", "outcome")
    return _written(WALKS, dimensions, rows, values, "/*+ STATE_TTL('named' = '0s') */ ")


def _messages(events: str) -> str:
    """Count what became of messages, each in the minute in which it was asked for."""
    asked = ("journey_id", "journey_version", "minute", "mode", "step_id", "action_id", "channel")
    listed = ", ".join(f"`{name}`" for name in asked)
    ends = " ".join(f"WHEN {literal(o)} THEN {literal(word)}" for o, word in _ENDS.items())
    reactions = ", ".join(map(literal, REACTIONS))
    requested = (
        f"(SELECT request_id, {listed} FROM (SELECT *, {_MINUTE} AS `minute` FROM {events}) "
        "WHERE outcome = 'requested' AND step_kind = 'action' AND channel <> 'webhook')"
    )
    became = (
        f"(SELECT request_id, CASE outcome {ends} END AS became, PROCTIME() AS heard FROM {events} "
        f"WHERE request_id IS NOT NULL AND outcome IN ({', '.join(map(literal, _ENDS))}) "
        "UNION ALL SELECT request_id, reaction, PROCTIME() FROM feedback "
        f"WHERE request_id IS NOT NULL AND reaction IN ({reactions}))"
    )
    once = (
        "(SELECT request_id, became FROM (SELECT *, ROW_NUMBER() OVER "
        f"(PARTITION BY request_id, became ORDER BY heard) AS nth FROM {became}) WHERE nth = 1)"
    )
    rows = (
        f"(SELECT {listed}, 'requested' AS became FROM {requested} UNION ALL "
        f"SELECT {listed}, told.became FROM {requested} AS asked JOIN {once} AS told "
        "ON asked.request_id = told.request_id)"
    )
    return _written(MESSAGES, (*asked, "became"), rows, {"value": "COUNT(*)"})


def _latencies(events: str) -> str:
    dimensions = ("journey_id", "journey_version", "minute", "mode", "hop", "channel", "endpoint")
    hops = ", ".join(f"ROW({literal(hop)}, {field})" for hop, field in _HOPS.items())
    rows = (
        f"(SELECT *, {_MINUTE} AS `minute` FROM {events} "
        f"CROSS JOIN UNNEST(ARRAY[{hops}]) AS hops (hop, ms) WHERE ms IS NOT NULL)"
    )
    # One function for all: each would keep what it has seen for itself.
    shares = "PERCENTILE(ms, ARRAY[0.5, 0.9, 0.99])"
    values = {
        "value": "COUNT(*)",
        **{f"p{percent}": f"ROUND({shares}[{n}], 1)" for n, percent in enumerate((50, 90, 99), 1)},
        "max": "MAX(ms)",
    }
    return _written(LATENCY, dimensions, rows, values)


def _dead_letters() -> str:
    rows = "(SELECT *, SUBSTRING(recorded_at FROM 1 FOR 16) AS `minute` FROM dead_letters)"
    return _written(DEAD_LETTERS, ("reason", "minute", "topic"), rows, {"value": "COUNT(*)"})


def _written(
    metric: str, dimensions: Sequence[str], rows: str, values: Mapping[str, str], hint: str = ""
) -> str:
    """Count rows by a key that names the metric and every dimension, and write both.

    Rows are grouped by the key alone, which the table of counts has as its own: only so it is clear
    to Flink that a new count takes the place of the one before, and need not be preceded by its
    removal. What a record says of its dimensions is read out of the key; the last one may hold any
    text.
    """
    parts = ", ".join(f"COALESCE(CAST(`{name}` AS STRING), '')" for name in dimensions)
    named = f"(SELECT *, CONCAT_WS('/', {literal(metric)}, {parts}) AS k FROM {rows}) AS named"
    counted = ", ".join(f"{value} AS `{name}`" for name, value in values.items())
    fields = [f"'metric' VALUE {literal(metric)}"]
    for place, name in enumerate(dimensions, start=1):
        text = f"SPLIT_INDEX(k, '/', {place})"
        if place == len(dimensions):
            text = f"REGEXP_EXTRACT(k, '(?s)^(?:[^/]*/){{{place}}}(.*)$', 1)"
        fields += _fields(name, f"NULLIF({text}, '')")
    fields += [f"{literal(name)} VALUE `{name}`" for name in values]
    return (
        f"SELECT k, JSON_OBJECT({', '.join(fields)}) AS v "
        f"FROM (SELECT {hint}k, {counted} FROM {named} GROUP BY k)"
    )


def _fields(name: str, text: str) -> Iterator[str]:
    """Give what a record says of a dimension: of a minute its begin and its end."""
    if name == "journey_version":
        yield f"{literal(name)} VALUE CAST({text} AS INT)"
    elif name == "minute":
        begin = f"TRY_CAST(REPLACE({text}, 'T', ' ') || ':00' AS TIMESTAMP(0))"
        for which, instant in (("start", begin), ("end", f"{begin} + INTERVAL '1' MINUTE")):
            written = f"DATE_FORMAT({instant}, {_INSTANT})"
            yield f"'window_{which}' VALUE {written}"
    else:
        yield f"{literal(name)} VALUE {text}"
