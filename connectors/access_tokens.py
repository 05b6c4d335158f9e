"""Access tokens, as `Authorization: Bearer` takes them. Knows no channel.

Only the signature is a library's: those that fetch tokens too open connections of their own, past
the gate of `connectors.egress`.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlencode

import jwt
from pydantic import BaseModel, ValidationError
from yarl import URL

from connectors.http_client import FORM, HttpCall, HttpClient
from connectors.secrets import Secrets
from journeys.channels.fields import refuse_control_characters
from journeys.channels.webhook import check_url
from journeys.errors import CodecError, PortError

RENEWED_BEFORE_S: Final = 60.0
"""How long before its end a token is replaced: a call under way must not outlive it."""

_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_LIFE_S: Final = 3600


class AccessTokens(Protocol):
    """Where access tokens come from."""

    async def current(self) -> str:
        """Give a token that has not been refused, as far as is known.

        Raises:
            PortError: there is none; says whether there may be one later.
        """
        ...

    def discard(self, token: str) -> None:
        """Learn that a token was refused."""
        ...


class TokenFromSecret:
    """A token that is a secret of the deployment, read anew for every call."""

    def __init__(self, reference: str, secrets: Secrets) -> None:
        self._reference = reference
        self._secrets = secrets

    async def current(self) -> str:
        """Read the secret.

        Raises:
            UnknownSecretError: there is no such secret.
            PortError: `unknown_secret`, the secret cannot be a token.
        """
        return _sendable(self._secrets.resolve(self._reference))

    def discard(self, token: str) -> None:
        """Do nothing: what the secret says next time is what counts."""


class ServiceAccount(BaseModel):
    """What is used of the key file of a service account."""

    client_email: str
    private_key: str
    """RSA, in PEM."""
    private_key_id: str | None = None
    token_uri: str


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str
    until: float
    """On the monotonic clock, in seconds."""


class ServiceAccountTokens:
    """Tokens of a service account, fetched for a signed assertion (RFC 7523).

    One token is kept for all calls until shortly before its end.
    """

    def __init__(self, reference: str, scope: str, secrets: Secrets, client: HttpClient) -> None:
        self._reference = reference
        self._scope = scope
        self._secrets = secrets
        self._client = client
        self._kept: _Kept | None = None
        self._renewing = asyncio.Lock()

    async def current(self) -> str:
        """Give the token that is kept, or fetch one.

        Raises:
            PortError: `unknown_secret` the secret is no key file; `bad_response` the answer holds
                no token; `http_<status>` refused; and all of `HttpClient.call`.
        """
        async with self._renewing:
            if self._kept is None or time.monotonic() >= self._kept.until:
                self._kept = await self._fetch()
            return self._kept.token

    def discard(self, token: str) -> None:
        """Forget a token, unless another has taken its place already."""
        if self._kept is not None and self._kept.token == token:
            self._kept = None

    async def _fetch(self) -> _Kept:
        account = self._account()
        assertion = self._assertion(account)
        asked_at = time.monotonic()
        form = {"grant_type": _GRANT, "assertion": assertion}
        answer = await self._client.call(
            HttpCall(
                "POST",
                URL(account.token_uri),
                {"content-type": FORM},
                urlencode(form).encode(),
                masked=(assertion,),
            )
        )
        if not answer.is_success:
            error = answer.body.get("error") if isinstance(answer.body, dict) else None
            said = f"no access token for the service account ({error or 'no reason given'})"
            raise answer.refusal(said)
        match answer.body:
            case {"access_token": str(token), "expires_in": int() | float() as seconds}:
                return _Kept(_sendable(token), asked_at + seconds - RENEWED_BEFORE_S)
        message = f"{answer.origin} answered {answer.status} without access_token and expires_in"
        raise PortError(message, code="bad_response", retryable=False)

    def _account(self) -> ServiceAccount:
        try:
            account = ServiceAccount.model_validate_json(self._secrets.resolve(self._reference))
            check_url("token_uri", account.token_uri)
        except (ValidationError, CodecError):
            # What was found there is part of these errors: none of it may be told.
            message = (
                "the secret is no key file of a service account: "
                "it must be JSON with client_email, private_key and token_uri"
            )
            raise _unfit(message) from None
        return account

    def _assertion(self, account: ServiceAccount) -> str:
        now = int(time.time())
        claims = {
            "iss": account.client_email,
            "scope": self._scope,
            "aud": account.token_uri,
            "iat": now,
            "exp": now + _ASSERTION_LIFE_S,
        }
        headers = {"kid": account.private_key_id} if account.private_key_id else None
        try:
            return jwt.encode(claims, account.private_key, algorithm="RS256", headers=headers)
        except (ValueError, TypeError, jwt.PyJWTError):
            message = "the private_key of the service account is no RSA key in PEM"
            raise _unfit(message) from None


def _sendable(token: str) -> str:
    try:
        refuse_control_characters("the access token", token)
    except CodecError as error:
        raise _unfit(str(error)) from None
    return token


def _unfit(message: str) -> PortError:
    return PortError(message, code="unknown_secret", retryable=False)
