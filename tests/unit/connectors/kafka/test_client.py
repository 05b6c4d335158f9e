"""A writer tells of every record that the broker did not take."""

from __future__ import annotations

import pytest
from kafka.future import Future

from connectors.kafka import client
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import WriteError, Writer


class Producer:
    """As much of the producer as is called; what was sent is settled when it is flushed."""

    def __init__(self, **options: object) -> None:
        del options
        self.sent: list[tuple[Future, bytes]] = []

    def send(self, topic: str, *, key: bytes | None, value: bytes, headers: object) -> Future:
        del topic, key, headers
        self.sent.append((Future(), value))
        return self.sent[-1][0]

    def flush(self, timeout: float) -> None:
        del timeout
        for future, value in self.sent:
            if value == b"lost":
                future.failure(OSError("no leader"))
            else:
                future.success(None)

    def close(self) -> None:
        pass


def write(values: list[bytes]) -> None:
    with Writer(Bootstrap(servers="b:1")) as writer:
        for value in values:
            writer.write("t", None, value)


@pytest.mark.parametrize("lost_first", [True, False])
def test_a_record_that_was_not_taken_is_told(
    monkeypatch: pytest.MonkeyPatch, *, lost_first: bool
) -> None:
    monkeypatch.setattr(client, "KafkaProducer", Producer)
    values = [b"lost", b"taken"] if lost_first else [b"taken", b"lost"]
    with pytest.raises(WriteError, match="did not take a record: OSError"):
        write(values)


def test_what_was_taken_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "KafkaProducer", Producer)
    write([b"taken"])
