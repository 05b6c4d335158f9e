"""Settings of all channels: what `journeys.yaml` says under `channels`.

Loads no client library, so that whoever only checks a project need not wait for one.
"""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from connectors.channels.plugins import section_faults
from connectors.egress import AllowRule
from connectors.feedback.settings import FeedbackSettings
from connectors.feedback.tracking import TrackingSettings
from connectors.mime import Mailbox, ascii_domain
from connectors.setting_types import BaseUrl, SecretText
from journeys.channels.email import check_address
from journeys.channels.fields import refuse_control_characters
from journeys.errors import CodecError

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
    pool_size: Annotated[int, Field(ge=1, le=100)] = 10
    """Connections to the server at once, of each subtask."""
    timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    """The longest silence of the server that is borne."""
    ehlo_hostname: str | None = None
    """How we present ourselves; the sender's domain by default."""
    address: str | None = None
    """Where emails go that do not say it themselves, such as `#{profile.personalEmail.address}`."""
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
    address: str | None = None
    """Where text messages go that do not say it themselves, such as
    `#{profile.mobilePhone.number}`."""
    on_unknown: Literal["retry", "skip"] = "retry"
    """When the connection dies before the answer is complete: ask again under the same
    `Idempotency-Key`, or leave it at that. A provider that ignores the key sends twice."""

    @model_validator(mode="after")
    def _check(self) -> SmsSettings:
        if (self.sender is None) == (self.messaging_service is None):
            msg = "give either a sender or a messaging_service"
            raise ValueError(msg)
        return self


class WebPushSettings(BaseModel):
    """Who sends notifications to browsers (VAPID, RFC 8292), and by which services."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    private_key: SecretText
    """A reference to the key that browsers subscribe by: P-256, in PEM or as 32 octets in base64url
    (RFC 8292)."""
    contact: Annotated[str, Field(pattern=r"^(mailto:|https://)\S+$")]
    """Where a service writes if something is wrong: `mailto:push@example.org`, or a page."""
    hosts: tuple[Annotated[str, Field(pattern=r"^(\*\.)?[a-z0-9][a-z0-9.-]*(:[0-9]+)?$")], ...] = (
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    )
    """The services that may be called: a person's data name one of them, never another host. `*.`
    stands for any name below; a port other than 443 is written behind."""


class PushSettings(BaseModel):
    """The services for notifications.

    To apps it is any that has the API of Firebase Cloud Messaging, HTTP v1; to browsers those that
    they subscribe to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: BaseUrl = "https://fcm.googleapis.com"
    """Where the service's API for apps begins."""
    project: UrlPart | None = None
    """The project's id, part of the URL; without it none is sent to apps."""
    service_account: SecretText | None = None
    """A reference to the key file of a service account (JSON): access tokens are fetched with it
    and renewed before they expire."""
    token: SecretText | None = None
    """In place of `service_account`: a reference to an access token that something else renews."""
    web: WebPushSettings | None = None
    """Notifications to browsers; without it none is sent to them."""
    address: str | None = None
    """Where notifications go that do not say it themselves, such as `#{profile.pushToken}`."""
    on_unknown: Literal["retry", "skip"] = "retry"
    """When the connection dies before the answer is complete: push again, which replaces the first
    notification on the device, or leave it at that."""

    @model_validator(mode="after")
    def _check(self) -> PushSettings:
        keys = [key for key in (self.service_account, self.token) if key is not None]
        if len(keys) != (self.project is not None):
            msg = "a project goes together with either a service_account or a token"
            raise ValueError(msg)
        if self.project is None and self.web is None:
            msg = "give a project, for apps, or web, for browsers"
            raise ValueError(msg)
        return self


class ChannelSettings(BaseModel):
    """What `journeys.yaml` says under `channels`. Holds references to secrets, never secrets.

    A channel that another distribution adds has its section beside the others, under its name.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    email: EmailSettings | None = None
    """The mail server; without it no email is sent."""
    sms: SmsSettings | None = None
    """The provider of text messages; without it none is sent."""
    push: PushSettings | None = None
    """The service for notifications; without it none is sent."""
    webhook: WebhookSettings = WebhookSettings()
    """How HTTP calls are signed and repeated."""
    tracking: TrackingSettings | None = None
    """What is put into messages to learn what becomes of them; without it nothing is."""
    feedback: FeedbackSettings = FeedbackSettings()
    """Who else tells `journeys receive` what became of messages."""
    egress_allow: tuple[str, ...] = ()
    """Private addresses that calls may go to, such as `127.0.0.1/32:8080` or `10.0.0.0/8`."""
    secrets_folder: Path | None = None
    """Files named like the secrets; the environment's `JOURNEYS_SECRET_NAME` goes first."""

    @model_validator(mode="after")
    def _check(self) -> ChannelSettings:
        if self.tracking is None and self.feedback.told_by:
            msg = "feedback needs tracking beside it: its url says where the receiver is reached"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _check_added(self) -> ChannelSettings:
        faults = [fault for each in self.added.items() for fault in section_faults(*each)]
        if faults:
            raise ValidationError.from_exception_data(type(self).__name__, faults)
        return self

    @property
    def added(self) -> dict[str, object]:
        """Give the sections of channels that other distributions add, as they are written."""
        return self.model_extra or {}

    @property
    def addresses(self) -> dict[str, str]:
        """Give where messages of each channel go that do not say it themselves."""
        own = {name: getattr(self, name) for name in type(self).model_fields}
        found = {name: getattr(section, "address", None) for name, section in own.items()}
        found |= {
            n: said.get("address") for n, said in self.added.items() if isinstance(said, dict)
        }
        return {name: address for name, address in found.items() if isinstance(address, str)}

    @field_validator("egress_allow")
    @classmethod
    def _are_rules(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        for rule in rules:
            AllowRule.parse(rule)
        return rules
