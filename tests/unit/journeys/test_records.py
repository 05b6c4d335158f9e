"""Records of input topics: what they mean, or why they cannot be used."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from journeys import codec
from journeys.activation import ActionResolved, EventReceived, FeedbackReceived, ProfileChanged
from journeys.bandit import Weights
from journeys.control import EnterPerson, Publish, Weigh, dump_command, key_of, publish_message
from journeys.json_shape import MAX_KEY_LENGTH, MAX_VALUE_BYTES
from journeys.messages import ActionResult, ActionStatus, JsonObject
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.records import (
    DeadLetter,
    Record,
    read_control,
    read_event,
    read_feedback,
    read_profile,
    read_result,
    take_in,
)
from tests.harness.plans import COMMON, RICH, SIMPLE, compiled, plan_of

NONE = Plans()
AT = 1_772_352_000_000


def record(value: bytes | None, key: str | None = "ann", **fields: object) -> Record:
    made = Record("t", 2, 7, AT, key, value, len(value or b""))
    return replace(made, **fields)  # type: ignore[arg-type]  # named fields


def event(payload: JsonObject, plans: Plans = NONE, key: str = "ann") -> EventReceived | DeadLetter:
    read = read_event(record(json.dumps(payload).encode(), key), plans)
    assert isinstance(read, EventReceived | DeadLetter)
    return read


def reason(read: object) -> str:
    assert isinstance(read, DeadLetter)
    return read.reason.value


def test_an_event_brings_its_id_type_and_instant() -> None:
    payload: JsonObject = {"_id": "e", "eventType": "a.b", "timestamp": "1970-01-01T00:00:01Z"}
    assert event(payload) == EventReceived("e", "t/2/7", "a.b", payload, 1_000, came_at=AT)


def test_an_event_of_a_file_is_past() -> None:
    read = [event({"eventType": "a.b", "_batch": mark}) for mark in (True, False, 1)]
    assert [one.past for one in read if isinstance(one, EventReceived)] == [True, False, False]


def test_an_event_without_id_and_instant_takes_those_of_its_record() -> None:
    read = event({"eventType": "a.b"})
    assert isinstance(read, EventReceived)
    assert (read.event_id, read.occurred_at) == ("t/2/7", AT)


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [
        (b"{", "ann", "not_json"),
        (b"", "ann", "empty"),
        (None, "ann", "empty"),
        (b"NaN", "ann", "not_json"),
        (b'{"eventType": 1e400}', "ann", "not_json"),
        (b'{"eventType": "\\ud800"}', "ann", "not_json"),
        (b"\xef\xbb\xbf{}", "ann", "not_json"),
        (b"\0\0\0\0\1{}", "ann", "not_json"),
        (b'{"a": "\xff"}', "ann", "not_utf8"),
        (b"[]", "ann", "not_an_object"),
        (b"1", "ann", "not_an_object"),
        (b"{}", "ann", "wrong_type"),
        (b'{"eventType": 1}', "ann", "wrong_type"),
        (b'{"eventType": "a", "_id": {}}', "ann", "wrong_type"),
        (b'{"eventType": "a", "timestamp": 5}', "ann", "wrong_type"),
        (b'{"eventType": "a", "timestamp": "yesterday"}', "ann", "wrong_type"),
        (b'{"eventType": "a", "timestamp": "2026-03-01T08:00:00"}', "ann", "wrong_type"),
        (b'{"a": ' * 65 + b"1" + b"}" * 65, "ann", "too_deep"),
        (b"{}", None, "no_identity"),
        (b"{}", "", "no_identity"),
        (b"{}", "a\ufffdb", "key_not_utf8"),
        (b"{}", "k" * (MAX_KEY_LENGTH + 1), "key_too_long"),
    ],
)
def test_an_event_that_cannot_be_read_says_why(
    value: bytes | None, key: str | None, expected: str
) -> None:
    assert reason(read_event(record(value, key), NONE)) == expected


def test_a_value_over_the_limit_is_not_parsed() -> None:
    cut = record(b'{"eventType": "a"', size=MAX_VALUE_BYTES + 1)
    assert reason(read_event(cut, NONE)) == "too_large"


def test_json_may_be_nested_up_to_the_limit() -> None:
    deep = event({"eventType": "a", "deep": json.loads("[" * 63 + "]" * 63)})
    assert isinstance(deep, EventReceived)
    wide = event({"eventType": "a", "wide": [{} for _ in range(500)]})
    assert isinstance(wide, EventReceived)


# Against the plans that listen.


def with_schema(schema: JsonObject, match: str = "eventType: account.signup") -> Plan:
    own = COMMON.replace("{eventType: account.signup}", f"{{{match}}}\nschema: s.json")
    return compiled(own + SIMPLE, {"s.json": json.dumps(schema)}).plans["simple"]


TOTAL: JsonObject = {"properties": {"total": {"type": "number", "default": 3}}}


def test_a_payload_that_contradicts_its_schema_says_where() -> None:
    plans = Plans([with_schema(TOTAL)])
    read = event({"eventType": "account.signup", "total": "much"}, plans)
    assert isinstance(read, DeadLetter)
    assert read.reason == "schema"
    assert read.detail.endswith("the schema of event 'signup': /total: must be number")


def test_a_payload_is_taken_as_sent_without_the_defaults_of_its_schema() -> None:
    read = event({"eventType": "account.signup"}, Plans([with_schema(TOTAL)]))
    assert isinstance(read, EventReceived)
    assert read.payload == {"eventType": "account.signup"}


def test_a_schema_judges_only_the_records_that_are_its_event() -> None:
    plans = Plans([with_schema(TOTAL, "eventType: account.signup, channel: web")])
    payload: JsonObject = {"eventType": "account.signup", "channel": "app", "total": "much"}
    assert isinstance(event(payload, plans), EventReceived)
    assert reason(event({**payload, "channel": "web"}, plans)) == "schema"


def test_a_version_that_nobody_enters_judges_nobody() -> None:
    strict = with_schema(TOTAL)
    plans = Plans([strict, replace(plan_of(SIMPLE), version=2)])
    assert isinstance(event({"eventType": "account.signup", "total": "much"}, plans), EventReceived)


@pytest.mark.parametrize(
    ("identities", "dead"),
    [
        ({"ecid": [{"id": "ann"}]}, False),
        ({"ecid": [{"id": "bob"}, {"id": "ann"}]}, False),
        ({"ecid": [{"id": "bob"}]}, True),
        ({"ecid": [7]}, True),
        ({"email": [{"id": "bob"}]}, False),
        ({"ecid": []}, False),
        ("ann", False),
    ],
)
def test_an_identity_that_contradicts_the_key_is_refused(identities: object, *, dead: bool) -> None:
    plans = Plans([plan_of(RICH)])
    read = event({"eventType": "account.signup", "identityMap": identities}, plans)  # type: ignore[dict-item]
    assert isinstance(read, DeadLetter) is dead
    if dead:
        assert reason(read) == "wrong_identity"


# The other topics.


def profile(
    value: bytes | None, plans: Plans = NONE, key: str | None = "ann", **fields: object
) -> object:
    return read_profile(record(value, key, **fields), plans, AT + 5)


def test_a_profile_record_is_a_patch_and_its_absence_erases() -> None:
    assert profile(b'{"a": null}') == ProfileChanged({"a": None}, "t/2/7", AT)
    assert profile(None) == ProfileChanged(None, "t/2/7")
    assert reason(profile(b"")) == "empty"
    assert reason(profile(b"7")) == "not_an_object"
    assert reason(profile(None, key=None)) == "no_identity"


def test_a_patch_says_since_when_it_is_so() -> None:
    patch = b'{"_timestamp": "2025-01-01T01:00:00+01:00", "a": 1}'
    assert profile(patch) == ProfileChanged({"a": 1}, "t/2/7", 1_735_689_600_000, timed=True)
    assert profile(b'{"_timestamp": null, "a": 1}') == ProfileChanged({"a": 1}, "t/2/7", AT)


@pytest.mark.parametrize(
    ("stamped", "taken"), [(-1, 0), (2**63 - 1, AT + 5), (AT + 6, AT + 5), (7, 7)]
)
def test_an_untimed_patch_is_never_of_the_future(stamped: int, taken: int) -> None:
    read = profile(b"{}", timestamp=stamped)
    assert isinstance(read, ProfileChanged)
    assert (read.at, read.timed) == (taken, False)


def test_a_result_belongs_to_the_person_of_its_key() -> None:
    result = ActionResult("r", "ann", "i", ActionStatus.SUCCEEDED, "http_200")
    text = codec.dump_result(result).encode()
    assert read_result(record(text)) == ActionResolved(result)
    assert reason(read_result(record(text, "bob"))) == "wrong_identity"
    assert reason(read_result(record(text, None))) == "no_identity"
    assert reason(read_result(record(b"{}"))) == "wrong_type"
    assert reason(read_result(record(None))) == "wrong_type"
    assert reason(read_result(record(text.replace(b'"v":2', b'"v":3')))) == "unknown_version"


def weights(shares: bytes) -> bytes:
    where = b'"journey": "tried", "version": 2, "step": "try"'
    return b'{"v": 1, "command": "weights", %s, "shares": %s}' % (where, shares)


def test_new_shares_are_read_and_stored_as_they_were_written() -> None:
    read = read_control(record(weights(b'{"a": 4.5, "b": 85.5}'), "tried/2/try/weights"))
    assert isinstance(read, Weigh)
    assert read.weights == Weights("tried", 2, "try", {"a": 4.5, "b": 85.5})
    assert key_of(read) == "tried/2/try/weights"


def test_a_published_plan_is_read_as_it_was_written() -> None:
    plan = plan_of(RICH)
    read = read_control(record(dump_command(publish_message(plan)), "rich"))
    assert isinstance(read, Publish)
    assert read == publish_message(plan)


def asked(**fields: object) -> EnterPerson:
    given = {"journey": "simple", "profile_id": "ann", "payload": {"plan": "basic"}, **fields}
    return EnterPerson(**given)  # type: ignore[arg-type]  # named fields


def test_an_entry_that_is_asked_for_is_read_as_it_was_written() -> None:
    read = read_control(record(dump_command(asked(id="x"))))
    assert read == asked(id="x")
    assert key_of(asked()) == "simple/enter/ann"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"journey": "nowhere"}, "is not published"),
        ({"profile_id": ""}, "1 to 512 characters"),
        ({"profile_id": "p" * 513}, "1 to 512 characters"),
        ({"payload": {"plan": "x" * 70_000}}, "larger or deeper"),
        ({"payload": {"plan": 7}}, "contradicts the schema of event 'signup'"),
    ],
)
def test_an_entry_that_does_not_fit_its_journey_says_why(
    fields: dict[str, object], said: str
) -> None:
    schema = '{"type": "object", "properties": {"plan": {"type": "string"}}}'
    common = COMMON.replace(
        "match: {eventType: account.signup}", "match: {eventType: a}\nschema: s.json", 1
    )
    plans = Plans(compiled(common + SIMPLE, {"s.json": schema}).plans.values())
    command = asked(**fields)
    letter = take_in(plans, record(b"{}"), command)
    assert letter is not None
    assert letter.reason == "contradiction"
    assert said in letter.detail
    assert take_in(plans, record(b"{}"), asked()) is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"", "empty"),
        (b"[]", "not_an_object"),
        (b"{}", "unknown_version"),
        (b'{"v": 1, "command": "enter", "journey": "j"}', "wrong_type"),
        (b'{"v": 2, "command": "publish"}', "unknown_version"),
        (b'{"v": 1}', "unknown_command"),
        (b'{"v": 1, "command": "dance"}', "unknown_command"),
        (b'{"v": 1, "command": ["publish"]}', "unknown_command"),
        (b'{"v": 1, "command": "publish"}', "wrong_type"),
        (b'{"v": 1, "command": "publish", "plan": {"v": 1}}', "wrong_type"),
        (b'{"v": 1, "command": "publish", "plan": {"v": 1, "steps": []}}', "wrong_type"),
        (b'{"v": 1, "command": "publish", "plan": {"v": 9}}', "unknown_version"),
        (b'{"v": 1, "command": "weights"}', "wrong_type"),
        (weights(b"[]"), "wrong_type"),
        (weights(b'{"a": "many"}'), "wrong_type"),
        (weights(b'{"a": -1}'), "wrong_type"),
        (weights(b'{"a": 60, "b": 60}'), "wrong_type"),
        (b'{"a":' * 250 + b"1" + b"}" * 250, "too_deep"),
    ],
)
def test_a_command_that_cannot_be_read_says_why(message: bytes, expected: str) -> None:
    assert reason(read_control(record(message))) == expected


def test_a_plan_of_unknown_steps_is_refused() -> None:
    text = dump_command(publish_message(plan_of(SIMPLE)))
    text = text.replace(b'"kind":"wait"', b'"kind":"teleport"')
    assert reason(read_control(record(text))) == "wrong_type"


# Dead letters.


def test_a_dead_letter_says_where_the_record_lies_and_shows_its_beginning() -> None:
    read = read_event(record(b"{" + b"x" * 10_000), NONE)
    assert isinstance(read, DeadLetter)
    letter = json.loads(read.to_text())
    assert (letter["topic"], letter["partition"], letter["offset"]) == ("t", 2, 7)
    assert letter["dead_letter_id"] == "t/2/7"
    assert letter["recorded_at"] == "2026-03-01T08:00:00.000Z"
    assert (letter["key"], letter["size"]) == ("ann", 10_001)
    assert (len(letter["sample"]), letter["sample_encoding"]) == (4096, "utf-8")


def test_bytes_that_are_no_text_are_shown_in_base64() -> None:
    read = read_event(record(b"\xff\0"), NONE)
    assert isinstance(read, DeadLetter)
    letter = json.loads(read.to_text())
    assert base64.b64decode(letter["sample"]) == b"\xff\0"
    assert letter["sample_encoding"] == "base64"


def test_a_text_cut_inside_a_character_is_still_a_text() -> None:
    read = read_event(record(b"x" * 4095 + "é".encode()), NONE)
    assert isinstance(read, DeadLetter)
    assert json.loads(read.to_text())["sample_encoding"] == "utf-8"


@pytest.mark.parametrize("timestamp", [-1, 2**63 - 1, -(2**63)])
def test_any_timestamp_of_a_producer_can_be_told(timestamp: int) -> None:
    read = read_event(record(b"", timestamp=timestamp), NONE)
    assert isinstance(read, DeadLetter)
    assert json.loads(read.to_text())["reason"] == "empty"


def feedback(value: bytes, key: str | None = "ann") -> object:
    return read_feedback(Record("feedback", 0, 7, 0, key, value, len(value)))


def test_feedback_names_the_message_and_what_became_of_it() -> None:
    clicked = b'{"_id": "f1", "request_id": "r1", "reaction": "clicked"}'
    assert feedback(clicked) == FeedbackReceived("f1", "r1", "clicked", None, 0)
    opened = b'{"request_id": "r1", "reaction": "opened", "timestamp": "1970-01-01T00:00:01.5Z"}'
    assert feedback(opened) == FeedbackReceived("feedback/0/7", "r1", "opened", None, 1_500)
    bounced = b'{"request_id": "r1", "reaction": "bounced", "channel": "email"}'
    assert feedback(bounced) == FeedbackReceived("feedback/0/7", "r1", "bounced", "email", 0)
    soft = b'{"request_id": "r1", "reaction": "bounced", "permanent": false}'
    assert feedback(soft) == FeedbackReceived(
        "feedback/0/7", "r1", "bounced", None, 0, permanent=False
    )
    stop = b'{"reaction": "unsubscribed", "channel": "sms"}'
    assert feedback(stop) == FeedbackReceived("feedback/0/7", None, "unsubscribed", "sms", 0)


@pytest.mark.parametrize(
    ("value", "key", "reason", "says"),
    [
        (b'{"reaction": "clicked"}', "ann", "wrong_type", "request_id"),
        (b'{"request_id": "r1", "reaction": "licked"}', "ann", "wrong_type", "clicked"),
        (b'{"request_id": "r1"}', "ann", "wrong_type", "expected one of"),
        (
            b'{"request_id": "r1", "reaction": "opened", "timestamp": "at noon"}',
            "ann",
            "wrong_type",
            "`timestamp` is not an instant",
        ),
        (b'{"request_id": 1, "reaction": "clicked"}', "ann", "wrong_type", "expected a text"),
        (b'{"request_id": "r1", "reaction": "clicked"}', None, "no_identity", "key"),
        (
            b'{"request_id": "r1", "reaction": "bounced", "channel": "fax"}',
            "ann",
            "wrong_type",
            "expected one of email, push, sms, webhook",
        ),
        (
            b'{"request_id": "r1", "reaction": "bounced", "permanent": "no"}',
            "ann",
            "wrong_type",
            "`permanent` holds a text",
        ),
        (b"", "ann", "empty", "no value"),
        (b"[]", "ann", "not_an_object", "object"),
    ],
)
def test_feedback_that_cannot_be_read_says_why(
    value: bytes, key: str | None, reason: str, says: str
) -> None:
    letter = feedback(value, key)
    assert isinstance(letter, DeadLetter)
    assert letter.reason == reason
    assert says in letter.detail
