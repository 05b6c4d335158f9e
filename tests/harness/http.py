"""What a server of the tests answers, octet by octet."""

from __future__ import annotations

import json

from journeys.messages import JsonValue


def json_response(status: str, body: JsonValue, *headers: str) -> bytes:
    """Write an answer after which the server hangs up."""
    content = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close",
             "Content-Type: application/json", *headers]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode() + content


def header(head: str, name: str) -> str:
    """Read one header out of the head of a call."""
    lines = (line.partition(": ") for line in head.split("\r\n"))
    (value,) = [value for found, _, value in lines if found.lower() == name]
    return value
