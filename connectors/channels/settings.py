"""Settings of all channels: what `journeys.yaml` says under `channels`.

Loads no client library, so that whoever only checks a project need not wait for one.
"""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.egress import AllowRule
from connectors.mime import Mailbox, ascii_domain
from journeys.channels.email import check_address
from journeys.channels.fields import refuse_control_characters
from journeys.channels.secret_reference import secret_names
from journeys.errors import CodecError


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
    password: str | None = None
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
        if self.password is not None and not secret_names(self.password):
            msg = "password must be a reference such as ${secret:SMTP_PASSWORD}"
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

    signing_secrets: tuple[str, ...] = ()
    """References such as `${secret:WEBHOOK_KEY}`; every call carries a signature by each, so that
    a receiver may change over from one to the next."""
    on_unknown: Literal["retry", "skip"] = "retry"
    """When the connection dies before the answer is complete: call again under the same
    `Idempotency-Key`, or leave it at that."""

    @field_validator("signing_secrets")
    @classmethod
    def _are_references(cls, secrets: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(secret_names, secrets)):
            msg = "write references such as ${secret:WEBHOOK_KEY}, never secrets"
            raise ValueError(msg)
        return secrets


class ChannelSettings(BaseModel):
    """What `journeys.yaml` says under `channels`. Holds references to secrets, never secrets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: EmailSettings | None = None
    """The mail server; without it no email is sent."""
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
