"""How a call of an HTTP service says who calls: what an author writes under `auth`.

The block travels in the message as it is written, so that nothing secret is in a plan, a topic or
state: secrets are references, and the channel reads them at the moment of the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, field_serializer
from pydantic import StringConstraints as Text

from journeys.clock import format_duration
from journeys.messages import JsonObject
from journeys.specification import Identifier, LastingDuration, Path, Spec, shown, written

_REFERENCE = "a reference to a secret such as ${secret:CRM_PASSWORD}"
SecretText = Annotated[
    str, Text(min_length=1), written("secret", r".", _REFERENCE, "${secret:CRM_PASSWORD}")
]
"""A text that takes its value from secrets; one that is a secret itself is told as such."""


def _pointer(text: str) -> str:
    if not text.startswith("/"):
        message = f"{text!r} is no JSON pointer: expected one such as /access_token"
        raise ValueError(message)
    return text


def _pointer_or_text(text: str) -> str:
    return text if text == TEXT else _pointer(text)


TEXT = "text"
"""Stands in place of a pointer for the whole of an answer that is no JSON."""
_SUCH = "a JSON pointer such as /access_token"
Pointer = Annotated[str, AfterValidator(_pointer), written("pointer", "^/", _SUCH, "/expires_in")]
"""Where something stands in a JSON answer (RFC 6901)."""
PointerOrText = Annotated[
    str,
    AfterValidator(_pointer_or_text),
    written("pointer", "^(/.*|text)$", f"{_SUCH}, or text", "/access_token", "text"),
]
TimeUnit = Literal["milliseconds", "seconds", "minutes", "hours", "days"]


class BasicSpec(Spec):
    """`{username: shop, password: "${secret:CRM_PASSWORD}"}`: HTTP's own login."""

    username: str
    """The name; a reference to a secret where it is one."""
    password: SecretText
    """A reference such as `${secret:CRM_PASSWORD}`; the encoding is done for you."""


class ApiKeySpec(Spec):
    """`{name: X-Api-Key, value: "${secret:CRM_KEY}"}`: a key that goes with every call."""

    name: str
    """Name of the header or of the query parameter."""
    value: SecretText
    """A reference such as `${secret:CRM_KEY}`."""
    place: Literal["header", "query"] = Field(default="header", alias="in")
    """Where it goes."""


class ExpirySpec(Spec):
    """`{at: /expires_in, unit: seconds}`: the answer says how long its token lasts."""

    at: Pointer
    """JSON pointer to a number in the answer."""
    unit: TimeUnit = "seconds"
    """What the number counts."""


class PlacementSpec(Spec):
    """`{name: X-Token, in: header}`: where a token goes."""

    name: str
    """Name of the header or of the query parameter."""
    place: Literal["header", "query"] = Field(default="header", alias="in")
    """Where it goes."""


class AssertionSpec(Spec):
    """A signed statement in place of a client's secret (RFC 7523): JWT, RS256."""

    client_id: str
    """Who asks; it is `iss` and `sub` of the statement, and `client_id` of the form."""
    key: SecretText
    """A reference to the RSA key, in PEM."""
    certificate: SecretText | None = None
    """A reference to the certificate that belongs to the key, in PEM; its thumbprints tell the
    service which key it is."""
    audience: str | None = None
    """Whom the statement is for; by default the URL that is asked."""


def _duration_or_expiry(value: object) -> str:
    return "expiry" if isinstance(value, dict | ExpirySpec) else "duration"


class TokenSpec(Spec):
    """A token that another call brings. It is kept, and fetched anew when it is refused."""

    url: str
    """Who gives tokens; the whole URL, without holes."""
    method: Literal["GET", "POST"] = "POST"
    """The HTTP method."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Header name to value."""
    basic: BasicSpec | None = None
    """A user name and a password for whoever gives tokens."""
    form: dict[str, str] | None = None
    """What is asked, sent as a form; with `GET` in the query."""
    json_body: JsonObject | None = Field(default=None, alias="json")
    """In place of `form`: what is asked, sent as JSON."""
    assertion: AssertionSpec | None = None
    """A signed statement that is added to the form, in place of a client's secret."""
    found_at: PointerOrText = "/access_token"
    """Where the answer holds the token: a JSON pointer, or `text` where the answer is the token."""
    lasts: (
        Annotated[
            Annotated[LastingDuration, Tag("duration")] | Annotated[ExpirySpec, Tag("expiry")],
            Discriminator(_duration_or_expiry),
        ]
        | None
    ) = None
    """How long it is kept: a duration, or where the answer says so. By default what `expires_in`
    of the answer says in seconds, else an hour."""
    sent_as: PlacementSpec | None = None
    """Where it goes; by default it is a bearer: `Authorization: Bearer …`."""

    @field_serializer("lasts", when_used="unless-none")
    def _as_written(self, lasts: int | ExpirySpec) -> str | JsonObject:
        if isinstance(lasts, ExpirySpec):
            return lasts.model_dump(mode="json")
        return format_duration(lasts)


class CertificateSpec(Spec):
    """A certificate that the connection itself is signed in with (mutual TLS)."""

    certificate: SecretText
    """A reference to the certificate, with those between it and its authority, in PEM."""
    key: SecretText
    """A reference to its key, in PEM, without a password."""


WAYS = ("basic", "api_key", "bearer", "token")
"""Ways to say who calls of which a call has one."""


class AuthSpec(Spec):
    """`{bearer: "${secret:CRM_TOKEN}"}`: how calls say who calls. Secrets are references."""

    model_config = shown(
        {"bearer": "${secret:CRM_TOKEN}"},
        {"basic": {"username": "shop", "password": "${secret:CRM_PASSWORD}"}},
        {
            "token": {
                "url": "https://login.example.org/token",
                "form": {
                    "grant_type": "client_credentials",
                    "client_id": "shop",
                    "client_secret": "${secret:CRM_SECRET}",
                },
            }
        },
    )

    basic: BasicSpec | None = None
    """A user name and a password."""
    api_key: ApiKeySpec | None = None
    """A key in a header or in the query."""
    bearer: SecretText | None = None
    """A reference to a token that is renewed elsewhere: `Authorization: Bearer …`."""
    token: TokenSpec | None = None
    """A token that another call brings."""
    certificate: CertificateSpec | None = None
    """A certificate for the connection; alone, or beside one of the others. Tokens are fetched with
    it too."""

    @property
    def block(self) -> JsonObject:
        """Give what a message carries: what was written, and nothing else."""
        names = set(AuthSpec.model_fields)
        return self.model_dump(
            mode="json", by_alias=True, exclude_defaults=True, exclude_none=True, include=names
        )

    def headers(self) -> Iterator[tuple[Path, str]]:
        """Name the headers that it writes, and where it says so."""
        if self.basic or self.bearer:
            yield ("basic" if self.basic else "bearer",), "Authorization"
        if self.api_key and self.api_key.place == "header":
            yield ("api_key", "name"), self.api_key.name
        if self.token and self.token.sent_as is None:
            yield ("token",), "Authorization"
        elif self.token and self.token.sent_as and self.token.sent_as.place == "header":
            yield ("token", "sent_as", "name"), self.token.sent_as.name

    def secrets(self) -> Iterator[tuple[Path, str]]:
        """Name the texts that must be references, and where they stand."""
        if self.basic:
            yield ("basic", "password"), self.basic.password
        if self.api_key:
            yield ("api_key", "value"), self.api_key.value
        if self.bearer is not None:
            yield ("bearer",), self.bearer
        if self.token and self.token.basic:
            yield ("token", "basic", "password"), self.token.basic.password
        if self.certificate:
            yield ("certificate", "certificate"), self.certificate.certificate
            yield ("certificate", "key"), self.certificate.key
        assertion = self.token.assertion if self.token else None
        if assertion:
            yield ("token", "assertion", "key"), assertion.key
            if assertion.certificate:
                yield ("token", "assertion", "certificate"), assertion.certificate


def _name_or_block(value: object) -> str:
    return "name" if isinstance(value, str) else "block"


Auth = Annotated[
    Annotated[Identifier, Tag("name")] | Annotated[AuthSpec, Tag("block")],
    Discriminator(_name_or_block),
]
"""The id of a `kind: auth` of the project, or the same written in place."""
