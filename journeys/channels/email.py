"""The message of the email channel, and what counts as an address. Knows no SMTP.

An address is one plain `local@domain`: no display name, no quoted local part, no address literal,
no list. Letters of any script are allowed on both sides. A domain outside ASCII travels as
Punycode, which every server takes; a local part outside ASCII needs a server with SMTPUTF8.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields
from html import escape
from typing import Final
from urllib.parse import urlsplit

from journeys.channels.fields import (
    check_language,
    optional_text,
    refuse_control_characters,
    refuse_half_characters,
    refuse_unknown,
    required_text,
)
from journeys.channels.html_text import with_preheader
from journeys.errors import CodecError
from journeys.messages import JsonObject

_KIND: Final = "email"
_LOCAL_SPECIALS: Final = frozenset("!#$%&'*+-/=?^_`{|}~.")
_ADDRESS_OCTETS: Final = 254
_LOCAL_OCTETS: Final = 64
_LABEL_LENGTH: Final = 63
_HEADER_LENGTH: Final = 900
"""A header line may hold 998 octets with its name."""


UNSUBSCRIBE: Final = "https://unsubscribe.invalid/"
"""Stands in a message for the link by which its reader unsubscribes, until the message leaves; a
name that can never be looked up (RFC 6761)."""


def check_address(where: str, address: str) -> None:
    """Refuse what is not exactly one plain email address.

    Args:
        where: names the field in the message of the refusal.
        address: the text to check.

    Raises:
        CodecError: says what is wrong with the address.
    """
    refuse_half_characters(where, address)
    local, at, domain = address.partition("@")
    if not local or not at or not domain or "@" in domain:
        msg = f"{where} must be one address of the form name@example.org"
        raise CodecError(msg)
    if len(address.encode()) > _ADDRESS_OCTETS or len(local.encode()) > _LOCAL_OCTETS:
        msg = (
            f"{where} is too long: {_LOCAL_OCTETS} octets may stand before the @, "
            f"{_ADDRESS_OCTETS} in all"
        )
        raise CodecError(msg)
    if not all(map(_is_local_character, local)) or "" in local.split("."):
        msg = (
            f"{where} has a character before the @ that is not allowed there: use letters, "
            f"digits, single dots and {''.join(sorted(_LOCAL_SPECIALS - {'.'}))}"
        )
        raise CodecError(msg)
    if not all(map(_is_label, domain.split("."))):
        msg = f"{where} has no host name after the @: use letters, digits, hyphens and single dots"
        raise CodecError(msg)


def _is_letter_or_digit(character: str) -> bool:
    if character.isascii():
        return character.isalnum()
    return unicodedata.category(character)[0] in "LMN"


def _is_local_character(character: str) -> bool:
    return character in _LOCAL_SPECIALS or _is_letter_or_digit(character)


def _is_label(label: str) -> bool:
    if not label or len(label) > _LABEL_LENGTH or label[0] == "-" or label[-1] == "-":
        return False
    return all(character == "-" or _is_letter_or_digit(character) for character in label)


@dataclass(frozen=True, slots=True)
class Email:
    """One mail to one person, complete.

    Raises:
        CodecError: a field cannot be part of a mail; the text names it.
    """

    to: str
    subject: str
    text: str
    """May be empty where there is `html`."""
    html: str | None = None
    reply_to: str | None = None
    language: str | None = None
    """A language tag such as `fr-CA`."""
    preheader: str | None = None
    """What lists of mails show behind the subject, in place of how the HTML begins."""
    from_name: str | None = None
    """Who writes, in words; by default as the deployment says."""
    from_address: str | None = None
    """The address that the mail shows as its writer's; by default the deployment's."""
    unsubscribe_url: str | None = None
    """Where one POST takes the person off the list; mail programs show it as a button."""

    def __post_init__(self) -> None:
        check_address("email.to", self.to)
        if self.reply_to is not None:
            check_address("email.reply_to", self.reply_to)
        if self.from_address is not None:
            check_address("email.from_address", self.from_address)
        _check_header("email.subject", self.subject)
        _check_header("email.from_name", self.from_name or "")
        _check_header("email.preheader", self.preheader or "")
        check_language("email.language", self.language)
        _check_unsubscribe_url(self.unsubscribe_url)
        if not self.text and not self.html:
            msg = "email.text is missing: give text, html or both"
            raise CodecError(msg)
        for name, body in (("email.text", self.text), ("email.html", self.html or "")):
            refuse_half_characters(name, body)

    @property
    def page(self) -> str | None:
        """The HTML as it is sent."""
        if self.html and self.preheader:
            return with_preheader(self.html, self.preheader)
        return self.html

    def to_json(self) -> JsonObject:
        """Return the message as a JSON object, without the fields that are not set."""
        every = {known.name: getattr(self, known.name) for known in fields(self)}
        return {name: value for name, value in every.items() if value is not None}

    @classmethod
    def from_json(cls, message: JsonObject) -> Email:
        """Read a message that `to_json` wrote.

        Raises:
            CodecError: names the field that is missing, unknown or not what it should be.
        """
        names = [known.name for known in fields(cls)]
        refuse_unknown(message, _KIND, names)
        required_text(message, _KIND, "to")
        required_text(message, _KIND, "subject")
        given = {name: optional_text(message, _KIND, name) for name in names}
        url, text, html = given["unsubscribe_url"], given["text"] or "", given["html"]
        if url is not None and UNSUBSCRIBE not in url:  # a page of the author's own
            text = text.replace(UNSUBSCRIBE, url)
            html = html and html.replace(UNSUBSCRIBE, escape(url))
        return cls(**{**given, "text": text, "html": html})  # type: ignore[arg-type]  # checked above


def _check_header(where: str, text: str) -> None:
    refuse_control_characters(where, text)
    refuse_half_characters(where, text)
    if len(text) > _HEADER_LENGTH:
        msg = f"{where} has {len(text)} characters, at most {_HEADER_LENGTH} are sent"
        raise CodecError(msg)


def _check_unsubscribe_url(url: str | None) -> None:
    if url is None:
        return
    where = "email.unsubscribe_url"
    _check_header(where, url)
    if not url.isascii() or any(character in url for character in ' <>,"'):
        msg = f"{where} must be percent-encoded: no spaces, quotes, commas or <>"
        raise CodecError(msg)
    if urlsplit(url).scheme not in {"https", "http"}:
        msg = f"{where} must begin with https:// or http://"
        raise CodecError(msg)
