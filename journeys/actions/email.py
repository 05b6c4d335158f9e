"""The action `channel: email`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, Literal

from journeys.action_kind import (
    Fault,
    LanguageTag,
    MessageKind,
    ReadFile,
    Refusal,
    TextsSpec,
)
from journeys.channels.email import UNSUBSCRIBE, Email, check_address
from journeys.channels.fields import required_text
from journeys.channels.html_text import text_of
from journeys.channels.mjml import TAGS, MjmlError, html_of
from journeys.diagnostics import Code, near
from journeys.errors import CodecError
from journeys.message_looks import field_lines, text_page
from journeys.messages import JsonObject
from journeys.outcomes import Reason
from journeys.specification import shown
from journeys.template import UNSUBSCRIBE_NAME, Template, parse_template

SMTP = "smtp"
"""All email leaves by the one mail server of the settings."""
_HTML = (".html", ".htm")
_MJML = ".mjml"
_FILE_NAME = re.compile(r"[\w./-]+\.(txt|html?|mjml|liquid|md)")
_BODIES: Final = ("body", "text", "html")


class EmailTexts(TextsSpec):
    """What an email says in one more language."""

    needed: ClassVar[tuple[tuple[str, ...], ...]] = (("subject",), _BODIES)

    subject: str | None = None
    """The subject line."""
    preheader: str | None = None
    """What lists of mails show behind the subject."""
    body: str | None = None
    """Name of a `.txt`, `.html` or `.mjml` file of the project, or the text itself."""
    text: str | None = None
    """The plain text, or the name of its file, where it differs from `body`."""
    html: str | None = None
    """The HTML text, or the name of its file, where it differs from `body`."""

    def replaced(self) -> dict[str, object]:
        """Give the fields that take the place of others: the bodies do so together."""
        given = super().replaced()
        return {**dict.fromkeys(_BODIES), **given} if given.keys() & _BODIES else given


class EmailAction(MessageKind):
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
    subject: str
    """The subject line."""
    preheader: str | None = None
    """What lists of mails show behind the subject, where there is HTML."""
    body: str | None = None
    """Name of a `.txt`, `.html` or `.mjml` file of the project, or the text itself."""
    text: str | None = None
    """The plain text, or the name of its file, where it differs from `body`. Where there is only
    HTML, it is made from that."""
    html: str | None = None
    """The HTML text, or the name of its file, where it differs from `body`; holes are escaped for
    HTML."""
    languages: Mapping[LanguageTag, EmailTexts] = {}
    """Language tag to the texts in that language."""
    from_name: str | None = None
    """Who writes, such as `The Tea Shop`; by default as `channels.email.sender` says."""
    from_address: str | None = None
    """The address that the email shows as its writer's; the mail server must let it."""
    reply_to: str | None = None
    """Where answers go."""
    unsubscribe: bool | str | None = None
    """How people take themselves off the list, which mail programs show as a button: `true` is a
    link of this deployment, a text is a URL of your own, `false` says that there is none. In the
    texts it is `{{ unsubscribe_url }}`; where one of them says so, `true` is the default."""

    def template(self, read: ReadFile) -> Template:
        """Give the fields of an `Email`, with holes."""
        text, html = self._bodies(read)
        fields = {
            "to": self.to,
            "subject": self.subject,
            "preheader": self.preheader,
            "text": text,
            "from_name": self.from_name,
            "from_address": self.from_address,
            "reply_to": self.reply_to,
            "language": self.language,
            "unsubscribe_url": self._unsubscribe_url(f"{text}{html}"),
        }
        tree = {name: parse_template(value) for name, value in fields.items() if value is not None}
        if html is not None:
            tree["html"] = parse_template(html, "html")
            if text is None and tree["html"][0] != "expression" and (made := text_of(html)):
                tree["text"] = ["liquid" if "{" in made else "value", made]
        return ["map", tree]

    def text_faults(self, read: ReadFile) -> Iterator[Fault]:
        """An email has a text, and what names a file names one that is there."""
        if self.body is None and self.text is None and self.html is None:
            message = "the email has no text"
            yield ("id",), Code.MISSING_FIELD, message, "give it a `body`, a `text` or an `html`"
        for field in _BODIES:
            yield from _file_faults(field, getattr(self, field), read)

    def doubts(self, read: ReadFile) -> Iterator[Fault]:
        """A marketing email says how to get no more of them."""
        yield from super().doubts(read)
        texts = "".join(map(str, self._bodies(read)))
        is_silent = self.unsubscribe is None and self._unsubscribe_url(texts) is None
        if self.category == "marketing" and is_silent:
            message = "nobody can unsubscribe from this marketing email"
            hint = "write `unsubscribe: true`, or the URL of a page of your own"
            yield ("category",), Code.NO_UNSUBSCRIBE, message, hint

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

    @classmethod
    def told(cls, message: JsonObject) -> list[str]:
        """Show the headers, then the plain text."""
        url = message.get("unsubscribe_url")
        headers = {name: value for name, value in message.items() if name not in _BODIES}
        if url == UNSUBSCRIBE:
            headers["unsubscribe_url"] = "a link of the deployment"
        text, html = _as_sent(message)
        return [*field_lines(headers), "", *(text or text_of(html)).rstrip().splitlines()]

    @classmethod
    def page(cls, message: JsonObject) -> str:
        """Show the HTML where there is some, else the plain text."""
        text, html = _as_sent(message)
        return html or text_page(text)

    def _unsubscribe_url(self, texts: str) -> str | None:
        if isinstance(self.unsubscribe, str):
            return self.unsubscribe
        is_linked = UNSUBSCRIBE_NAME in texts if self.unsubscribe is None else self.unsubscribe
        return UNSUBSCRIBE if is_linked else None

    def _bodies(self, read: ReadFile) -> tuple[str | None, str | None]:
        """Give the plain text and the HTML, as far as they are written."""
        text, html = self.text, self.html
        if self.body is not None and self.body.endswith((*_HTML, _MJML)):
            html = self.body if html is None else html
        elif text is None:
            text = self.body
        return _content(text, read), _content(html, read)


def _as_sent(message: JsonObject) -> tuple[str, str]:
    """Give the plain text and the HTML; as they stand, where the message cannot be sent."""
    try:
        email = Email.from_json(message)
    except CodecError:
        return str(message.get("text") or ""), str(message.get("html") or "")
    return email.text, email.page or ""


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
            hint = near(error.tag, TAGS) if error.tag else "see mjml.io for the tags there are"
            yield (field,), Code.TEMPLATE, message, hint
