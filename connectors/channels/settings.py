"""Settings of all channels: what `journeys.yaml` says under `channels`.

Loads no client library, so that whoever only checks a project need not wait for one.
"""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from connectors.egress import AllowRule
from connectors.mime import Mailbox, ascii_domain
from journeys.channels.email import check_address
from journeys.channels.fields import refuse_control_characters
from journeys.channels.secret_reference import secret_names
from journeys.channels.webhook import check_url
from journeys.errors import CodecError


def _is_reference(text: str) -> str:
    if not secret_names(text):
        msg = "it must be a reference such as ${secret:NAME}, never the secret itself"
        raise ValueError(msg)
    return text


def _is_base_url(url: str) -> str:
    try:
        check_url("it", url)
    except CodecError as error:
        raise ValueError(str(error)) from error
    if "?" in url or "#" in url:
        msg = "it is what a path is added to: leave out what begins with ? or #"
        raise ValueError(msg)
    return url


SecretText: TypeAlias = Annotated[str, AfterValidator(_is_reference)]
"""A text that takes its value from secrets."""
BaseUrl: TypeAlias = Annotated[str, AfterValidator(_is_base_url)]
"""Where an API begins."""
UrlPart: TypeAlias = Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
"""A name that stands in the path of a URL."""


class EmailSettings(BaseModel):
    """The mail server of a deployment, and who writes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    """Name or address of the mail server."""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    """Its port."""
    sender: str
    """`mail@example.org` or `The Shop <mail@example.org>`."""
    tls: Literal["none", "starttls", "implicit"] = "starttls"
    """`none` sends mails in the clear; never chosen unless written."""
    ca_file: Path | None = None
    """Authorities that sign the server's certificate; the system's own by default."""
    username: str | None = None
    """Together with `password`, where the server asks for them."""
    password: SecretText | None = None
    """A reference such as `${secret:SMTP_PASSWORD}`."""
    pool_size: Annotated[int, Field(ge=1, le=100)] = 4
    """Connections to the server at once, of each subtask."""
    timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    """The longest silence of the server that is borne."""
    ehlo_hostname: str | None = None
    """How we present ourselves; the sender's domain by default."""
    on_unknown: Literal["retry", "skip"] = "retry"
    """When the connection dies after the last line of a mail: send it again under the same
    `Message-ID`, or leave it at that."""

    @model_validator(mode="after")
    def _check(self) -> EmailSettings:
        try:
            refuse_control_characters("sender", self.sender)
            check_address("sender", self.mailbox.address)
            ascii_domain(self.mailbox.address)
        except CodecError as error:
            raise ValueError(str(error)) from error
        if (self.username is None) != (self.password is None):
            msg = "username and password go together: give both or neither"
            raise ValueError(msg)
        if self.password is not None and self.tls == "none":
            msg = "a password is never sent in the clear: use tls starttls or implicit"
            raise ValueError(msg)
        return self

    @property
    def mailbox(self) -> Mailbox:
        """Who writes, taken apart."""
        return Mailbox(*parseaddr(self.sender))


class WebhookSettings(BaseModel):
    """How the calls of a deployment are signed and repeated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    signing_secrets: tuple[SecretText, ...] = ()
    """References such as `${secret:WEBHOOK_KEY}`; every call carries a signature by each, so that
    a receiver may change over from one to the next."""
    on_unknown: Literal["retry", "skip"] = "retry"
    """When the connection dies before the answer is complete: call again under the same
    `Idempotency-Key`, or leave it at that."""
    ca_file: Path | None = None
    """Authorities that sign the services' certificates; the system's own by default."""


class SmsSettings(BaseModel):
    """The provider of text messages: any that has the API of Twilio."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: BaseUrl = "https://api.twilio.com"
    """Where the provider's API begins."""
    account: UrlPart
    """The account's id, part of the URL."""
    username: Annotated[str, Field(pattern=r"^[^:]+$")] | None = None
    """The API key that signs in; the account itself by default."""
    password: SecretText
    """A reference such as `${secret:SMS_PASSWORD}`."""
    sender: str | None = None
    """Number or name that messages come from, unless the action has its own; sent as `From`."""
    messaging_service: str | None = None
    """In place of `sender`: the provider chooses the number; sent as `MessagingServiceSid`."""
    on_unknown: Literal["retry", "skip"] = "retry"
    """When the connection dies before the answer is complete: ask again under the same
    `Idempotency-Key`, or leave it at that. A provider that ignores the key sends twice."""

    @model_validator(mode="after")
    def _check(self) -> SmsSettings:
        if (self.sender is None) == (self.messaging_service is None):
            msg = "give either a sender or a messaging_service"
            raise ValueError(msg)
        return self


class PushSettings(BaseModel):
    """The service for notifications: any that has the API of Firebase Cloud Messaging, HTTP v1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: BaseUrl = "https://fcm.googleapis.com"
    """Where the service's API begins."""
    project: UrlPart
    """The project's id, part of the URL."""
    service_account: SecretText | None = None
    """A reference to the key file of a service account (JSON): access tokens are fetched with it
    and renewed before they expire."""
    token: SecretText | None = None
    """In place of `service_account`: a reference to an access token that something else renews."""
    on_unknown: Literal["retry", "skip"] = "retry"
    """When the connection dies before the answer is complete: push again, which replaces the first
    notification on the device, or leave it at that."""

    @model_validator(mode="after")
    def _check(self) -> PushSettings:
        if (self.service_account is None) == (self.token is None):
            msg = "give either a service_account or a token"
            raise ValueError(msg)
        return self


class ChannelSettings(BaseModel):
    """What `journeys.yaml` says under `channels`. Holds references to secrets, never secrets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: EmailSettings | None = None
    """The mail server; without it no email is sent."""
    sms: SmsSettings | None = None
    """The provider of text messages; without it none is sent."""
    push: PushSettings | None = None
    """The service for notifications; without it none is sent."""
    webhook: WebhookSettings = WebhookSettings()
    """How HTTP calls are signed and repeated."""
    egress_allow: tuple[str, ...] = ()
    """Private addresses that calls may go to, such as `127.0.0.1/32:8080` or `10.0.0.0/8`."""
    secrets_folder: Path | None = None
    """Files named like the secrets; the environment's `JOURNEYS_SECRET_NAME` goes first."""

    @field_validator("egress_allow")
    @classmethod
    def _are_rules(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        for rule in rules:
            AllowRule.parse(rule)
        return rules
