"""An `Email` as the octets of a mail. Knows no server.

Bodies are always encoded, so the mail is plain ASCII with CRLF line ends whatever the text holds:
a server that takes no 8-bit data takes it, no text can end it early, and no line of a body can be
taken for a boundary. The parts are joined here rather than by `email.message`, which takes
ten times as long.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote

import idna

from journeys.channels.email import Email
from journeys.channels.fields import refuse_control_characters
from journeys.errors import CodecError
from journeys.messages import ActionRequest

_CONTROLS: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]")
"""Control characters of a body other than tab and line ends: left out."""
_ENCODED_WORD: Final = "=?"
_LINE_OCTETS: Final = 998
_BOUNDARY: Final = "=_alternative"
"""No line of an encoded body can hold "=_", so none can be taken for the boundary."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Who writes: an address and what stands beside it, which may be empty."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an SMTP transaction needs."""

    sender: str
    recipient: str
    content: bytes
    needs_utf8: bool
    """An address has a local part outside ASCII: the server must offer SMTPUTF8."""


def ascii_domain(address: str) -> str:
    """Return an address whose domain is written in Punycode where it is not ASCII.

    Raises:
        CodecError: the domain is no domain by IDNA 2008.
    """
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError as error:
        msg = f"the domain of an address cannot be looked up: {error}"
        raise CodecError(msg) from error


def build_envelope(
    message: Email, request: ActionRequest, sender: Mailbox, more: Mapping[str, str] | None = None
) -> Envelope:
    """Write a mail; the same request always gives the same octets.

    Args:
        message: what to write.
        request: gives `Message-ID`, `X-Journey-Request` and `Date`.
        sender: who sends it, and who writes unless the message says so itself. A mail that does
            not arrive goes back there.
        more: headers that the provider reads, name to text.

    Raises:
        CodecError: an address or a header cannot be written.
    """
    recipient, address = ascii_domain(message.to), ascii_domain(sender.address)
    shown = ascii_domain(message.from_address) if message.from_address else address
    token = quote(request.request_id, safe="")
    headers = {
        "From": _mailbox(message.from_name or sender.name, shown),
        "To": recipient,
        "Subject": _encoded("Subject", message.subject),
        "Date": format_datetime(datetime.fromtimestamp(request.requested_at / 1000, UTC)),
        "Message-ID": f"<{token}@{address.rpartition('@')[2]}>",
        "X-Journey-Request": token,
        "MIME-Version": "1.0",
    }
    if message.reply_to:
        headers["Reply-To"] = ascii_domain(message.reply_to)
    if message.language:
        headers["Content-Language"] = message.language
    if message.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        if message.unsubscribe_url.startswith("https:"):
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    content = _lines(headers | dict(more or {})) + _body(message)
    mailboxes = recipient + address + shown + headers.get("Reply-To", "")
    return Envelope(address, recipient, content, needs_utf8=not mailboxes.isascii())


def _lines(headers: dict[str, str]) -> bytes:
    for name, value in headers.items():
        refuse_control_characters(name, value.replace("\r\n ", ""))
        if any(len(f"{name}: {line}".encode()) > _LINE_OCTETS for line in value.split("\r\n")):
            msg = f"{name} is too long for a line of a mail, which holds {_LINE_OCTETS} octets"
            raise CodecError(msg)
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()


def _body(message: Email) -> bytes:
    parts = [
        _part(kind, text)
        for kind, text in (("plain", message.text), ("html", message.page))
        if text
    ]
    if len(parts) == 1:
        return parts[0]
    opening = f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n\r\n'
    line = f"--{_BOUNDARY}".encode()
    joined = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts)
    return opening.encode() + joined + line + b"--\r\n"


def _part(kind: str, text: str) -> bytes:
    lines = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    octets = (lines if lines.endswith("\n") else lines + "\n").encode()
    quoted = binascii.b2a_qp(octets).replace(b"\n", b"\r\n")
    in_base64 = base64.encodebytes(octets.replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")
    encoding, encoded = min(
        ("quoted-printable", quoted), ("base64", in_base64), key=lambda form: len(form[1])
    )
    headers = {
        "Content-Type": f'text/{kind}; charset="utf-8"',
        "Content-Transfer-Encoding": encoding,
    }
    return _lines(headers) + b"\r\n" + encoded


def _encoded(header: str, text: str) -> str:
    if text.isascii() and _ENCODED_WORD not in text:
        return text
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")


def _mailbox(name: str, address: str) -> str:
    if not name:
        return address
    if name.isascii() and _ENCODED_WORD not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_encoded('From', name)} <{address}>"
