"""The message of the webhook channel: one HTTP call. Knows no HTTP client."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from journeys.channels.fields import (
    refuse_control_characters,
    refuse_half_characters,
    refuse_unknown,
    required_text,
    text_map,
)
from journeys.errors import CodecError
from journeys.messages import JsonObject, JsonValue

_KIND: Final = "webhook"
OMITTED: Final = "omit"
"""What a message says under `nulls` where fields of its body that are null are left out."""
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_TOKEN: Final = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")
_OURS: Final = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
    }
)
"""Headers that frame the call or identify it: the channel alone writes them."""


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One HTTP call, complete but for its secrets.

    Raises:
        CodecError: a field cannot be part of a call; the text names it and never quotes a value.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: JsonValue = None
    """Written as JSON; as a form where `Content-Type` says so; a text under any other type.
    Null is no body."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Added to the URL, encoded."""
    secrets: tuple[str, ...] = ()
    """The secrets that the action's author refers to. A reference to any other name is refused, so
    that what a person typed into a form cannot fetch a secret."""
    auth: JsonObject = field(default_factory=dict)
    """How it says who calls, as its author wrote it: nothing of a person is in it."""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            msg = f"webhook.method must be one of {list(METHODS)}"
            raise CodecError(msg)
        check_url("webhook.url", self.url)
        for name, value in self.headers.items():
            _check_header(name, value)
        for name, value in self.query.items():
            refuse_half_characters(f"webhook.query.{name!a}", name + value)

    def to_json(self) -> JsonObject:
        """Return the message as a JSON object, without the fields that are empty."""
        message: JsonObject = {"method": self.method, "url": self.url}
        if self.headers:
            message["headers"] = dict(self.headers)
        if self.query:
            message["query"] = dict(self.query)
        if self.body is not None:
            message["body"] = self.body
        if self.secrets:
            message["secrets"] = list(self.secrets)
        if self.auth:
            message["auth"] = self.auth
        return message

    @classmethod
    def from_json(cls, message: JsonObject) -> WebhookCall:
        """Read a message that `to_json` wrote.

        Raises:
            CodecError: names the field that is missing, unknown or not what it should be.
        """
        refuse_unknown(message, _KIND, [*(known.name for known in fields(cls)), "nulls"])
        body = message.get("body")
        return cls(
            method=required_text(message, _KIND, "method"),
            url=required_text(message, _KIND, "url"),
            headers=text_map(message, _KIND, "headers"),
            body=_without_nulls(body) if message.get("nulls") == OMITTED else body,
            query=text_map(message, _KIND, "query"),
            secrets=_secrets(message),
            auth=_auth(message),
        )


def _without_nulls(value: JsonValue) -> JsonValue:
    """Leave out fields that are null; what stands in lists keeps its place."""
    match value:
        case dict():
            return {n: _without_nulls(item) for n, item in value.items() if item is not None}
        case list():
            return [_without_nulls(item) for item in value]
        case _:
            return value


def _auth(message: JsonObject) -> JsonObject:
    auth = message.get("auth")
    if auth is None or isinstance(auth, dict):
        return auth or {}
    msg = f"webhook.auth is {type(auth).__name__}, expected an object"
    raise CodecError(msg)


def _secrets(message: JsonObject) -> tuple[str, ...]:
    names = message.get("secrets")
    if names is None:
        return ()
    if not isinstance(names, list):
        msg = f"webhook.secrets is {type(names).__name__}, expected a list of names"
        raise CodecError(msg)
    for name in names:
        if not isinstance(name, str):
            msg = f"webhook.secrets holds {type(name).__name__}, expected names"
            raise CodecError(msg)
    return tuple(str(name) for name in names)


@lru_cache(maxsize=256)  # most actions call one URL for everybody
def check_url(where: str, url: str) -> None:
    """Refuse what is not a URL over HTTP with a host that is written out, and without credentials.

    Raises:
        CodecError: says what about the URL is wrong.
    """
    refuse_control_characters(where, url)
    refuse_half_characters(where, url)
    if " " in url or "\\" in url:
        msg = f"{where} holds a space or a backslash: percent-encode it"
        raise CodecError(msg)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        msg = f"{where} has no host, or no port between 1 and 65535"
        raise CodecError(msg) from error
    if parts.scheme not in {"https", "http"}:
        msg = f"{where} must begin with https:// or http://"
        raise CodecError(msg)
    if not host or port == 0:
        msg = f"{where} has no host, or no port between 1 and 65535"
        raise CodecError(msg)
    if "@" in parts.netloc:
        msg = f"{where} holds a user name: write credentials into a header"
        raise CodecError(msg)
    if any(_is_step(part) for part in parts.path.split("/")):
        msg = f"{where} has a part of its path that is only dots: write the path out"
        raise CodecError(msg)
    if "$" in parts.netloc or "{" in parts.netloc:
        msg = f"{where} takes its host from a reference: write the host out"
        raise CodecError(msg)


def _is_step(part: str) -> bool:
    """Say whether a part of a path leads elsewhere: a client leaves it out, and one before it."""
    return part.lower().replace("%2e", ".") in (".", "..")


def _check_header(name: str, value: str) -> None:
    where = f"webhook.headers.{name!a}"
    if not name or not _TOKEN.issuperset(name):
        msg = f"{where} is no header name: use letters, digits and hyphens"
        raise CodecError(msg)
    if name.lower() in _OURS:
        msg = f"{where} is written by the channel itself: remove it"
        raise CodecError(msg)
    refuse_control_characters(where, value.replace("\t", " "))
    refuse_half_characters(where, value)
