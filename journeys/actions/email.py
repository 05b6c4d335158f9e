"""The action `channel: email`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from journeys.action_kind import ActionKind, Fault, ReadFile, Refusal
from journeys.channels.email import Email, check_address
from journeys.channels.fields import required_text
from journeys.channels.mjml import MjmlError, html_of
from journeys.diagnostics import Code
from journeys.errors import CodecError
from journeys.messages import JsonObject
from journeys.outcomes import Reason
from journeys.specification import shown
from journeys.template import Template, parse_template

_HTML = (".html", ".htm")
_MJML = ".mjml"
_FILE_NAME = re.compile(r"[\w./-]+\.(txt|html?|mjml|liquid|md)")


class EmailAction(ActionKind):
    """An email: give `body` (a file of the project or a text), or `text` and `html` apart."""

    model_config = shown(
        {
            "kind": "action",
            "id": "welcome_email",
            "channel": "email",
            "to": "#{profile.email}",
            "subject": "Welcome, {{ profile.firstName }}!",
            "body": "templates/welcome.html",
        }
    )

    channel_name: ClassVar[str] = "email"
    consent_name: ClassVar[str | None] = "email"
    reactions: ClassVar[frozenset[str]] = frozenset(
        {"delivered", "bounced", "opened", "clicked", "unsubscribed", "complained"}
    )

    channel: Literal["email"]
    to: str
    """The recipient's address; one plain address."""
    subject: str
    """The subject line."""
    body: str | None = None
    """Name of a `.txt`, `.html` or `.mjml` file of the project, or the text itself."""
    text: str | None = None
    """The plain text, where it differs from `body`."""
    html: str | None = None
    """The HTML text, where it differs from `body`; holes are escaped for HTML."""
    reply_to: str | None = None
    """Where answers go."""

    def template(self, read: ReadFile) -> Template:
        """Give the fields of an `Email`, with holes."""
        body = None if self.body is None else self._body(read)
        is_html = self.body is not None and self.body.endswith((*_HTML, _MJML))
        text = self.text if self.text is not None or is_html else body
        html = self.html if self.html is not None or not is_html else body
        fields = {"to": self.to, "subject": self.subject, "text": text, "reply_to": self.reply_to}
        tree = {name: parse_template(value) for name, value in fields.items() if value is not None}
        if html is not None:
            tree["html"] = parse_template(html, "html")
        return ["map", tree]

    def _body(self, read: ReadFile) -> str:
        name = self.body or ""
        text = read(name)
        if text is None or not name.endswith(_MJML):
            return text or name
        try:
            return html_of(text)
        except MjmlError:  # told by `faults`
            return ""

    def endpoint(self) -> str:
        """All email leaves by the one mail server of the settings."""
        return "smtp"

    def faults(self, read: ReadFile) -> Iterator[Fault]:
        """An email has a text, and a body that names a file names one that is there."""
        if self.body is None and self.text is None and self.html is None:
            message = "the email has no text"
            yield ("id",), Code.MISSING_FIELD, message, "give it a `body`, a `text` or an `html`"
        if self.body is not None and _FILE_NAME.fullmatch(self.body) and read(self.body) is None:
            message = f"there is no file '{self.body}' in the project"
            yield ("body",), Code.UNKNOWN_FILE, message, "name it by its path from the folder"
        if self.body is not None and self.body.endswith(_MJML):
            try:
                html_of(read(self.body) or "<mjml></mjml>")
            except MjmlError as error:
                message = f"the file '{self.body}' is no MJML: {error}"
                yield ("body",), Code.TEMPLATE, message, "see mjml.io for the tags there are"

    @classmethod
    def refusal(cls, message: JsonObject) -> Refusal | None:
        """An email needs a recipient, and texts that can be sent."""
        try:
            check_address("email.to", required_text(message, "email", "to"))
        except CodecError as error:
            return Reason.NO_ADDRESS, str(error)
        try:
            Email.from_json(message)
        except CodecError as error:
            return Reason.TEMPLATE_ERROR, str(error)
        return None
