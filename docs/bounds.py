"""The tables of bounds: what the code lets through, and what becomes of the rest."""

from __future__ import annotations

from connectors.http_client import RESPONSE_LIMIT, TEXT_LIMIT
from docs.tables import table
from jobs.docstrings import module_docstrings
from journeys import limits
from journeys.attributes import MAX_REMOVED
from journeys.clock import MAX_DURATION_MS, format_duration
from journeys.consequences import MAX_JUMPS, MAX_ROUNDS
from journeys.datasets import MAX_AHEAD_MS
from journeys.dispatch.circuit import LONGEST_PAUSE_MS as MOST_ALONE_MS
from journeys.dispatch.desk import FIRST_PAUSE_MS, LONGEST_PAUSE_MS
from journeys.dispatch.memory import MAX_ANSWER, MAX_ANSWERS
from journeys.entry import MAX_INSTANCES
from journeys.expressions import parser, regex, values
from journeys.forgetting import REMEMBER_MS
from journeys.history import MAX_BYTES, MAX_EVENTS
from journeys.identities import MAX_HOPS
from journeys.identity_codec import MAX_PASSED_BYTES
from journeys.json_shape import MAX_DEPTH, MAX_KEY_LENGTH, MAX_VALUE_BYTES
from journeys.openings import MAX_OPENINGS
from journeys.records import MAX_CONTROL_BYTES, SAMPLE_BYTES
from journeys.state import ECHOES, ENTRIES, LEAVES, MAX_PENDING, RECENT_EVENTS, TRIALS
from journeys.tables import MAX_ROWS, MAX_TABLE_BYTES
from journeys.walk import MAX_MOVES

BOUNDS: tuple[tuple[str, float, str], ...] = (
    (
        "Bytes of an event, and of a patch of a profile",
        MAX_VALUE_BYTES,
        "dead letter `too_large`",
    ),
    ("Levels of lists and objects in them", MAX_DEPTH, "dead letter `too_deep`"),
    ("Bytes of what one step writes or sends", MAX_VALUE_BYTES, "`template_error`"),
    ("Levels of lists and objects in it", MAX_DEPTH, "`template_error`"),
    ("Characters of a profile id", MAX_KEY_LENGTH, "dead letter `key_too_long`"),
    ("Bytes of a plan on `control`", MAX_CONTROL_BYTES, "dead letter `too_large`"),
    ("Bytes of a bad record in its dead letter", SAMPLE_BYTES, "the rest is left out"),
    ("Event ids remembered of a person", RECENT_EVENTS, "an older repeat counts as new"),
    (
        "Hours that they are remembered after the last thing that mattered",
        REMEMBER_MS // 3_600_000,
        "a repeat counts as new",
    ),
    (
        "Ends of walks remembered of a person",
        LEAVES,
        "the oldest is forgotten, of journeys walked once last",
    ),
    ("Arms given to a person, and not succeeded with", TRIALS, "the oldest is forgotten"),
    ("Entries remembered of a person for `debounce`", ENTRIES, "the oldest is forgotten"),
    ("Events kept for a walk that is busy", MAX_PENDING, "`too_many_pending`"),
    ("Past events of one kind kept of a person", MAX_EVENTS, "the oldest is forgotten"),
    ("Bytes of their fields, of one kind", MAX_BYTES, "the oldest are forgotten"),
    ("Openings counted of a person, by channel", MAX_OPENINGS, "all counts are halved"),
    ("Rows of a table", MAX_ROWS, "dead letter `table_full`"),
    ("Bytes of them, with their keys", MAX_TABLE_BYTES, "dead letter `table_full`"),
    (
        "Attributes of a person whose removal is remembered",
        MAX_REMOVED,
        "the oldest is forgotten: what is older could bring it back",
    ),
    (
        "Hours that a patch may say that it is so ahead of the job's clock",
        MAX_AHEAD_MS // 3_600_000,
        "dead letter `implausible_time`",
    ),
    ("Jumps of a person from one record", MAX_JUMPS, "`too_many_jumps`"),
    (
        "Events of a person that journeys emit to `events`, a minute",
        ECHOES,
        "`too_many_echoes`",
    ),
    (
        "Rounds of changes of a person from one record",
        MAX_ROUNDS,
        "what changes then is looked at with the next change",
    ),
    ("Walks of a person at once in one journey", MAX_INSTANCES, "`too_many_instances`"),
    (
        "Identities that one thing passes on to its person",
        MAX_HOPS,
        "dead letter `too_many_hops`",
    ),
    (
        "Bytes kept of a person whose identity is linked",
        MAX_PASSED_BYTES,
        "dead letter `unworkable`",
    ),
    ("Steps of a walk without a stop", MAX_MOVES, "the walk fails with `state_limit`"),
    ("Days of one wait", MAX_DURATION_MS // 86_400_000, "fault when compiled"),
    (
        "Milliseconds between the first two attempts",
        FIRST_PAUSE_MS,
        "doubles with each attempt",
    ),
    ("Milliseconds between two attempts at most", LONGEST_PAUSE_MS, ""),
    ("Milliseconds that an endpoint is left alone at most", MOST_ALONE_MS, "one call tries it"),
    (
        "Answers kept for equal questions, by endpoint",
        MAX_ANSWERS,
        "the one longest unasked goes",
    ),
    ("Characters of such an answer", MAX_ANSWER, "it is asked for each time"),
    ("Bytes read of an HTTP answer", RESPONSE_LIMIT, "the action ends as `error`"),
    ("Characters kept of an answer that is no JSON", TEXT_LIMIT, "the rest is left out"),
)
"""What is bounded, by how much, and what becomes of what lies beyond it."""


def bounds(_: str) -> str:
    """List the bounds that are part of the code."""
    named = ([what, f"{bound:,}", beyond] for what, bound, beyond in BOUNDS)
    return table(["What", "Bound", "Beyond it"], named)


def author_limits(_: str) -> str:
    """List the defaults and limits of what an author writes."""
    rows = []
    for name, said in module_docstrings(limits).items():
        value = vars(limits)[name]
        shown = f"`{format_duration(value)}`" if name.endswith("_MS") else f"{value:,}"
        rows.append([said.removesuffix(" [field]"), shown])
    return table(["What", "Value"], rows)


def expression_bounds(_: str) -> str:
    """List the bounds of an expression."""
    rows = [
        ("Characters", parser.MAX_LENGTH, "fault"),
        ("Words, numbers, texts and signs", parser.MAX_TOKENS, "fault"),
        ("Levels, names in a path among them", parser.MAX_DEPTH, "fault"),
        ("Characters of a pattern", regex.MAX_PATTERN, "fault"),
        ("Items of a list that is looked at", values.MAX_ITEMS, "`expression_error`"),
        ("Items that all loops look at together", values.MAX_LOOPS, "`expression_error`"),
        ("Characters of a text that is made", values.MAX_TEXT, "`expression_error`"),
        ("Characters of a text that is searched", regex.MAX_SEARCHED, "`expression_error`"),
        ("Finds in one text", regex.MAX_MATCHES, "`expression_error`"),
    ]
    return table(["What", "Bound", "Beyond it"], [[what, f"{n:,}", end] for what, n, end in rows])
