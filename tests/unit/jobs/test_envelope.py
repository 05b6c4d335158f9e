"""Lines that `journeys send` reads."""

from __future__ import annotations

import json

import pytest

from connectors.kafka.client import Received
from jobs.envelope import EnvelopeError, read_envelope, show


def line(value: object) -> bytes:
    return json.dumps(value).encode()


def test_an_event_goes_to_its_primary_identity_as_it_is() -> None:
    identities = {"email": [{"id": "a@b"}], "ecid": [{"id": "p1", "primary": True}]}
    text = line({"eventType": "x", "identityMap": identities})
    envelope = read_envelope(text)
    assert (envelope.topic, envelope.key, envelope.value) == ("events", b"p1", text)


def test_the_only_identity_needs_no_mark() -> None:
    text = line({"eventType": "x", "identityMap": {"ecid": [{"id": "p1"}]}})
    assert read_envelope(text).key == b"p1"


def test_an_envelope_names_topic_key_and_delay() -> None:
    text = line({"topic": "profiles", "key": "p1", "payload": {"a": 1}, "after_ms": 5})
    envelope = read_envelope(text)
    assert envelope.topic == "profiles"
    assert envelope.key == b"p1"
    assert json.loads(envelope.value or b"") == {"a": 1}
    assert envelope.after_ms == 5


def test_a_payload_of_null_erases() -> None:
    text = line({"topic": "profiles", "key": "p1", "payload": None})
    assert read_envelope(text).value is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "not JSON"),
        (b"[1]", "expected a JSON object"),
        (line({"eventType": "x"}), "names 0 primary identities"),
        (line({"payload": {}, "kee": "p1"}), "did you mean 'key'"),
        (line({"payload": {}, "topic": "event"}), "did you mean 'events'"),
        (line({"payload": {}, "key": 7}), "`key` must be a text"),
        (line({"payload": {}, "after_ms": "1"}), "whole number"),
    ],
)
def test_a_line_that_is_no_record_is_told(text: bytes, message: str) -> None:
    with pytest.raises(EnvelopeError, match=message):
        read_envelope(text)


def test_a_record_is_shown_with_its_origin() -> None:
    record = Received("t", 1, 2, 3, "k", b'{"a": 1}')
    shown = json.loads(show(record))
    assert shown == {
        "topic": "t", "partition": 1, "offset": 2, "tstype": "create", "ts": 3,
        "key": "k", "payload": {"a": 1},
    }  # fmt: skip
    assert json.loads(show(Received("t", 1, 2, 3, None, b"\xff")))["payload"] == "�"
