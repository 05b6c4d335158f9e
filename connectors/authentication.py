"""How calls of one channel say who calls: secrets read, tokens fetched, certificates shown.

What is made here, such as a token or an encoded login, leaves only with the call that it is for:
it is masked in whatever the service answers.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import ssl
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import jwt
import orjson
from aiohttp import encode_basic_auth
from pydantic import ValidationError
from yarl import URL

from connectors.access_tokens import (
    RENEWED_BEFORE_S,
    Fetched,
    FetchedTokens,
    sendable,
    unfit,
)
from connectors.client_certificate import ClientCertificate
from connectors.http_client import FORM, HttpAnswer, HttpCall, HttpClient
from connectors.secrets import Secrets
from journeys.authentication import TEXT, AssertionSpec, AuthSpec, BasicSpec, ExpirySpec, TokenSpec
from journeys.errors import PortError
from journeys.messages import JsonObject, JsonValue

AUTH_ERROR: Final = "auth_error"
"""The code of a call that was not made because nobody gave a token for it."""
TOKEN_LIFE_S: Final = 3600.0
"""How long a token is kept where nothing says how long it lasts."""

TOKEN_TIMEOUT_S: Final = 10.0
"""How long an endpoint may take to give a token: whoever waits can then say whose fault it is."""

_OURS: Final = ("egress_denied", "unknown_secret", "tls_error")
"""Codes of what the deployment must mend: they stay what they are."""
_ASSERTION_LIFE_S: Final = 600
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_UNITS_S: Final = {
    "milliseconds": 0.001,
    "seconds": 1.0,
    "minutes": 60.0,
    "hours": 3600.0,
    "days": 86_400.0,
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one call shows."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Header name, in lower case, to value."""
    query: Mapping[str, str] = field(default_factory=dict)
    masked: tuple[str, ...] = ()
    """Texts made from secrets, which no answer must repeat."""
    tls: ssl.SSLContext | None = None
    """How to open the connection; None: as to anybody."""
    token: str | None = None
    """The one among it that was fetched: another may do where it is refused."""


NOBODY: Final = Credentials()


class Authenticator:
    """One way to say who calls; to be used on one event loop."""

    def __init__(
        self,
        auth: AuthSpec,
        secrets: Secrets,
        client: HttpClient,
        certificate: ClientCertificate | None,
    ) -> None:
        self._auth = auth
        self._secrets = secrets
        self._certificate = certificate
        self._tokens = (
            None if auth.token is None else EndpointTokens(auth.token, secrets, client, certificate)
        )

    async def credentials(self) -> Credentials:
        """Give what the next call shows.

        Raises:
            PortError: `unknown_secret` a secret is missing or not what it must be; `auth_error`
                the token cannot be fetched; `egress_denied` or `tls_error` where it is fetched.
        """
        auth, tls = self._auth, self._certificate.context() if self._certificate else None
        if auth.basic is not None:
            login = login_of(auth.basic, self._secrets)
            return Credentials({"authorization": f"Basic {login}"}, masked=(login,), tls=tls)
        if auth.bearer is not None:
            token = sendable(self._secrets.resolve(auth.bearer), "auth.bearer")
            return Credentials({"authorization": f"Bearer {token}"}, tls=tls)
        if auth.api_key is not None:
            value = sendable(self._secrets.resolve(auth.api_key.value), "auth.api_key.value")
            return _placed(auth.api_key.place, auth.api_key.name, value, tls)
        if self._tokens is not None and auth.token is not None:
            token, to = await self._tokens.current(), auth.token.sent_as
            if to is None:
                return _placed("header", "authorization", f"Bearer {token}", tls, token)
            return _placed(to.place, to.name, token, tls, token)
        return Credentials(tls=tls)

    def discard(self, credentials: Credentials) -> bool:
        """Learn that credentials were refused; say whether others may be asked for."""
        if self._tokens is None or credentials.token is None:
            return False
        self._tokens.discard(credentials.token)
        return True


def _placed(
    place: str, name: str, value: str, tls: ssl.SSLContext | None, token: str | None = None
) -> Credentials:
    masked = () if token is None else (token,)
    if place == "query":
        return Credentials(query={name: value}, masked=masked, tls=tls, token=token)
    return Credentials({name.lower(): value}, masked=masked, tls=tls, token=token)


class Authenticators:
    """The ways of all calls of one channel: calls that say the same share what was fetched."""

    def __init__(self, secrets: Secrets, client: HttpClient, authorities: str | None) -> None:
        self._secrets = secrets
        self._client = client
        self._authorities = authorities
        self._known: dict[bytes, Authenticator] = {}

    def find(self, block: JsonObject) -> Authenticator:
        """Give the way that a message's block describes.

        Raises:
            PortError: `message_error`, it describes none.
        """
        name = orjson.dumps(block, option=orjson.OPT_SORT_KEYS)
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._made(block)
        return known

    def _made(self, block: JsonObject) -> Authenticator:
        try:
            auth = AuthSpec.model_validate(block)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            message = f"webhook.auth.{place}: {first['msg']}"
            raise PortError(message, code="message_error", retryable=False) from None
        certificate = None
        if auth.certificate is not None:
            certificate = ClientCertificate(auth.certificate, self._secrets, self._authorities)
        return Authenticator(auth, self._secrets, self._client, certificate)


class EndpointTokens(FetchedTokens):
    """Tokens that an endpoint of the author's choice gives."""

    def __init__(
        self,
        spec: TokenSpec,
        secrets: Secrets,
        client: HttpClient,
        certificate: ClientCertificate | None = None,
    ) -> None:
        super().__init__()
        self._spec = spec
        self._secrets = secrets
        self._client = client
        self._certificate = certificate

    async def fetch(self) -> Fetched:
        """Ask the endpoint for a token.

        Raises:
            PortError: `auth_error` it gave none; `unknown_secret` a secret is missing or not what
                it must be; `egress_denied` and `tls_error` of `HttpClient.call`.
        """
        call, asked_at = self._call(), time.monotonic()
        try:
            async with asyncio.timeout(TOKEN_TIMEOUT_S):
                answer = await self._client.call(call)
            if not answer.is_success:
                raise answer.refusal(_said(answer.body))
            token, life = self._token(answer), self._life(answer)
        except TimeoutError:
            why = f"{call.url.origin()} gave none within {TOKEN_TIMEOUT_S:g} s"
            raise _without(why, retryable=True) from None
        except PortError as error:
            if error.code in _OURS:
                raise
            raise _without(
                str(error), retryable=error.retryable, after_ms=error.retry_after_ms
            ) from error
        return Fetched(token, asked_at + max(life - RENEWED_BEFORE_S, life / 2))

    def _call(self) -> HttpCall:
        spec, resolve = self._spec, self._secrets.resolve
        headers = {name.lower(): resolve(value) for name, value in spec.headers.items()}
        fields, masked = self._fields(), []
        if spec.basic is not None:
            masked.append(login_of(spec.basic, self._secrets))
            headers["authorization"] = f"Basic {masked[-1]}"
        if spec.assertion is not None:
            signed = _assertion(spec.assertion, spec.url, self._secrets)
            masked.append(signed["client_assertion"])
            fields = {**signed, **fields}
        query: dict[str, str] = {}
        body: bytes | None = None
        if spec.json_body is not None:
            headers.setdefault("content-type", "application/json")
            body = json.dumps(fields, separators=(",", ":")).encode()
        elif spec.method == "GET":
            query = {name: str(value) for name, value in fields.items()}
        else:
            headers.setdefault("content-type", FORM)
            body = urlencode(fields).encode()
        tls = self._certificate.context() if self._certificate else None
        url, shown = _url(resolve(spec.url)), tuple(masked)
        return HttpCall(
            spec.method, url, headers, body, query, masked=shown, tls=tls, hides_answer=True
        )

    def _fields(self) -> JsonObject:
        """Give what is asked, with its secrets."""
        asked: JsonObject = {**(self._spec.json_body or self._spec.form or {})}
        return {name: self._secrets.resolve_json(value) for name, value in asked.items()}

    def _token(self, answer: HttpAnswer) -> str:
        found = answer.body if self._spec.found_at == TEXT else _at(answer, self._spec.found_at)
        if isinstance(found, str) and found.strip():
            return sendable(found.strip())
        where = "as its text" if self._spec.found_at == TEXT else f"at {self._spec.found_at}"
        raise _bad(answer, f"without a token {where}")

    def _life(self, answer: HttpAnswer) -> float:
        lasts = self._spec.lasts
        if isinstance(lasts, int):
            return lasts / 1000
        expiry = lasts or ExpirySpec(at="/expires_in")
        found = _number(_at(answer, expiry.at))
        if found is not None and found > 0:
            return found * _UNITS_S[expiry.unit]
        if lasts is None:
            return TOKEN_LIFE_S
        raise _bad(answer, f"without a number above 0 at {expiry.at}")


def _without(why: str, *, retryable: bool, after_ms: int | None = None) -> PortError:
    message = f"the call was not made, for want of a token: {why}"
    return PortError(message, code=AUTH_ERROR, retryable=retryable, retry_after_ms=after_ms)


def _url(text: str) -> URL:
    try:
        return URL(text)
    except ValueError:
        message = "auth.token.url is not a URL that can be called"
        raise PortError(message, code="message_error", retryable=False) from None


def login_of(basic: BasicSpec, secrets: Secrets) -> str:
    """Encode a user name and a password as HTTP asks for.

    Raises:
        PortError: `unknown_secret`, there is no such secret, or the name cannot be written so.
    """
    username, password = secrets.resolve(basic.username), secrets.resolve(basic.password)
    if ":" in username:
        message = "auth.basic.username holds a colon, which ends a user name"
        raise unfit(message)
    return encode_basic_auth(username, password, "utf-8").removeprefix("Basic ")


def _assertion(spec: AssertionSpec, url: str, secrets: Secrets) -> dict[str, str]:
    """Sign who asks, and give the fields of the form that say so."""
    now, client = int(time.time()), secrets.resolve(spec.client_id)
    claims = {
        "iss": client,
        "sub": client,
        "aud": spec.audience or url,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + _ASSERTION_LIFE_S,
    }
    headers = None
    if spec.certificate is not None:
        headers = _thumbprints(secrets.resolve(spec.certificate))
    try:
        signed = jwt.encode(claims, secrets.resolve(spec.key), algorithm="RS256", headers=headers)
    except (ValueError, TypeError, jwt.PyJWTError):
        message = "the key of the assertion is no RSA key in PEM"
        raise unfit(message) from None
    return {
        "grant_type": "client_credentials",
        "client_id": client,
        "client_assertion_type": _ASSERTION_TYPE,
        "client_assertion": signed,
    }


def _thumbprints(certificate: str) -> dict[str, str]:
    try:
        der = ssl.PEM_cert_to_DER_cert(certificate)
    except ValueError:
        message = "the certificate of the assertion is no certificate in PEM"
        raise unfit(message) from None
    digests = {"x5t": hashlib.sha1(der, usedforsecurity=False), "x5t#S256": hashlib.sha256(der)}
    return {
        name: urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
        for name, digest in digests.items()
    }


def _at(answer: HttpAnswer, pointer: str) -> JsonValue:
    """Follow a JSON pointer (RFC 6901); null where it leads nowhere."""
    found = answer.body
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def _number(value: JsonValue) -> float | None:
    """Read a number, also one that is written as a text, as some endpoints do."""
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _said(body: JsonValue) -> str | None:
    """Give why an endpoint gives no token, in the words of OAuth 2."""
    if not isinstance(body, dict):
        return None
    words = [body.get("error"), body.get("error_description")]
    return " ".join(word for word in words if isinstance(word, str)) or None


def _bad(answer: HttpAnswer, what: str) -> PortError:
    message = f"{answer.origin} answered {answer.status} {what}"
    return PortError(message, code="bad_response", retryable=False)
