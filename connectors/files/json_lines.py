"""JSON lines: an object a line. They are not parsed here, so that each is judged by itself."""

from __future__ import annotations

import io
from collections.abc import Iterator

from journeys.json_shape import MAX_VALUE_BYTES
from journeys.messages import JsonObject
from journeys.rows import Content

_PIECE = 1024 * 1024


def read(stream: io.BufferedReader, schema: JsonObject) -> Iterator[Content]:
    """Give every line but empty ones; of one that is too long, as much as shows that."""
    del schema
    longest = MAX_VALUE_BYTES + 1
    while line := stream.readline(longest):
        last = line
        while not last.endswith(b"\n") and (last := stream.readline(_PIECE)):
            pass
        if text := line.strip():
            yield text


def count(stream: io.BufferedReader) -> int:
    """Count the lines that are not empty."""
    return sum(1 for _ in read(stream, {}))
