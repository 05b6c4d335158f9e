"""The graph of the job: which stream flows into what. Start reading here.

    events ──┐
    profiles ┤
    feedback ┼ keyed by profile ┐
    results ─┤                  ├ JourneyFunction ─ routed ┬ step-events, dead-letters, events
    places ──┤                  │                          ├ metrics (counts per window)
    nudges ──┤                  │                          ├ identities
    identities                  │                          ├ requests, keyed by endpoint
    control, tables ─ broadcast ┘                          │  └ DispatchFunction ─ results
                                                           ├ claims, keyed by cap
                                                           │  └ PlaceFunction ─ places
                                                           ├ trials, keyed by experiment
                                                           │  └ TrialFunction ─ control
                                                           ├ people, keyed by part of the people
                                                           │  └ PeopleFunction ─ nudges
                                                           ├ nudges (what is asked of people)
                                                           ├ answers
                                                           └ presence, keyed by part of a version
                                                              └ PresenceFunction ┬ nudges
                                                                 occupancy, keyed by version
                                                                 └ HeadcountFunction ┬ metrics
                                                                                     └ control

Reading, keying, routing and counting of events run in the JVM; the functions run in Python, on
batches of records (`jobs.jvm.batches`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pyflink.common.typeinfo import Types
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.functions import KeyedProcessFunction
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.table import Schema, StreamTableEnvironment

from connectors.kafka.privileges import transactions
from connectors.kafka.tables import (
    literal,
    select_keyed_records,
    select_records,
    sink_table,
    source_table,
)
from jobs.channels import ChannelsFactory
from jobs.job import JobDescription
from jobs.jvm.batches import batched
from jobs.jvm.sieve import NAME as SIEVE
from jobs.jvm.sieve import sifted
from jobs.streams import RECORD, keyed, unconverted
from journeys.actions.email import SMTP
from journeys.control import Define
from journeys.endpoint import Limited
from journeys.json_shape import MAX_VALUE_BYTES
from journeys.plans import Plans
from journeys.records import restate
from operators.descriptors import (
    EMITTED,
    KEPT_OUT,
    PERSON,
    TAKEN,
    TALLY,
    Route,
    Uid,
)
from operators.dispatch_function import DispatchFunction
from operators.headcount_function import HeadcountFunction
from operators.journey_function import JourneyFunction
from operators.people_function import PeopleFunction
from operators.place_function import PlaceFunction
from operators.presence_function import PresenceFunction
from operators.trial_function import TrialFunction

PEOPLE = ("events", "profiles", "feedback", "results", "places", "nudges", "identities")
"""Sources keyed by profile."""
EVERYBODY = ("control", "tables")
"""Sources that every subtask reads whole."""
SIFTED = "sifted"
"""View of what passed the sieve, and of how many events of which type did not."""
JOURNEYS = "routed"
"""View of what the journey operator says."""
IGNORED = "ignored"
"""View of what is counted only."""
MANY = ("events", "profiles", "tables")
"""Sources whose records may come by the ten thousands a second."""
UNBOUNDED = 2**31 - 1
LIMITS = dict.fromkeys(MANY, MAX_VALUE_BYTES)
"""What is longer is refused in Python: only a sample of it need go there."""
METRICS_WINDOW = "10"
"""Seconds over which events that nobody listens to are counted."""


def define(env: StreamExecutionEnvironment, job: JobDescription) -> None:
    """Add the whole graph to an environment."""
    tables = StreamTableEnvironment.create(env)
    for source in (*PEOPLE, *EVERYBODY):
        tables.execute_sql(_source(source, job))
    heard = _sift_events(tables, job)
    queries = [
        select_keyed_records(name, LIMITS.get(name, UNBOUNDED), heard.get(name)) for name in PEOPLE
    ]
    people = tables.to_data_stream(tables.sql_query(" UNION ALL ".join(queries)))
    queries = [select_records(name, LIMITS.get(name, UNBOUNDED)) for name in EVERYBODY]
    told_to_all = tables.to_data_stream(tables.sql_query(" UNION ALL ".join(queries)))
    function = _journey_function(job)
    said = batched(keyed(people, RECORD), function, Uid.JOURNEY, [PERSON], told_to_all)
    _see(tables, JOURNEYS, said)
    _answer(tables, Uid.DISPATCH, Route.REQUEST, _dispatch_function(job))
    _answer(tables, Uid.PLACES, Route.CLAIM, PlaceFunction(), read_ahead=[TAKEN])
    _answer(tables, Uid.TRIALS, Route.TRIAL, TrialFunction(), read_ahead=[TALLY])
    _answer(tables, Uid.PEOPLE, Route.PEOPLE, PeopleFunction())
    _answer(tables, Uid.PRESENCE, Route.PRESENCE, PresenceFunction())
    _answer(tables, Uid.HEADCOUNT, Route.OCCUPANCY, HeadcountFunction(), of=_view(Uid.PRESENCE))
    _write(tables, job)
    nodes = _nodes(env)
    _name_for_savepoints(nodes)
    _hurry(nodes)


def _sift_events(tables: StreamTableEnvironment, job: JobDescription) -> dict[str, str]:
    """Leave out events that nothing can listen to, if there are any such."""
    if job.event_types is None:
        return {}
    events = unconverted(tables, tables.sql_query("SELECT k, v, t, p, o, ts FROM events"))
    passed = sifted(events, job.event_types, LIMITS["events"])
    tables.create_temporary_view(SIFTED, tables.from_data_stream(passed))
    return {"events": f"{SIFTED} WHERE e IS NULL"}


def _journey_function(job: JobDescription) -> JourneyFunction:
    said = [(said.offset, said.text) for said in job.control]
    return JourneyFunction(
        said,
        enters_from=job.enters_from,
        rows_until=job.tables_until,
        after_failure=job.after_failure,
        tell_values=job.tell_values,
        tell_inputs=job.tell_inputs,
        event_types=job.event_types,
    )


def _dispatch_function(job: JobDescription) -> DispatchFunction:
    mail = job.channels.email
    usual = {} if mail is None else {SMTP: mail.pool_size}
    known = Plans()
    for said in job.control:
        if orjson.loads(said.text).get("command") == Define.command:
            restate(known, said.offset, said.text)
    limits = {d.endpoint: Limited(d, known.defined_at(d)) for d in known.limits.values()}
    return DispatchFunction(
        ChannelsFactory(job.channels), limits, usual, after_failure=job.after_failure
    )


def _source(name: str, job: JobDescription) -> str:
    # Results and commands are never skipped: a job that starts late still owes their effects.
    start = job.start if name == "events" else "earliest"
    as_bytes = name == "events" and job.event_types is not None  # what the sieve reads
    topic = job.topics.full(name)
    return source_table(name, topic, job.bootstrap, job.name, start, as_bytes=as_bytes)


def _answer(
    tables: StreamTableEnvironment,
    uid: Uid,
    route: Route,
    function: KeyedProcessFunction,
    *,
    read_ahead: Sequence[ValueStateDescriptor] = (),
    of: str = JOURNEYS,
) -> None:
    """Let a function answer the rows of one route, as ROW(value) keyed by their key.

    What it says can be read as the view `_view(uid)`.
    """
    query = f"SELECT k AS f0, ROW(v) AS f1 FROM {of} WHERE route = {literal(route)}"
    asked = keyed(tables.to_data_stream(tables.sql_query(query)), Types.ROW([Types.STRING()]))
    _see(tables, _view(uid), batched(asked, function, uid, read_ahead))


def _see(tables: StreamTableEnvironment, name: str, said: DataStream) -> None:
    """Let queries read what an operator says."""
    view = Schema.new_builder().column_by_expression("at", "PROCTIME()").build()
    tables.create_temporary_view(name, tables.from_data_stream(said, view))


def _view(uid: Uid) -> str:
    """Name what an operator says; topics are tables too, and some have an operator's name."""
    return f"said_by_{uid}"


def _write(tables: StreamTableEnvironment, job: JobDescription) -> None:
    tables.execute_sql(
        sink_table("exactly_once", job.topics, job.bootstrap, transactions(job.name))
    )
    tables.execute_sql(sink_table("at_least_once", job.topics, job.bootstrap, None))
    prefix = literal(job.topics.prefix)
    routes = ", ".join(
        literal(route) for route in (Route.STEP_EVENT, Route.DEAD_LETTER, Route.IDENTITY)
    )
    emitted, after = literal(f"{EMITTED}%"), len(EMITTED) + 1
    one = "CAST(1 AS BIGINT) AS n"
    ignored = f"SELECT k, {one}, `at` FROM {JOURNEYS} WHERE route = {literal(Route.IGNORED)}"
    if job.event_types is not None:
        passed_by = f"SELECT e, n, PROCTIME() FROM {SIFTED} WHERE e IS NOT NULL"
        ignored = f"{ignored} UNION ALL {passed_by}"
    tables.create_temporary_view(IGNORED, tables.sql_query(ignored))
    statements = tables.create_statement_set()
    statements.add_insert_sql(
        f"INSERT INTO exactly_once SELECT k, v, {prefix} || "
        f"CASE WHEN route LIKE {emitted} THEN SUBSTRING(route FROM {after}) ELSE route END "
        f"FROM {JOURNEYS} WHERE route IN ({routes}) OR route LIKE {emitted} "
        f"UNION ALL SELECT k, v, {prefix} || route FROM {_view(Uid.PLACES)}"
    )
    nudges = f"WHERE route = {literal(Route.NUDGE)}"
    told = f"WHERE route IN ({literal(Route.NUDGE)}, {literal(Route.ANSWER)})"
    said = [f"{JOURNEYS} {told}", f"{_view(Uid.PRESENCE)} {nudges}"]
    said += map(_view, (Uid.DISPATCH, Uid.PEOPLE, Uid.HEADCOUNT, Uid.TRIALS))
    rows = [f"SELECT k, v, {prefix} || route FROM {view}" for view in said]
    union = " UNION ALL ".join([*rows, _ignored_events(job)])
    statements.add_insert_sql(f"INSERT INTO at_least_once {union}")
    statements.attach_as_datastream()


def _ignored_events(job: JobDescription) -> str:
    """Count per window: events that nothing listens to, by type; records kept out, by dataset."""
    kept_out, after = f"k LIKE {literal(f'{KEPT_OUT}%')}", len(KEPT_OUT) + 1
    window = f"TUMBLE(TABLE {IGNORED}, DESCRIPTOR(`at`), INTERVAL '{METRICS_WINDOW}' SECOND)"
    return (
        "SELECT CONCAT_WS('/', 'journeys_events_total', k, CAST(window_start AS STRING)), "
        "JSON_OBJECT("
        "'metric' VALUE 'journeys_events_total', "
        f"'result' VALUE CASE WHEN {kept_out} THEN 'kept_out' ELSE 'not_listened' END, "
        f"'event_type' VALUE CASE WHEN {kept_out} THEN CAST(NULL AS STRING) ELSE k END, "
        f"'dataset' VALUE CASE WHEN {kept_out} THEN SUBSTRING(k FROM {after}) END, "
        "'value' VALUE SUM(n), "
        "'window_start' VALUE DATE_FORMAT(window_start, 'yyyy-MM-dd''T''HH:mm:ss''Z'''), "
        "'window_end' VALUE DATE_FORMAT(window_end, 'yyyy-MM-dd''T''HH:mm:ss''Z''')), "
        f"{literal(job.topics.full('metrics'))} FROM TABLE({window}) "
        "GROUP BY k, window_start, window_end"
    )


def _nodes(env: StreamExecutionEnvironment) -> dict[int, Any]:
    """Give every node of the graph by its id, as the JVM knows it."""
    ends = env._j_stream_execution_environment.getTransformations()  # noqa: SLF001  # as above
    return {node.getId(): node for end in ends for node in end.getTransitivePredecessors()}


def _name_for_savepoints(nodes: Mapping[int, Any]) -> None:
    """Give what the Table connector built, and what keeps state, identities that stay the same."""
    for node in nodes.values():
        uid = _uid(node.getClass().getSimpleName(), node.getName())
        if uid is not None:
            node.setUid(uid)


def _hurry(nodes: Mapping[int, Any]) -> None:
    """Let every record go on at once, but for the many of a few sources.

    Those wait for others for some milliseconds (`jobs.orchestrate`). A thread for each output would
    look for waiting records all the time: at a pause of 1 ms, for all, idle workers took a quarter
    of a core each.
    """
    inputs = {number: [one.getId() for one in node.getInputs()] for number, node in nodes.items()}
    begun_by: dict[int, set[str]] = {}

    def look(number: int) -> set[str]:
        if number not in begun_by:
            is_source = nodes[number].getClass().getSimpleName() == "SourceTransformation"
            own = {nodes[number].getName().rpartition(".")[2]} if is_source else set()
            begun_by[number] = own.union(*map(look, inputs[number]))
        return begun_by[number]

    for number, node in nodes.items():
        if look(number) not in [{name} for name in MANY]:
            node.setBufferTimeout(0)


def _uid(kind: str, name: str) -> str | None:
    if name == SIEVE:
        return SIEVE
    if kind == "SourceTransformation":
        return f"{name.rpartition('.')[2]}-in"
    if kind == "SinkTransformation":
        return f"{name.partition('[')[0].replace('_', '-')}-out"
    return "metrics-window" if name.startswith("WindowAggregate") else None
