"""What the reporting job counts, as SQL, in the JVM alone.

Every count is a plain GROUP BY whose result for a key is written anew whenever it changes. So what
comes late corrects its window, a crash repeats what it wrote, and the last record of each key is
the truth. Windows are minutes of `occurred_at`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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


def declare(topics: Topics, bootstrap: str, group: str) -> list[str]:
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
    counted = _counted(dimensions, f"(SELECT *, {_MINUTE} AS `minute` FROM {events})")
    return _written(STEPS, dimensions, {"value": "n"}, counted)


def _walks(events: str) -> str:
    """Count in all, without windows: what the ledger is drawn from. It is kept for ever."""
    dimensions = ("journey_id", "journey_version", "outcome")
    outcomes = ", ".join(map(literal, SIGNS))
    counted = (
        "(SELECT /*+ STATE_TTL('moves' = '0s') */ journey_id, journey_version, outcome, "
        "COUNT(*) AS n, MAX(occurred_at) AS latest "
        f"FROM (SELECT * FROM {events} WHERE outcome IN ({outcomes})) AS moves "
        "GROUP BY journey_id, journey_version, outcome)"
    )
    return _written(WALKS, dimensions, {"value": "n", "latest": "latest"}, counted)


def _messages(events: str) -> str:
    """Count what became of messages, each in the minute in which it was asked for."""
    of_message = "journey_id, journey_version, mode, step_id, action_id, channel"
    ends = " ".join(f"WHEN {literal(o)} THEN {literal(word)}" for o, word in _ENDS.items())
    reactions = ", ".join(map(literal, REACTIONS))
    requested = (
        f"(SELECT request_id, {of_message}, {_MINUTE} AS `minute` FROM {events} "
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
    dimensions = (
        *("journey_id", "journey_version", "minute", "mode", "step_id", "action_id", "channel"),
        "became",
    )
    columns = f"{of_message}, `minute`"
    found = (
        f"(SELECT {columns}, 'requested' AS became FROM {requested} UNION ALL "
        f"SELECT {columns}, told.became FROM {requested} AS asked JOIN {once} AS told "
        "ON asked.request_id = told.request_id)"
    )
    return _written(MESSAGES, dimensions, {"value": "n"}, _counted(dimensions, found))


def _latencies(events: str) -> str:
    dimensions = ("journey_id", "journey_version", "minute", "mode", "hop", "channel", "endpoint")
    rows = ", ".join(f"ROW({literal(hop)}, {field})" for hop, field in _HOPS.items())
    measured = (
        f"(SELECT *, {_MINUTE} AS `minute` FROM {events} "
        f"CROSS JOIN UNNEST(ARRAY[{rows}]) AS hops (hop, ms) WHERE ms IS NOT NULL)"
    )
    listed = _listed(dimensions)
    counted = (
        f"(SELECT {listed}, COUNT(*) AS n, MAX(ms) AS longest, "
        "PERCENTILE(ms, ARRAY[0.5, 0.9, 0.99]) AS shares "
        f"FROM {measured} GROUP BY {listed})"
    )
    values = {
        "value": "n",
        **{f"p{share}": f"ROUND(shares[{n}], 1)" for n, share in enumerate((50, 90, 99), start=1)},
        "max": "longest",
    }
    return _written(LATENCY, dimensions, values, counted)


def _dead_letters() -> str:
    minute = "SUBSTRING(recorded_at FROM 1 FOR 16)"
    dimensions = ("topic", "minute", "reason")
    counted = _counted(dimensions, f"(SELECT *, {minute} AS `minute` FROM dead_letters)")
    return _written(DEAD_LETTERS, dimensions, {"value": "n"}, counted)


def _counted(dimensions: Iterable[str], events: str) -> str:
    listed = _listed(dimensions)
    return f"(SELECT {listed}, COUNT(*) AS n FROM {events} GROUP BY {listed})"


def _listed(dimensions: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in dimensions)


def _written(
    metric: str, dimensions: Iterable[str], values: Mapping[str, str], counted: str
) -> str:
    """Write a count: its key names the metric and every dimension, journey and version first."""
    named = list(dimensions)
    parts = ", ".join(f"COALESCE(CAST(`{name}` AS STRING), '')" for name in named)
    fields = [f"'metric' VALUE {literal(metric)}"]
    for name in named:
        if name != "minute":
            fields.append(f"{literal(name)} VALUE `{name}`")
            continue
        begin = "CAST(REPLACE(`minute`, 'T', ' ') || ':00' AS TIMESTAMP(0))"
        for which, instant in (("start", begin), ("end", f"{begin} + INTERVAL '1' MINUTE")):
            text = f"DATE_FORMAT({instant}, 'yyyy-MM-dd''T''HH:mm:ss''Z''')"
            fields.append(f"'window_{which}' VALUE {text}")
    fields += [f"{literal(name)} VALUE {value}" for name, value in values.items()]
    key = f"CONCAT_WS('/', {literal(metric)}, {parts})"
    return f"SELECT {key} AS k, JSON_OBJECT({', '.join(fields)}) AS v FROM {counted}"
