"""Records written for callers on an event loop, each of whom waits for the broker's word."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from kafka import KafkaProducer
from kafka.errors import AuthorizationError, KafkaError

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.checksums import use_fast_checksums
from connectors.kafka.opening import AccessError, open_client, refused
from connectors.kafka.topics import MAX_RECORD_BYTES
from journeys.errors import PortError

PATIENCE_S: Final = 10.0
"""How long the brokers may take."""
_THREADS: Final = 16
"""Callers whose records are on their way at once; the client itself waits in threads."""

use_fast_checksums()


class Sender:
    """Writes records, and says of each call whether all brokers in sync have taken them.

    Call order: `send` any number of times, at once or not; then `close` once.

    A record may come twice where an answer of the broker was lost.

    Raises:
        PortError: no broker is reached at all, or it does not let us in.
    """

    def __init__(self, bootstrap: Bootstrap, patience_s: float = PATIENCE_S) -> None:
        self._bootstrap, self._patience_s = bootstrap, patience_s
        patience_ms = round(patience_s * 1000)
        try:
            self._producer = open_client(
                KafkaProducer,
                bootstrap,
                acks="all",
                # A producer that numbers its records may be lost once one of them came too late.
                enable_idempotence=False,
                linger_ms=2,
                max_request_size=MAX_RECORD_BYTES,
                bootstrap_timeout_ms=patience_ms,
                max_block_ms=patience_ms,
                request_timeout_ms=patience_ms // 2,
                delivery_timeout_ms=patience_ms,
            )
        except AccessError as error:
            raise PortError(str(error), code="connect_error", retryable=True) from error
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="sender")

    async def send(self, topic: str, records: Sequence[tuple[bytes, bytes]]) -> None:
        """Write records, each a key and a value; come back when they are safe.

        Raises:
            PortError: at least one was not taken in time; it may be later.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._patience_s):
                await loop.run_in_executor(self._threads, self._write, topic, records)
        except AuthorizationError as error:
            message = refused(self._bootstrap, f"write to {topic}")
            raise PortError(message, code="connect_error", retryable=True) from error
        except (KafkaError, TimeoutError) as error:
            message = f"Kafka did not take {len(records)} records: {error!r:.200}"
            raise PortError(message, code="connect_error", retryable=True) from error

    async def close(self) -> None:
        """Close all connections, once nobody waits for a record any more."""
        with suppress(KafkaError):
            await asyncio.to_thread(self._producer.close, timeout=self._patience_s)
        self._threads.shutdown(cancel_futures=True)

    def _write(self, topic: str, records: Sequence[tuple[bytes, bytes]]) -> None:
        sent = [self._producer.send(topic, key=key, value=value) for key, value in records]
        for future in sent:
            future.get(timeout=self._patience_s)
