"""What travels with a message and comes back with what became of it: a signed token.

Whoever holds a token can say one thing of one message, and nothing else. Its text fits into a URL
and a header: the letter of the format, then base64 of a signature and of what is signed. What is
signed is not hidden: whoever has the token can read the profile id in it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from journeys.errors import JourneyError

MAX_TOKEN: Final = 8_192
"""Characters of a token that is looked at; a URL of more is taken by no server."""
_FORMAT: Final = "a"
"""Stands first, and is signed with the rest: a token of another format is told at once."""
_SIGNATURE_BYTES: Final = 16
"""128 bits of HMAC-SHA256: enough where each guess is a call."""


class TokenError(JourneyError):
    """A text is no token of ours, or is good for something else."""


class Use(StrEnum):
    """What a token is good for; also the part of a URL that it stands behind."""

    OPEN = "o"
    CLICK = "c"
    UNSUBSCRIBE = "u"
    REPORT = "r"
    """Named by a provider that tells what became of the message."""


@dataclass(frozen=True, slots=True)
class MessageToken:
    """Names one message, and what may be said of it."""

    use: Use
    profile_id: str
    request_id: str
    """The request under which the message was sent."""
    channel: str
    target: str | None = None
    """Of a click: where the link leads."""


def write_token(token: MessageToken, key: bytes) -> str:
    """Write a token that only who has the key can have written."""
    fields = [token.use, token.profile_id, token.request_id, token.channel]
    signed = orjson.dumps(fields if token.target is None else [*fields, token.target])
    octets = _signature(signed, key) + signed
    return _FORMAT + base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def read_token(text: str, keys: Iterable[bytes], use: Use) -> MessageToken:
    """Read a token that was written with one of some keys.

    Raises:
        TokenError: it was not, or it is good for something else.
    """
    octets = _octets(text)
    signature, signed = octets[:_SIGNATURE_BYTES], octets[_SIGNATURE_BYTES:]
    if not any(hmac.compare_digest(signature, _signature(signed, key)) for key in keys):
        msg = "the token was not signed here, or by a key that is not known any more"
        raise TokenError(msg)
    said, *names = orjson.loads(signed)
    if said != use:
        msg = "the token is good for something else"
        raise TokenError(msg)
    return MessageToken(use, *names)


def _octets(text: str) -> bytes:
    if not text.startswith(_FORMAT) or len(text) > MAX_TOKEN:
        msg = "this is no token"
        raise TokenError(msg)
    try:
        return base64.b64decode(text[1:] + "=" * (-len(text[1:]) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        msg = "this is no token"
        raise TokenError(msg) from error


def _signature(signed: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _FORMAT.encode() + signed, hashlib.sha256)[:_SIGNATURE_BYTES]
