"""A sender answers each call once the broker has taken its records, and not before."""

from __future__ import annotations

import asyncio
import threading

import pytest
from kafka.errors import KafkaTimeoutError
from kafka.future import Future

from connectors.kafka import sender
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.sender import Sender
from journeys.errors import PortError

KAFKA = Bootstrap(servers="b:1")


class Producer:
    """As much of the producer as is called; it takes what does not say otherwise."""

    options: dict[str, object]
    is_away = False

    def __init__(self, **options: object) -> None:
        if Producer.is_away:
            msg = "no broker"
            raise KafkaTimeoutError(msg)
        Producer.options = options
        self.is_open = True

    def send(self, topic: str, *, key: bytes, value: bytes) -> Waiting:
        del topic, key
        if value == b"full":
            msg = "no room"
            raise KafkaTimeoutError(msg)
        return Waiting(value)

    def close(self, timeout: float) -> None:
        del timeout
        self.is_open = False
        msg = "something is still on its way"
        raise KafkaTimeoutError(msg)


class Waiting(Future):  # type: ignore[misc]  # the library has no types
    def __init__(self, value: bytes) -> None:
        super().__init__()
        self._value = value

    def get(self, timeout: float) -> object:
        if self._value == b"silence":
            threading.Event().wait(timeout)
        if self._value != b"taken":
            msg = "not taken"
            raise KafkaTimeoutError(msg)
        return None


@pytest.fixture(autouse=True)
def producer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "KafkaProducer", Producer)
    monkeypatch.setattr(Producer, "is_away", False)


async def send(*values: bytes, patience_s: float = 5.0) -> None:
    open_sender = Sender(KAFKA, patience_s)
    try:
        await open_sender.send("t", [(b"ann", value) for value in values])
    finally:
        await open_sender.close()
        assert not open_sender._producer.is_open


def test_what_all_brokers_have_taken_is_answered() -> None:
    asyncio.run(send(b"taken", b"taken"))
    assert Producer.options["acks"] == "all"
    assert Producer.options["delivery_timeout_ms"] == 5_000


@pytest.mark.parametrize("values", [(b"taken", b"lost"), (b"lost", b"taken"), (b"full",)])
def test_what_one_has_not_taken_is_told(values: tuple[bytes, ...]) -> None:
    with pytest.raises(PortError, match=f"did not take {len(values)} records") as told:
        asyncio.run(send(*values))
    assert told.value.retryable


def test_what_takes_too_long_is_told() -> None:
    with pytest.raises(PortError, match="Timeout"):
        asyncio.run(send(b"silence", patience_s=0.05))


def test_a_broker_that_is_not_there_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Producer, "is_away", True)
    with pytest.raises(PortError, match=r"Kafka at b:1 is not reached as PLAINTEXT: .*no broker"):
        Sender(KAFKA)
