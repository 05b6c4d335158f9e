"""The checksum of Kafka's batches, computed in C.

kafka-python computes CRC-32C in Python, 0.13 µs for each byte, unless the package `crc32c` is
there; that alone bounds a producer to some 2,500 records of 1 kB a second on this project's machine
(decision 0026). Flink's own dependencies bring `crcmod`, which does the same sixty times as fast.
"""

from __future__ import annotations

import crcmod.predefined
from kafka.record import util


def use_fast_checksums() -> None:
    """Let kafka-python compute checksums in C from now on, where it would do so in Python."""
    if util.crc32c_c is None:
        # It binds the function as the default of a parameter, to save a look-up for each batch.
        util.calc_crc32c.__defaults__ = (crcmod.predefined.mkPredefinedCrcFun("crc-32c"),)
