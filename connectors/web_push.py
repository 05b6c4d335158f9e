"""Notifications to browsers: encrypted for one (RFC 8291), signed by us (RFC 8292, VAPID).

Where a notification goes stands in data of a person, so only services that the deployment lists are
called, over TLS; the gate of `connectors.egress` judges the address besides.
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from yarl import URL

from connectors.channels.settings import WebPushSettings
from connectors.http_client import HttpAnswer, HttpCall, HttpClient
from connectors.secrets import Secrets
from journeys.channels.push import Push, Subscription
from journeys.errors import CodecError, PortError

_CURVE: Final = ec.SECP256R1()
_TOKEN_LIFE_S: Final = 12 * 3600
"""Services refuse tokens that live longer than a day."""
_RENEWED_BEFORE_S: Final = 3600
_MOST_SIGNED: Final = 1_000
_TTL_S: Final = 28 * 24 * 3600
"""What services keep a notification for at most, and what the service for apps does by default."""
_GONE: Final = (404, 410)
_SCALAR_OCTETS: Final = 32
_TOPIC_OCTETS: Final = 24
"""A topic has 32 characters of base64url at most."""


@dataclass(frozen=True, slots=True)
class _Signed:
    """What tells a service who we are."""

    header: str
    until: float
    """On the monotonic clock, in seconds."""


class WebPush:
    """Sends notifications to browsers by whatever services they subscribe to."""

    def __init__(self, settings: WebPushSettings, secrets: Secrets, client: HttpClient) -> None:
        self._settings = settings
        self._secrets = secrets
        self._client = client
        self._signed: dict[tuple[str, str], _Signed] = {}
        """Private key and service to the header for it."""

    async def send(
        self, push: Push, to: Subscription, request_id: str, *, is_repeatable: bool
    ) -> HttpAnswer:
        """Hand a notification to the service that a browser subscribed to.

        One that has not reached the browser yet is replaced by its repeat.

        Raises:
            PortError: `unregistered` the browser no longer takes notifications; `http_<status>`
                refused; `egress_denied` the service is none of the deployment's; `unknown_secret`
                the key is none; and all of `HttpClient.call`.
            CodecError: the subscription cannot be encrypted for.
        """
        url = self._allowed(to.endpoint)
        body = _encrypted(push.notification(request_id), to)
        header = self._authorization(str(url.origin()))
        headers = {
            "authorization": header,
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(_TTL_S if push.ttl is None else push.ttl),
            "topic": _encoded(sha256(request_id.encode()).digest()[:_TOPIC_OCTETS]),
        }
        if push.urgency is not None:
            headers["urgency"] = push.urgency
        masked = (header, header.removeprefix("vapid t=").partition(",")[0])
        answer = await self._client.call(
            HttpCall("POST", url, headers, body, masked=masked, is_repeatable=is_repeatable)
        )
        if answer.status in _GONE:
            gone = f"{answer.origin} answered {answer.status}: the browser takes no notifications"
            raise PortError(gone, code="unregistered", retryable=False, response=answer.body)
        if not answer.is_success:
            raise answer.refusal(answer.body if isinstance(answer.body, str) else None)
        return answer

    def _allowed(self, endpoint: str) -> URL:
        """Refuse to call what no service of the settings is."""
        try:
            url = URL(endpoint)
            host = f"{url.host}:{url.port}" if url.explicit_port not in (None, 443) else url.host
        except ValueError:
            host = None
        if (
            host is None
            or url.user
            or not any(_covers(rule, host) for rule in self._settings.hosts)
        ):
            message = (
                "the subscription names a push service that is not in channels.push.web.hosts: "
                "add its host there if this deployment trusts it"
            )
            raise PortError(message, code="egress_denied", retryable=False)
        return url.with_fragment(None)

    def _authorization(self, audience: str) -> str:
        text = self._secrets.resolve(self._settings.private_key)
        mark, now = (text, audience), time.monotonic()
        signed = self._signed.get(mark)
        if signed is None or now >= signed.until:
            self._forget(now)
            header = _vapid(_private_key(text), audience, self._settings.contact)
            signed = _Signed(header, now + _TOKEN_LIFE_S - _RENEWED_BEFORE_S)
            self._signed[mark] = signed
        return signed.header

    def _forget(self, now: float) -> None:
        """Drop what has run out, or all: data of people may name many hosts of one wildcard."""
        kept = {mark: signed for mark, signed in self._signed.items() if now < signed.until}
        self._signed = kept if len(kept) < _MOST_SIGNED else {}


def _covers(rule: str, host: str) -> bool:
    return host.endswith(rule[1:]) if rule.startswith("*.") else host == rule


def _encrypted(content: bytes, to: Subscription) -> bytes:
    try:
        encrypted = http_ece.encrypt(
            content,
            private_key=ec.generate_private_key(_CURVE),
            dh=to.key("p256dh"),
            auth_secret=to.key("auth"),
            version="aes128gcm",
        )
    except (ValueError, http_ece.ECEException):
        msg = "push.to.keys.p256dh is no point of the curve P-256"
        raise CodecError(msg) from None
    return bytes(encrypted)


def _private_key(text: str) -> ec.EllipticCurvePrivateKey:
    try:
        if "-----BEGIN" in text:
            key = load_pem_private_key(text.encode(), None)
        else:
            octets = urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
            if len(octets) != _SCALAR_OCTETS:
                raise ValueError  # noqa: TRY301 - one message for every key that is none
            key = ec.derive_private_key(int.from_bytes(octets), _CURVE)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != _CURVE.name:
        message = (
            "the private_key of channels.push.web is no key of the curve P-256: "
            "it must be PEM, or 32 octets in base64url"
        )
        raise PortError(message, code="unknown_secret", retryable=False) from None
    return key


def _vapid(key: ec.EllipticCurvePrivateKey, audience: str, contact: str) -> str:
    claims = {"aud": audience, "exp": int(time.time()) + _TOKEN_LIFE_S, "sub": contact}
    token = jwt.encode(claims, key, algorithm="ES256")
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return f"vapid t={token}, k={_encoded(public)}"


def _encoded(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")
