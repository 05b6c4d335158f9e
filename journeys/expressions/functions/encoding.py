"""Functions that write texts in other forms, and make stable numbers of them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from hashlib import sha256
from urllib.parse import quote, unquote

from journeys.expressions.function import function
from journeys.expressions.values import Value, bounded_length, bounded_text

_MAX_NESTING = 64
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([0-9]{1,9})\]")


@function(
    "hash(text: string) -> string",
    examples=[
        ("hash('a')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
    ],
)
def hashed(text: str) -> Value:
    """Give the SHA-256 of a text, as 64 hexadecimal digits."""
    return sha256(_bytes(text)).hexdigest()


@function(
    "bucket(text: string, buckets: integer) -> integer",
    examples=[("bucket('profile-1', 10) == bucket('profile-1', 10)", True)],
)
def bucket(text: str, buckets: int) -> Value:
    """Put a text into one of so many buckets, numbered from 0: the same text always into the same.

    Null for fewer than one bucket.
    """
    if buckets < 1:
        return None
    return int.from_bytes(sha256(_bytes(text)).digest()[:8]) % buckets


@function("base64(text: string) -> string", examples=[("base64('Hello')", "SGVsbG8=")])
def base64_encoded(text: str) -> Value:
    """Write a text, as UTF-8, in Base64."""
    return bounded_text(base64.b64encode(_bytes(text)).decode())


@function(
    "base64Decode(text: string) -> string",
    examples=[("base64Decode('SGVsbG8=')", "Hello"), ("base64Decode('?')", None)],
)
def base64_decoded(text: str) -> Value:
    """Read a text, as UTF-8, from Base64; null where it is none."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None


@function("urlEncode(text: string) -> string", examples=[("urlEncode('a b&c')", "a%20b%26c")])
def url_encoded(text: str) -> Value:
    """Write a text so that it can stand in any part of a URL."""
    bounded_length(len(text))
    return bounded_text(quote(_bytes(text), safe=""))


@function("urlDecode(text: string) -> string", examples=[("urlDecode('a%20b%26c')", "a b&c")])
def url_decoded(text: str) -> Value:
    """Read a text from a part of a URL."""
    return unquote(text)


@function(
    "jsonValue(text: string, path: string) -> any",
    examples=[
        ('jsonValue(\'{"cart": {"items": [{"sku": 7}]}}\', \'cart.items[0].sku\')', 7),
        ("jsonValue('no json', 'a')", None),
    ],
)
def json_value(text: str, path: str) -> Value:
    """Read one value of a JSON text, by a path such as `cart.items[0].sku`; null if it has none."""
    bounded_length(len(text))
    if text.count("[") + text.count("{") > _MAX_NESTING and _nesting(text) > _MAX_NESTING:
        return None
    try:
        found: Value = json.loads(text, parse_constant=lambda _: None)
    except ValueError:
        return None
    for step in _STEP.finditer(path):
        if step[2] is not None:
            index = int(step[2])
            found = found[index] if type(found) is list and index < len(found) else None
        else:
            found = found.get(step[1]) if type(found) is dict else None
    return found


def _nesting(text: str) -> int:
    deepest = depth = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        depth += (found[0] in "[{") - (found[0] in "]}")
        deepest = max(deepest, depth)
    return deepest


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
