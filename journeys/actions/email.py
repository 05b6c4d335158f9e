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

SMTP = "smtp"
"""All email leaves by the one mail server of the settings."""
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
    shared_endpoint: ClassVar[str | None] = SMTP
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
    """The plain text, or the name of its file, where it differs from `body`."""
    html: str | None = None
    """The HTML text, or the name of its file, where it differs from `body`; holes are escaped for
    HTML."""
    reply_to: str | None = None
    """Where answers go."""

    def template(self, read: ReadFile) -> Template:
        """Give the fields of an `Email`, with holes."""
        body_is_html = self.body is not None and self.body.endswith((*_HTML, _MJML))
        text, html = self.text, self.html
        if body_is_html:
            html = self.body if html is None else html
        elif text is None:
            text = self.body
        fields = {
            "to": self.to,
            "subject": self.subject,
            "text": _content(text, read),
            "reply_to": self.reply_to,
        }
        tree = {name: parse_template(value) for name, value in fields.items() if value is not None}
        if html is not None:
            tree["html"] = parse_template(_content(html, read), "html")
        return ["map", tree]

    def faults(self, read: ReadFile) -> Iterator[Fault]:
        """An email has a text, and what names a file names one that is there."""
        if self.body is None and self.text is None and self.html is None:
            message = "the email has no text"
            yield ("id",), Code.MISSING_FIELD, message, "give it a `body`, a `text` or an `html`"
        for field in ("body", "text", "html"):
            yield from _file_faults(field, getattr(self, field), read)

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


def _content(text: str | None, read: ReadFile) -> str | None:
    """Give the text of the file that is named, or what is written itself."""
    found = None if text is None else read(text)
    if text is None or found is None:
        return text
    try:
        return html_of(found) if text.endswith(_MJML) else found
    except MjmlError:  # told by `faults`
        return ""


def _file_faults(field: str, text: str | None, read: ReadFile) -> Iterator[Fault]:
    if text is None or not _FILE_NAME.fullmatch(text):
        return
    found = read(text)
    if found is None:
        message = f"there is no file '{text}' in the project"
        yield (field,), Code.UNKNOWN_FILE, message, "name it by its path from the folder"
    elif text.endswith(_MJML):
        try:
            html_of(found)
        except MjmlError as error:
            message = f"the file '{text}' is no MJML: {error}"
            yield (field,), Code.TEMPLATE, message, "see mjml.io for the tags there are"
