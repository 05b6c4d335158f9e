"""The checksum of Kafka's batches is the same, and computed in C."""

from __future__ import annotations

import time

from kafka.record import util

from connectors.kafka.checksums import use_fast_checksums


def test_the_fast_checksum_is_that_of_the_client() -> None:
    use_fast_checksums()
    # Of RFC 3720, B.4: 32 bytes of zeros.
    assert util.calc_crc32c(memoryview(bytes(32))) == 0x8A9136AA
    for size in (0, 1, 1_000):
        data = memoryview(bytes(n % 251 for n in range(size)))
        assert util.calc_crc32c(data) == util.crc32c_py(data)


def test_the_checksum_of_a_megabyte_takes_milliseconds() -> None:
    use_fast_checksums()
    start = time.perf_counter()
    util.calc_crc32c(memoryview(bytes(1_000_000)))
    assert time.perf_counter() - start < 0.05  # in Python 0.13 s
