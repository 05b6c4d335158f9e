"""Tables of what stands on topics, and of the words in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import orjson

from connectors.kafka.topics import CATALOGUE, Topics
from docs.tables import table
from jobs.docstrings import docstrings
from jobs.step_event_schemas import described_fields
from journeys.advice import advice
from journeys.alerts import Alert, AlertKind
from journeys.expressions.explaining import Explained
from journeys.inquiry import LiveState, Rule, WalkState
from journeys.outcomes import DeadLetterReason, Outcome, Silence
from journeys.records import DeadLetter, Record

ROOT = Path(__file__).resolve().parents[1]
WORDS: Mapping[str, str] = orjson.loads((ROOT / "docs" / "words.json").read_bytes())
"""`Record.field` to what it means, for records whose fields have no docstring."""


def _meaning(owner: str, name: str, said: Mapping[str, str]) -> str:
    """Give the docstring of a field of a record, or else the words for it."""
    return said.get(name) or WORDS[f"{owner}.{name}"]


def step_event_fields(_: str) -> str:
    """Describe the record on the step-events topic."""
    rows = [[f"`{field.name}`", field.meaning] for field in described_fields()]
    return table(["Field", "Meaning"], rows)


def dead_letter_fields(_: str) -> str:
    """Describe the record on the dead-letters topic."""
    record = Record("events", 0, 0, 0, "p", b"x", 1)
    letter = orjson.loads(DeadLetter(record, DeadLetterReason.NOT_JSON, "").to_text())
    rows = [[f"`{name}`", _meaning("DeadLetter", name, {})] for name in letter]
    return table(["Field", "Meaning"], rows)


def alert_fields(_: str) -> str:
    """Describe the record on the alerts topic."""
    said = docstrings(Alert)
    rows = [[f"`{f.name}`", _meaning("Alert", f.name, said)] for f in fields(Alert)]
    rows.append(["`schema_version`", _meaning("Alert", "schema_version", {})])
    return table(["Field", "Meaning"], rows)


def alert_kinds(_: str) -> str:
    """Describe every alert."""
    said = docstrings(AlertKind)
    return table(["Alert", "Meaning"], [[f"`{kind}`", said[kind.name]] for kind in AlertKind])


def answer_fields(argument: str) -> str:
    """Describe a part of the record on the answers topic, as its field reads in JSON."""
    described = {kind.__name__: kind for kind in (LiveState, WalkState, Rule, Explained)}[argument]
    said = docstrings(described)
    names = [field.name for field in fields(described)]
    rows = [[f"`{name}`", _meaning(argument, name, said)] for name in names]
    return table(["Field", "Meaning"], rows)


def silences(_: str) -> str:
    """Describe every reason why nothing is told of a person, and what to do."""
    said = docstrings(Silence)
    rows = [[f"`{one.value}`", said[one.name], advice(one) or ""] for one in Silence]
    return table(["Word", "Meaning", "What to do"], rows)


def topics(_: str) -> str:
    """Describe every topic."""
    rows = []
    for topic in CATALOGUE:
        way, _colon, purpose = topic.purpose.partition(": ")
        partitions = "1" if topic.single_partition else f"{Topics().partitions}"
        rows.append([f"`{topic.name}`", way, purpose, partitions, "yes" if topic.compacted else ""])
    return table(["Topic", "Way", "What", "Partitions", "Compacted"], rows)


def outcomes(_: str) -> str:
    """Describe every outcome."""
    said = docstrings(Outcome)
    return table(["Outcome", "Meaning"], [[f"`{o.value}`", said[o.name]] for o in Outcome])
