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
        return sendable(self._secrets.resolve(self._reference))

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
class Fetched:
    """A token, and how long it is kept."""

    token: str
    until: float
    """On the monotonic clock, in seconds."""


@dataclass(frozen=True, slots=True)
class _Failed:
    error: PortError
    at: float
    """On the monotonic clock, in seconds."""


class FetchedTokens:
    """Tokens that a call brings: one is kept for all who want it, until shortly before its end.

    However many want one at once, it is fetched once; a fetch that fails fails all of them.
    """

    def __init__(self) -> None:
        self._kept: Fetched | None = None
        self._failed: _Failed | None = None
        self._renewing = asyncio.Lock()

    async def current(self) -> str:
        """Give the token that is kept, or fetch one.

        Raises:
            PortError: it cannot be fetched.
        """
        wanted_at = time.monotonic()
        async with self._renewing:
            if self._kept is None or time.monotonic() >= self._kept.until:
                if self._failed is not None and self._failed.at >= wanted_at:
                    raise self._failed.error
                self._kept = await self._fetch_once()
            return self._kept.token

    def discard(self, token: str) -> None:
        """Forget a token, unless another has taken its place already."""
        if self._kept is not None and self._kept.token == token:
            self._kept = None

    async def fetch(self) -> Fetched:
        """Make the call that brings one.

        Raises:
            PortError: it brought none; says whether another may.
        """
        raise NotImplementedError

    async def _fetch_once(self) -> Fetched:
        try:
            return await self.fetch()
        except PortError as error:
            self._failed = _Failed(error, time.monotonic())
            raise


class ServiceAccountTokens(FetchedTokens):
    """Tokens of a service account, fetched for a signed assertion (RFC 7523)."""

    def __init__(self, reference: str, scope: str, secrets: Secrets, client: HttpClient) -> None:
        super().__init__()
        self._reference = reference
        self._scope = scope
        self._secrets = secrets
        self._client = client

    async def fetch(self) -> Fetched:
        """Ask for a token with a newly signed assertion.

        Raises:
            PortError: `unknown_secret` the secret is no key file; `bad_response` the answer holds
                no token; `http_<status>` refused; and all of `HttpClient.call`.
        """
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
                hides_answer=True,
            )
        )
        if not answer.is_success:
            error = answer.body.get("error") if isinstance(answer.body, dict) else None
            said = f"no access token for the service account ({error or 'no reason given'})"
            raise answer.refusal(said)
        match answer.body:
            case {"access_token": str(token), "expires_in": int() | float() as seconds}:
                return Fetched(sendable(token), asked_at + seconds - RENEWED_BEFORE_S)
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
            raise unfit(message) from None
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
            raise unfit(message) from None


def sendable(token: str, where: str = "the access token") -> str:
    """Give a token that can stand in a header.

    Raises:
        PortError: `unknown_secret`, it holds line ends or control characters.
    """
    try:
        refuse_control_characters(where, token)
    except CodecError as error:
        raise unfit(str(error)) from None
    return token


def unfit(message: str) -> PortError:
    """Make the error for a secret that is not what it must be; it must not tell the secret."""
    return PortError(message, code="unknown_secret", retryable=False)
