"""What a record says of its dataset and of its time, and whether that holds: nobody is touched yet.

Two names of a record are no fields of it: `_dataset` names the dataset whose schema it is held
against, and `_timestamp` says since when a patch of a profile is so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from journeys.activation import ProfileChanged
from journeys.clock import parse_instant
from journeys.definitions import DatasetDefinition
from journeys.errors import JourneyError
from journeys.json_shape import json_kind, pointer_to, value_at
from journeys.memberships import split
from journeys.messages import JsonObject, JsonValue
from journeys.outcomes import DeadLetterReason

DATASET = "_dataset"
TIMESTAMP = "_timestamp"
BATCH = "_batch"
"""Marks an event that came out of a file: it goes into the person's history, and begins nothing."""
MAX_AHEAD_MS = 86_400_000
"""How far ahead of the job's clock a record may say that it is so: its producer's clock may be
wrong by as much. What is so in the far future would win over all that is said until then."""


class RecordError(JourneyError):
    """A record that cannot be used: it becomes a dead letter."""

    def __init__(self, reason: DeadLetterReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class KeptOut:
    """A record of a dataset that is not profile-enabled: it is well formed, and reaches nobody."""

    dataset: str


def change_of(
    value: JsonObject,
    place: str,
    key: str,
    datasets: Mapping[str, DatasetDefinition],
    recorded_at: int,
    now: int,
) -> ProfileChanged | KeptOut:
    """Read a patch of a profile.

    Args:
        value: the patch, with what it says of itself.
        place: of its record.
        key: of its record.
        datasets: those that are known.
        recorded_at: when the broker took the record, in milliseconds, as far as that can be.
        now: the instant of the job.

    Raises:
        RecordError: it cannot be used.
        MembershipError: what it says of audiences has not the form that it should have.
    """
    dataset = dataset_of(value, "profiles", datasets)
    patch = {name: said for name, said in value.items() if name not in (DATASET, TIMESTAMP)}
    described, _ = split(patch)
    pointer, said_at = f"/{TIMESTAMP}", value.get(TIMESTAMP)
    if dataset is not None:
        _check_owner(dataset, described, key)
        _check_schema(dataset, dataset.patch_fault(described))
        if said_at is None:
            pointer, said_at = _timestamp(dataset, described)
    at = None if said_at is None else plausible(pointer, _instant(pointer, said_at), now)
    if dataset is not None and not dataset.profile:
        return KeptOut(dataset.id)
    if at is None:
        return ProfileChanged(patch, place, max(0, min(recorded_at, now)))
    return ProfileChanged(patch, place, at, timed=True)


def event_fields(
    payload: JsonObject, key: str, dataset: DatasetDefinition | None
) -> tuple[JsonObject, int | None]:
    """Give the fields of an event, held against its dataset, and when that says it happened.

    Raises:
        RecordError: they contradict it.
    """
    if dataset is None:
        return payload, None
    fields = {name: value for name, value in payload.items() if name not in (DATASET, BATCH)}
    _check_owner(dataset, fields, key)
    _check_schema(dataset, dataset.fault(fields))
    pointer, said_at = _timestamp(dataset, fields)
    return fields, None if said_at is None else _instant(pointer, said_at)


def dataset_of(
    value: JsonObject, topic: str, datasets: Mapping[str, DatasetDefinition]
) -> DatasetDefinition | None:
    """Give the dataset that a record names, if it names one.

    Raises:
        RecordError: it is none that records of the topic can be of.
    """
    name = value.get(DATASET)
    if name is None:
        return None
    if not isinstance(name, str):
        detail = f"/{DATASET}: it holds {json_kind(name)}; expected the id of a dataset"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail)
    dataset = datasets.get(name)
    if dataset is None:
        known = ", ".join(sorted(datasets)) or "none; publish the project that defines it"
        detail = f"/{DATASET}: no dataset '{name:.80}' is known; known: {known}"
        raise RecordError(DeadLetterReason.UNKNOWN_DATASET, detail)
    if dataset.holds != topic:
        detail = f"/{DATASET}: dataset '{name}' holds {dataset.holds}, and not {topic}"
        raise RecordError(DeadLetterReason.WRONG_DATASET, detail)
    return dataset


def _check_schema(dataset: DatasetDefinition, fault: str | None) -> None:
    if fault is not None:
        detail = f"the record contradicts the schema of dataset '{dataset.id}': {fault}"
        raise RecordError(DeadLetterReason.SCHEMA, detail)


def _check_owner(dataset: DatasetDefinition, fields: JsonObject, key: str) -> None:
    """Hold the field that the dataset keys by against the record's key, if it is there."""
    path = dataset.key.split(".")
    owner = value_at(fields, path)
    if owner is not None and str(owner) != key:
        detail = f"{pointer_to(path)}: it is {owner!r:.80}, but the record key is another"
        raise RecordError(DeadLetterReason.WRONG_IDENTITY, detail)


def _timestamp(dataset: DatasetDefinition, fields: JsonObject) -> tuple[str, JsonValue]:
    """Give where a dataset says when a record was so, and what stands there."""
    path = dataset.timestamp.split(".") if dataset.timestamp else []
    return pointer_to(path), value_at(fields, path) if path else None


def _instant(pointer: str, said: JsonValue) -> int:
    if not isinstance(said, str):
        detail = f"{pointer}: it holds {json_kind(said)}; expected an instant with a zone"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail)
    try:
        return parse_instant(said)
    except (ValueError, OverflowError) as error:
        detail = f"{pointer}: it is not an instant: {error}"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail) from error


def plausible(pointer: str, at: int, now: int) -> int:
    """Give when a record of profiles was so.

    Raises:
        RecordError: that was before 1970, or is more than a day ahead.
    """
    if at < 0:
        detail = f"{pointer}: it lies before 1970; leave it out where nobody knows it"
        raise RecordError(DeadLetterReason.IMPLAUSIBLE_TIME, detail)
    if at > now + MAX_AHEAD_MS:
        detail = f"{pointer}: it lies more than a day ahead; it would win until then"
        raise RecordError(DeadLetterReason.IMPLAUSIBLE_TIME, detail)
    return at
