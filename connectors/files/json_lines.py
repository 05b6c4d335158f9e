"""JSON lines: an object a line. They are not parsed here, so that each is judged by itself."""

from __future__ import annotations

import io
from collections.abc import Iterator

from journeys.json_shape import MAX_VALUE_BYTES
from journeys.messages import JsonObject
from journeys.rows import Content

_PIECE = 1024 * 1024


def read(stream: io.BufferedReader, schema: JsonObject) -> Iterator[Content]:
    """Give every line; of one that is too long, only as much as shows that."""
    del schema
    longest = MAX_VALUE_BYTES + 1
    while line := stream.readline(longest):
        last = line
        while not last.endswith(b"\n") and (last := stream.readline(_PIECE)):
            pass
        yield line.rstrip(b"\r\n")


def count(stream: io.BufferedReader) -> int:
    """Count the lines."""
    lines, last = 0, b"\n"
    while piece := stream.read(_PIECE):
        lines += piece.count(b"\n")
        last = piece
    return lines + (not last.endswith(b"\n"))
