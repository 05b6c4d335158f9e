"""The message of the push channel. Knows no provider.

It goes to an app, by the token of a device, or to a browser, by what `PushManager.subscribe` gave
there (https://www.w3.org/TR/push-api): the form of the address tells which.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field, fields
from typing import Final, Literal, cast, get_args
from urllib.parse import urlsplit

from journeys.channels.fields import (
    check_language,
    optional_text,
    refuse_control_characters,
    refuse_half_characters,
    refuse_unknown,
    required_text,
    text_map,
)
from journeys.errors import CodecError
from journeys.limits import MAX_PUSH_BYTES, MAX_WEB_PUSH_BYTES
from journeys.messages import JsonObject, JsonValue

_KIND: Final = "push"
Urgency = Literal["very-low", "low", "normal", "high"]
"""How much a notification may cost of a battery (RFC 8030, 5.3)."""
_KEY_OCTETS: Final = {"p256dh": 65, "auth": 16}
_DECLARATIVE: Final = 8030
"""Tells a browser that the notification is complete as it stands (declarative web push)."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser that takes notifications.

    Raises:
        CodecError: says what is missing or wrong.
    """

    endpoint: str
    """Where notifications go: a URL of the browser's push service."""
    p256dh: str
    """The browser's public key, in base64url."""
    auth: str
    """Its secret, in base64url."""

    def __post_init__(self) -> None:
        where = f"{_KIND}.to.endpoint"
        refuse_control_characters(where, self.endpoint)
        refuse_half_characters(where, self.endpoint)
        if urlsplit(self.endpoint).scheme != "https":
            msg = f"{where} must begin with https://"
            raise CodecError(msg)
        for name, octets in _KEY_OCTETS.items():
            if len(self.key(name)) != octets:
                msg = f"{_KIND}.to.keys.{name} must hold {octets} octets in base64url"
                raise CodecError(msg)

    def key(self, name: str) -> bytes:
        """Give a key as octets; nothing where it is no base64url."""
        text = getattr(self, name).rstrip("=")
        try:
            return urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (ValueError, binascii.Error):
            return b""

    @classmethod
    def from_json(cls, value: JsonObject) -> Subscription:
        """Read what a browser gave, in its own form; fields beyond it are passed over."""
        match value:
            case {"endpoint": str(endpoint), "keys": {"p256dh": str(p256dh), "auth": str(auth)}}:
                return cls(endpoint, p256dh, auth)
        msg = f"{_KIND}.to is no subscription: it needs endpoint, keys.p256dh and keys.auth"
        raise CodecError(msg)


def address_of(to: JsonValue) -> str | Subscription:
    """Read whom a notification is for.

    Raises:
        CodecError: it is neither a token nor a subscription.
    """
    match to:
        case dict():
            return Subscription.from_json(to)
        case str() if to.strip():
            return to
    msg = f"{_KIND}.to is missing, expected a device's token or a browser's subscription"
    raise CodecError(msg)


@dataclass(frozen=True, slots=True)
class Push:
    """One notification for one device or browser."""

    to: str | Subscription
    """The device's token, or the browser's subscription."""
    title: str
    text: str
    link: str | None = None
    """What opens when a person taps it."""
    data: dict[str, str] = field(default_factory=dict)
    """Values for the app."""
    language: str | None = None
    """A language tag such as `fr-CA`."""
    ttl: int | None = None
    """Seconds for which it is kept for a device that cannot be reached."""
    urgency: Urgency | None = None

    def __post_init__(self) -> None:
        """Refuse what no push service carries."""
        check_language(f"{_KIND}.language", self.language)
        if self.urgency not in (None, *get_args(Urgency)):
            msg = f"{_KIND}.urgency must be one of {', '.join(get_args(Urgency))}"
            raise CodecError(msg)
        texts = (self.title, self.text, self.link or "", *self.data, *self.data.values())
        size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
        most = MAX_PUSH_BYTES
        if isinstance(self.to, Subscription):
            size, most = len(self.notification("")), MAX_WEB_PUSH_BYTES
        if size > most:
            message = f"{_KIND} has {size} bytes of text and data; at most {most} fit"
            raise CodecError(message)

    def notification(self, tag: str) -> bytes:
        """Write what a browser shows, or a service worker reads.

        Args:
            tag: a notification takes the place of one with the same tag.
        """
        shown: JsonObject = {"title": self.title, "body": self.text, "tag": tag}
        data: JsonValue = dict(self.data) or None
        given: JsonObject = {"navigate": self.link, "lang": self.language, "data": data}
        shown |= {name: value for name, value in given.items() if value is not None}
        written = {"web_push": _DECLARATIVE, "notification": shown}
        text = json.dumps(written, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")

    @classmethod
    def from_json(cls, message: JsonObject) -> Push:
        """Read from the fields of a request.

        Raises:
            CodecError: says which field is missing or wrong.
        """
        refuse_unknown(message, _KIND, [known.name for known in fields(cls)])
        ttl = message.get("ttl")
        if not (ttl is None or isinstance(ttl, int)):
            msg = f"{_KIND}.ttl is {type(ttl).__name__}, expected seconds"
            raise CodecError(msg)
        return cls(
            to=address_of(message.get("to")),
            title=required_text(message, _KIND, "title"),
            text=required_text(message, _KIND, "text"),
            link=optional_text(message, _KIND, "link"),
            data=text_map(message, _KIND, "data"),
            language=optional_text(message, _KIND, "language"),
            ttl=ttl,
            urgency=cast("Urgency | None", optional_text(message, _KIND, "urgency")),
        )
