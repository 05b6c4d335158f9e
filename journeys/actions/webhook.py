"""The action `channel: webhook`: a call of any HTTP service with a JSON body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field

from journeys.action_kind import ActionKind, Fault, ReadFile, Refusal
from journeys.authentication import Auth, AuthSpec
from journeys.channels.secret_reference import secret_names
from journeys.channels.webhook import OMITTED, WebhookCall
from journeys.diagnostics import Code
from journeys.errors import CodecError
from journeys.kinds.source import Nulls, SourceSpec
from journeys.messages import JsonObject, JsonValue
from journeys.outcomes import Reason
from journeys.specification import Expression, shown
from journeys.template import Template, parse_template


class WebhookAction(ActionKind):
    """An HTTP call. Its JSON response is read by later steps as `@action{step.field}`."""

    model_config = shown(
        {
            "kind": "action",
            "id": "crm_task",
            "channel": "webhook",
            "url": "https://crm.example.org/tasks",
            "headers": {"Authorization": "Bearer ${secret:CRM_TOKEN}"},
            "body": {"person": "#{profile.id}", "reason": "{{ params.reason }}"},
        }
    )

    channel_name: ClassVar[str] = "webhook"

    channel: Literal["webhook"]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    """The HTTP method."""
    url: str
    """Scheme, host and port are fixed; path and query may have holes."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Header name to value."""
    query: dict[str, JsonValue] = Field(default_factory=dict)
    """Parameter name to value, added to the URL."""
    body: JsonValue = None
    """Sent as JSON; as a form or a text where the header `Content-Type` says so."""
    nulls: Nulls = "send"
    """What becomes of fields of a JSON body that are null."""
    auth: Auth | None = None
    """How it says who calls; by default not at all."""
    response: str | None = None
    """A JSON Schema file of the project that describes the response; a response that does not fit
    is an error."""
    error_response: str | None = None
    """A JSON Schema file of the project that describes the response of a call that failed."""
    success: Expression | None = None
    """When a call that was answered has succeeded, where its status does not tell; it names the
    response as `@action{…}` with the action's own id."""

    def template(self, read: ReadFile) -> Template:
        """Give the fields of a `WebhookCall`, with holes."""
        fields: dict[str, JsonValue] = {
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "query": self.query,
            "body": self.body,
        }
        template = parse_template({n: value for n, value in fields.items() if value is not None})
        template[1]["url"] = parse_template(self.url, "url")
        # Named from the text as written: what a person types into a form must never name a secret.
        named = list(secret_names([self.url, dict(self.headers), self.query, self.body]))
        template[1]["secrets"] = ["value", named]
        if self.nulls == OMITTED:
            template[1]["nulls"] = ["value", OMITTED]
        if isinstance(self.auth, AuthSpec):
            template[1]["auth"] = ["value", self.auth.block]
        return template

    def endpoint(self) -> str:
        """Calls of one scheme, host and port share their limits."""
        return _origin(self.url) or self.url

    def faults(self, read: ReadFile) -> Iterator[Fault]:
        """Where a call goes is fixed: data of a person never choose the host."""
        del read
        origin = _origin(self.url)
        if origin is None:
            message = f"'{self.url}' names no fixed scheme and host"
            hint = "begin with https://host, and put holes only into path and query"
            yield ("url",), Code.FIXED_HOST, message, hint
            return
        try:
            WebhookCall(self.method, f"{origin}/", dict.fromkeys(self.headers, ""))
        except CodecError as error:
            message, _, hint = str(error).partition(": ")
            path = "headers" if message.startswith("webhook.headers") else "url"
            yield (path,), Code.FORM, message, hint

    @classmethod
    def refusal(cls, message: JsonObject) -> Refusal | None:
        """A call needs a URL and headers that can be sent."""
        try:
            WebhookCall.from_json(message)
        except CodecError as error:
            return Reason.TEMPLATE_ERROR, str(error)
        return None


def source_call(source: SourceSpec) -> WebhookAction:
    """Give the HTTP call that asks a source."""
    return WebhookAction(
        kind="action",
        id=source.id,
        channel="webhook",
        method=source.method,
        url=source.url,
        headers=source.headers,
        query=source.query,
        body=source.body,
        nulls=source.nulls,
        auth=source.auth,
    )


def _origin(url: str) -> str | None:
    """Give the scheme, host and port that a URL names for everybody, if it does."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    fixed = parts.scheme in ("http", "https") and parts.netloc and "{" not in parts.netloc
    return f"{parts.scheme}://{parts.netloc}" if fixed else None
