"""From a record of an input topic to what it means: an activation, a plan, a row, or a dead letter.

Nothing a producer sends can raise here: whatever cannot be read becomes a dead letter that says
why, and where the record lies.
"""

from __future__ import annotations

import base64
import codecs
from dataclasses import dataclass
from typing import cast

import orjson

from journeys import codec, count_codec, identity_codec
from journeys.actions import ACTIONS
from journeys.activation import (
    ActionResolved,
    Activation,
    EventReceived,
    FeedbackReceived,
    IdentityLinked,
    PassedOn,
    ProfileChanged,
)
from journeys.clock import format_instant, parse_instant
from journeys.control import (
    COMMANDS,
    CONTROL_VERSION,
    CommandError,
    ContradictionError,
    ControlCommand,
    Define,
    apply,
    load_command,
)
from journeys.datasets import BATCH, KeptOut, RecordError, change_of, dataset_of, event_fields
from journeys.definitions import EventDefinition
from journeys.diagnostics import near
from journeys.errors import CodecError, UnknownVersionError
from journeys.fixed import fixed
from journeys.identifiers import record_id
from journeys.identities import MAX_HOPS
from journeys.identity_map import FIELD, IdentityMapError, StrangerError, primary_of
from journeys.inquiry import Inquiry
from journeys.json_shape import (
    MAX_DEPTH,
    MAX_KEY_LENGTH,
    MAX_VALUE_BYTES,
    json_kind,
    too_deep,
    value_at,
)
from journeys.lifecycle import Change
from journeys.memberships import MembershipError
from journeys.messages import REACTIONS, JsonObject
from journeys.outcomes import DeadLetterReason
from journeys.plans import Plans
from journeys.tables import RowChange, TableFullError, row_key

MAX_CONTROL_BYTES = 8 * 1024 * 1024
"""A plan carries its templates and schemas with it."""
MAX_CONTROL_DEPTH = 200
"""Templates take two levels for each one that their author wrote."""
SAMPLE_BYTES = 4 * 1024
"""How much of a bad record a dead letter keeps (`faults` I1)."""
DEAD_LETTER_VERSION = 1


@fixed
class Record:
    """One record as it lay on its topic."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """When the broker took it, in milliseconds."""
    key: str | None
    value: bytes | None
    """At most one byte more than may be read; `size` says how long it was."""
    size: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be used, and why."""

    record: Record
    reason: DeadLetterReason
    detail: str

    def to_text(self) -> str:
        """Write as analysts and operators read it: flat JSON with the origin and a sample."""
        record = self.record
        return orjson.dumps(
            {
                "dead_letter_id": record_id(record.topic, record.partition, record.offset),
                "reason": self.reason,
                "detail": self.detail,
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "recorded_at": _instant_or_none(record.timestamp),
                "key": record.key,
                "size": record.size,
                **_sample(record.value),
                "schema_version": DEAD_LETTER_VERSION,
            }
        ).decode()


def _instant_or_none(milliseconds: int) -> str | None:
    """Write an instant; a producer may have stamped its record with any number."""
    try:
        return format_instant(milliseconds)
    except OverflowError:
        return None


def _sample(value: bytes | None) -> dict[str, str | None]:
    """Show text as text, and bytes that are none in base64."""
    if value is None:
        return {"sample": None, "sample_encoding": None}
    head = value[:SAMPLE_BYTES]
    try:
        # Not the last step of decoding: the cut may have fallen into a character.
        text, _ = codecs.utf_8_decode(head, "strict", len(value) <= SAMPLE_BYTES)
    except UnicodeDecodeError:
        return {"sample": base64.b64encode(head).decode(), "sample_encoding": "base64"}
    return {"sample": text, "sample_encoding": "utf-8"}


def read_event(record: Record, plans: Plans) -> Activation | KeptOut | DeadLetter:
    """Read a record of the events topic: an XDM-style experience event as JSON.

    A payload is held against the schema of the dataset that it names, and against the schema and
    the namespace of every live plan for which its fields name one of the plan's events. Versions
    that nobody enters any more judge nobody.
    """
    try:
        event = _event(record, plans)
        if isinstance(event, KeptOut):
            return event
        for plan, definition in plans.listening(event.event_type):
            if plans.is_entered(plan) and definition.names(event.event_type, event.payload):
                if definition.id != plan.entry.business_event:  # which belongs to nobody
                    _check_identity(record, event.payload, plan.namespace)
                _check_schema(event.payload, definition)
    except RecordError as fault:
        return DeadLetter(record, fault.reason, fault.detail)
    else:
        return event


def read_profile(record: Record, plans: Plans, now: int) -> Activation | KeptOut | DeadLetter:
    """Read a record of the profiles topic: a merge patch, or no value to erase the person.

    One whose identity map names another primary identity links the two.
    """
    try:
        _check_key(record)
        place = record_id(record.topic, record.partition, record.offset)
        if record.value is None:
            return ProfileChanged(None, place)
        patch, key = _json_object(record), str(record.key)
        primary = _primary(record, patch)
        change = change_of(patch, place, key, plans.datasets, record.timestamp, now)
        if primary is None or isinstance(change, KeptOut):
            return change
        rest = {name: value for name, value in (change.patch or {}).items() if name != FIELD}
        return IdentityLinked(primary, rest or None, place, change.at, timed=change.timed)
    except RecordError as fault:
        return DeadLetter(record, fault.reason, fault.detail)
    except MembershipError as error:
        return DeadLetter(record, DeadLetterReason.WRONG_TYPE, str(error))


def _primary(record: Record, patch: JsonObject) -> str | None:
    """Give the identity that the person of a record is known by, if it is another than its key."""
    if patch.get(FIELD) is None:
        return None
    try:
        return primary_of(str(record.key), patch[FIELD])
    except StrangerError as error:
        raise RecordError(DeadLetterReason.WRONG_IDENTITY, str(error)) from error
    except IdentityMapError as error:
        raise RecordError(DeadLetterReason.WRONG_TYPE, str(error)) from error


def read_object(record: Record) -> JsonObject | DeadLetter:
    """Read a record of no topic, such as a row of a file: a JSON object."""
    try:
        return _json_object(record)
    except RecordError as fault:
        return DeadLetter(record, fault.reason, fault.detail)


def read_feedback(record: Record) -> FeedbackReceived | DeadLetter:
    """Read a record of the feedback topic: what became of a message, or of a person's channel."""
    try:
        _check_key(record)
        return _feedback(record, _json_object(record))
    except RecordError as fault:
        return DeadLetter(record, fault.reason, fault.detail)


def _feedback(record: Record, value: JsonObject) -> FeedbackReceived:
    request, reaction = _string(value, "request_id"), _string(value, "reaction")
    if reaction not in REACTIONS:
        detail = f"`reaction` is {reaction!r:.40}; expected one of {', '.join(REACTIONS)}"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail)
    place = record_id(record.topic, record.partition, record.offset)
    name, channel = _string(value, "_id") or place, _string(value, "channel")
    if channel not in (None, *ACTIONS):
        detail = f"`channel` is {channel!r:.40}; expected one of {', '.join(ACTIONS)}"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail)
    if request is None and channel is None:
        detail = "the feedback has no `request_id`; where it is of no one message, give a `channel`"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail)
    permanent = value.get("permanent", True)
    if not isinstance(permanent, bool):
        detail = f"`permanent` holds {json_kind(permanent)}; expected true or false"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail)
    happened = _instant(value, record.timestamp)
    return FeedbackReceived(name, request, reaction, channel, happened, permanent)


def read_result(record: Record) -> Activation | DeadLetter:
    """Read a record of the inner results topic."""
    try:
        _check_key(record)
        result = codec.load_result(record.value or b"")
        _check_owner(record, result.profile_id)
    except RecordError as fault:
        return DeadLetter(record, fault.reason, fault.detail)
    except CodecError as error:
        return DeadLetter(record, _codec_reason(error), str(error))
    else:
        return ActionResolved(result)


def read_control(record: Record) -> ControlCommand | DeadLetter:
    """Read a record of the control topic: `{"v": 1, "command": "publish", "plan": {…}}`."""
    try:
        message = _json_object(record, MAX_CONTROL_BYTES, MAX_CONTROL_DEPTH)
        _check_command(message)
        return load_command(message)
    except RecordError as fault:
        return DeadLetter(record, fault.reason, fault.detail)
    except CommandError as error:
        return DeadLetter(record, DeadLetterReason.WRONG_TYPE, str(error))
    except CodecError as error:
        return DeadLetter(record, _codec_reason(error), str(error))


def take_in(plans: Plans, record: Record, command: ControlCommand) -> DeadLetter | None:
    """Apply a command; one that does not fit what holds changes nothing and is a dead letter.

    Its revision is its place on the topic, and one more; higher where the topic was made anew under
    a job that goes on, because those inside follow only what is higher than what they know.
    """
    life = plans.life(command.journey_id)
    try:
        apply(plans, command, max(record.offset, life.revision if life else 0) + 1)
    except ContradictionError as error:
        return DeadLetter(record, DeadLetterReason.CONTRADICTION, str(error))
    return None


def restate(plans: Plans, offset: int, text: str) -> Change | DeadLetter | None:
    """Apply a command that was said before, unless what holds of its subject is newer.

    Returns:
        What it made of its journey, or why it did not fit what held then; None: it was passed over.
    """
    data = text.encode()
    record = Record("control", 0, offset, 0, None, data, len(data))
    command = read_control(record)
    if isinstance(command, DeadLetter):
        return None
    before = plans.life(command.journey_id)
    known = before.revision if before is not None else 0
    if isinstance(command, Define):
        known = plans.defined_at(command.definition)
    if offset < known:
        return None
    letter = take_in(plans, record, command)
    return letter or Change(before, plans.life(command.journey_id))


def take_row(plans: Plans, record: Record) -> RowChange | DeadLetter:
    """Take a record of the tables topic, keyed by `dataset/row`: a row, or no value to remove it.

    The row is held against the schema of its dataset; what cannot be taken changes nothing.
    """
    try:
        _check_key(record, "`dataset/row`")
        change = _row_change(record, plans)
        plans.tables.take(change)
    except RecordError as fault:
        return DeadLetter(record, fault.reason, fault.detail)
    except TableFullError as error:
        return DeadLetter(record, DeadLetterReason.TABLE_FULL, str(error))
    else:
        return change


def _row_change(record: Record, plans: Plans) -> RowChange:
    name, _, key = str(record.key).partition("/")
    if not key:
        detail = f"the record key is {record.key!r:.80}; expected `dataset/row`"
        raise RecordError(DeadLetterReason.NO_IDENTITY, detail)
    dataset = plans.datasets.get(name)
    if dataset is None or dataset.holds != "table":
        known = sorted(one.id for one in plans.datasets.values() if one.holds == "table")
        detail = f"{name!r:.80} is no dataset that holds a table: {near(name, known)}"
        is_other = dataset is not None
        reason = DeadLetterReason.WRONG_DATASET if is_other else DeadLetterReason.UNKNOWN_DATASET
        raise RecordError(reason, detail)
    if record.value is None:
        return RowChange(name, key, None)
    row = _json_object(record)
    fault = dataset.fault(row)
    if fault is not None:
        detail = f"the row contradicts the schema of dataset '{name}': {fault}"
        raise RecordError(DeadLetterReason.SCHEMA, detail)
    if row_key(value_at(row, dataset.key.split("."))) != key:
        detail = f"`{dataset.key}` of the row is not the record key after `{name}/`"
        raise RecordError(DeadLetterReason.WRONG_IDENTITY, detail)
    return RowChange(name, key, orjson.dumps(row))


def read_nudge(record: Record) -> Activation | Inquiry | DeadLetter:
    """Read a record of the inner nudges topic: follow, take an offer, enter, or only answer."""
    try:
        _check_key(record)
        return count_codec.load_nudge(record.value or b"")
    except RecordError as fault:
        return DeadLetter(record, fault.reason, fault.detail)
    except CodecError as error:
        return DeadLetter(record, _codec_reason(error), str(error))


def read_identity(record: Record) -> Activation | DeadLetter:
    """Read a record of the inner identities topic: what came to another identity of a person."""
    try:
        _check_key(record)
        passed = identity_codec.load_passed(record.value or b"")
    except RecordError as fault:
        return DeadLetter(record, fault.reason, fault.detail)
    except CodecError as error:
        return DeadLetter(record, _codec_reason(error), str(error))
    if isinstance(passed, PassedOn) and len(passed.hops) > MAX_HOPS:
        detail = f"it was passed on by {len(passed.hops)} identities; at most {MAX_HOPS} do"
        return DeadLetter(record, DeadLetterReason.TOO_MANY_HOPS, detail)
    return passed


def _codec_reason(error: CodecError) -> DeadLetterReason:
    newer = isinstance(error, UnknownVersionError)
    return DeadLetterReason.UNKNOWN_VERSION if newer else DeadLetterReason.WRONG_TYPE


def _check_command(message: JsonObject) -> None:
    version = message.get("v")
    if version != CONTROL_VERSION:
        detail = f"the command has format version {version!r}; this release reads {CONTROL_VERSION}"
        raise RecordError(DeadLetterReason.UNKNOWN_VERSION, detail)
    if message.get("command") not in COMMANDS:
        known = ", ".join(repr(name) for name in COMMANDS)
        detail = f"command {message.get('command')!r} is not known; known: {known}"
        raise RecordError(DeadLetterReason.UNKNOWN_COMMAND, detail)


def _check_key(record: Record, meant: str = "the profile id") -> None:
    if not record.key:
        detail = f"the record has no key: set the Kafka record key to {meant}"
        raise RecordError(DeadLetterReason.NO_IDENTITY, detail)
    if "�" in record.key:
        raise RecordError(DeadLetterReason.KEY_NOT_UTF8, "the record key is not UTF-8 text")
    if len(record.key) > MAX_KEY_LENGTH:
        detail = f"the record key has {len(record.key)} characters; at most {MAX_KEY_LENGTH} fit"
        raise RecordError(DeadLetterReason.KEY_TOO_LONG, detail)


def _check_owner(record: Record, profile_id: str) -> None:
    if record.key != profile_id:
        detail = f"the result is for profile {profile_id!r:.80}, but the record key is another"
        raise RecordError(DeadLetterReason.WRONG_IDENTITY, detail)


def _json_object(
    record: Record, limit: int = MAX_VALUE_BYTES, levels: int = MAX_DEPTH
) -> JsonObject:
    value = record.value
    if not value:
        raise RecordError(DeadLetterReason.EMPTY, "the record has no value")
    if record.size > limit:
        detail = f"the value has {record.size} bytes; at most {limit} are read"
        raise RecordError(DeadLetterReason.TOO_LARGE, detail)
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise _not_json(value, error, levels) from error
    if not isinstance(parsed, dict):
        detail = f"the value is {json_kind(parsed)}; expected a JSON object"
        raise RecordError(DeadLetterReason.NOT_AN_OBJECT, detail)
    # Counting brackets is fast, and says of almost every record that it cannot be too deep.
    if value.count(b"{") + value.count(b"[") > levels and too_deep(parsed, levels):
        name = next(name for name, inner in parsed.items() if too_deep(inner, levels - 1))
        raise RecordError(DeadLetterReason.TOO_DEEP, _deep(f"/{name:.80}: ", levels))
    return cast("JsonObject", parsed)


def _deep(where: str, levels: int) -> str:
    return f"{where}lists and objects are nested deeper than {levels} levels"


def _not_json(value: bytes, error: orjson.JSONDecodeError, levels: int) -> RecordError:
    if error.msg.startswith("depth limit"):  # of the parser, far above ours
        return RecordError(DeadLetterReason.TOO_DEEP, _deep("", levels))
    try:
        value.decode()
    except UnicodeDecodeError as fault:
        detail = f"byte {fault.start} of the value is not UTF-8"
        return RecordError(DeadLetterReason.NOT_UTF8, detail)
    if value[:1] == b"\0":
        detail = "the value begins with a schema registry's magic byte; expected plain JSON"
        return RecordError(DeadLetterReason.NOT_JSON, detail)
    return RecordError(DeadLetterReason.NOT_JSON, f"the value is not JSON: {error}")


def _event(record: Record, plans: Plans) -> EventReceived | KeptOut:
    _check_key(record)
    payload = _json_object(record)
    event_type = _string(payload, "eventType")
    if event_type is None:
        detail = "the event has no `eventType`: expected the name of what happened"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail)
    dataset = dataset_of(payload, "events", plans.datasets)
    is_past = payload.get(BATCH) is True
    payload, happened = event_fields(payload, str(record.key), dataset)
    place = record_id(record.topic, record.partition, record.offset)
    event = EventReceived(
        event_id=_string(payload, "_id") or place,
        record_id=place,
        event_type=event_type,
        payload=payload,
        occurred_at=_instant(payload, record.timestamp if happened is None else happened),
        past=is_past,
        came_at=record.timestamp,
    )
    return event if dataset is None or dataset.profile else KeptOut(dataset.id)


def _check_identity(record: Record, payload: JsonObject, namespace: str) -> None:
    """Hold the record key against the identities that the payload names in the same namespace."""
    identities = payload.get("identityMap")
    named = identities.get(namespace) if isinstance(identities, dict) else None
    if not isinstance(named, list) or not named:
        return
    ids = [identity.get("id") for identity in named if isinstance(identity, dict)]
    if record.key not in ids:
        detail = f"`identityMap.{namespace}` names {ids!r:.200}, but the record key is another"
        raise RecordError(DeadLetterReason.WRONG_IDENTITY, detail)


def _check_schema(payload: JsonObject, definition: EventDefinition) -> None:
    fault = definition.fault(payload)
    if fault is not None:
        detail = f"the payload contradicts the schema of event '{definition.id}': {fault}"
        raise RecordError(DeadLetterReason.SCHEMA, detail)


def _string(payload: JsonObject, name: str) -> str | None:
    value = payload.get(name)
    if value is not None and not isinstance(value, str):
        detail = f"`{name}` holds {json_kind(value)}; expected a text"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail)
    return value


def _instant(payload: JsonObject, otherwise: int) -> int:
    text = _string(payload, "timestamp")
    if text is None:
        return otherwise
    try:
        return parse_instant(text)
    except (ValueError, OverflowError) as error:
        detail = f"`timestamp` is not an instant: {error}"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail) from error
