"""I7: nothing that a person or a text says becomes a header, a second recipient, or another mail.

`make fuzz` tries 100,000 cases of each property, the usual run 2,000.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from email.utils import getaddresses
from typing import Any

import pytest
from hypothesis import settings

from connectors.channels.email import EmailChannel, EmailSettings
from connectors.egress import EgressPolicy
from connectors.mime import Envelope, Mailbox, build_envelope
from connectors.secrets import Secrets
from journeys.actions import ACTIONS
from journeys.channels import Email
from journeys.errors import CodecError, PortError
from journeys.messages import ActionRequest
from journeys.outcomes import Reason
from tests.harness.channel import failing, sent

SMTP_FORM = re.compile(rb"^\.", re.MULTILINE)
"""What a mail's lines are freed of on their way: a dot at the beginning."""
CASES = 40 * settings().max_examples
SHOP = Mailbox("The Shop", "shop@example.org")
OURS = {
    "from", "to", "subject", "date", "message-id", "x-journey-request", "mime-version", "reply-to",
    "content-language", "list-unsubscribe", "list-unsubscribe-post", "content-type",
    "content-transfer-encoding",
}  # fmt: skip
"""Headers that a mail may have."""

TRICKS = [
    "\r\nBcc: eve@evil.example", "\nBcc: eve@evil.example", "\rBcc: eve@evil.example",
    "\r\n\r\n<script>", "\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n", "\0", "\x0b", "\x0c", "\x1c",
    "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x7f", "\u202e", "\u202a", "\ud800", "\udfff",
    "=?utf-8?q?=0d=0aBcc:_eve@evil.example?=", "=?utf-8?b?DQpCY2M6IGV2ZUBldmls?=", "=?", "?=",
    ">, <eve@evil.example>", "\" <eve@evil.example>, \"", "eve@evil.example,", ";", "(comment)",
    "\\", "\\\"", "%0d%0aBcc:", "\u560a\u560dBcc:", "\ufeff", "\u200b", "\u00ad", "--=_alternative",
    "\r\n--=_alternative--\r\n", "a" * 1_000, "é" * 400, "日本" * 200, " ", "\t", "",
]  # fmt: skip
PLAIN = {"to": "ann@example.org", "subject": "Hello", "text": "Come back", "html": None,
         "reply_to": None, "language": None, "unsubscribe_url": None}  # fmt: skip
FORMS = {
    "to": "{}ann{}@example{}.org",
    "reply_to": "{}ann{}@example{}.org",
    "unsubscribe_url": "https://example.org/{}",
}
"""Fields that are refused whatever they hold, unless they have this form."""


def tricky(chance: random.Random) -> str:
    """Write a text of tricks, of any characters, and of nothing special."""
    anything = "".join(chr(chance.randrange(0x11000)) for _ in range(chance.randrange(4)))
    pieces = [*chance.choices(TRICKS, k=2), anything, "Hello ", ""]
    return "".join(chance.choices(pieces, k=chance.randrange(5)))


def tricky_fields(chance: random.Random) -> dict[str, Any]:
    """Change one to three fields of a plain mail."""
    fields: dict[str, Any] = dict(PLAIN)
    for name in chance.sample(sorted(PLAIN), chance.randint(1, 3)):
        form = FORMS.get(name, "{}")
        fields[name] = form.format(*(tricky(chance) for _ in range(form.count("{}"))))
    return fields


def asked(request_id: str = "r1") -> ActionRequest:
    return ActionRequest(
        request_id=request_id, profile_id="p", instance_id="i", journey_id="j", journey_version=1,
        step_id="s", action_id="a", channel="email", endpoint="smtp", message={}, timeout_ms=1000,
        max_attempts=1, requested_at=1_700_000_000_000,
    )  # fmt: skip


def headers(content: bytes) -> Iterator[tuple[str, str]]:
    """Read headers as the most careless server would: at any line end, folded or not."""
    top = re.split("\r\n\r\n|\n\n|\r\r", content.decode(), maxsplit=1)[0]
    for line in top.splitlines():  # at each of a dozen characters
        if line[:1] not in (" ", "\t"):
            name, _, value = line.partition(":")
            yield name.lower(), value


def test_i7_no_text_becomes_a_header_or_a_recipient() -> None:
    chance, written = random.Random(CASES), 0
    for _ in range(CASES):
        fields = tricky_fields(chance)
        # Neither name nor id comes from a person; they are whole texts, of a bounded length.
        name, request_id = (tricky(chance).encode(errors="ignore").decode()[:80] for _ in range(2))
        try:
            mail = build_envelope(
                Email(**fields), asked(request_id or "r1"), Mailbox(name, SHOP.address)
            )
        except CodecError:
            continue
        written += 1
        check(mail, str((fields, name, request_id)))
    print(f"{written} of {CASES} mails were written, the others refused")  # noqa: T201
    assert written > CASES // 20


def check(mail: Envelope, case: str) -> None:
    names = [header for header, _ in headers(mail.content)]
    assert set(names) <= OURS, case
    assert len(names) == len(set(names)), case
    assert b"\0" not in mail.content, case
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", mail.content), case
    assert max(map(len, mail.content.split(b"\r\n"))) <= 998, case
    assert b"\r\n.\r\n" not in SMTP_FORM.sub(b"..", mail.content), case
    assert not re.search(r"[\s,;<>\0]", mail.recipient + mail.sender), case
    read = email.message_from_bytes(mail.content)
    senders = getaddresses([str(read["From"])])
    assert [address for _, address in senders] == [SHOP.address], case
    assert len(getaddresses([str(read["To"])])) == 1, case
    kinds = [part.get_content_type() for part in read.walk()]
    assert set(kinds) <= {"multipart/alternative", "text/plain", "text/html"}, case
    assert len(kinds) <= 3, case


def test_i7_what_is_harmless_is_not_refused() -> None:
    """So that the property above cannot hold because everything is refused."""
    subject = 'Größe\u2067 (neu) \u2069=?utf-8?q?x?= \\ "; %0d%0a'
    mail = build_envelope(Email("ann@example.org", subject, ".\r\n\0x"), asked(), SHOP)
    read = email.message_from_bytes(mail.content, policy=email.policy.default)
    assert read["Subject"] == subject
    assert read.get_content().splitlines() == [".", "x"]


@pytest.mark.parametrize("to", [
    "a@example.org, b@example.org", "a@example.org;b@example.org", "a@example.org b@example.org",
    "Ann <a@example.org>", "a@example.org\r\nb@example.org", "a@example.org\0", "a@[127.0.0.1]",
    ", ".join(f"p{n}@example.org" for n in range(500)), "undisclosed-recipients:;", "@example.org",
    "a@example.org@evil.example", '"a b"@example.org', "a@exa mple.org", "a@example.org\u202e",
    "a\u202eb@example.org", "a\u200bb@example.org", "a\u2028@example.org", "a@-example.org", "a@",
])  # fmt: skip
def test_i7_one_message_has_one_plain_recipient(to: str) -> None:
    with pytest.raises(CodecError):
        Email(to, "s", "t")


@pytest.mark.parametrize("to", [["a@example.org", "b@example.org"], ["a@example.org"] * 500, {}, 7])
def test_i7_a_list_of_recipients_is_not_sent(to: Any) -> None:
    refusal = ACTIONS["email"].refusal({"to": to, "subject": "s", "text": "t"})
    assert refusal is not None
    assert refusal[0] in (Reason.NO_ADDRESS, Reason.TEMPLATE_ERROR)


@pytest.mark.parametrize("trick", ["\0", "\r", "\n", "\u2028", "\u2029", "\x85", "\x1b", "\x7f",
                                   "\u202a", "\u202b", "\u202c", "\u202d", "\u202e"])  # fmt: skip
def test_i7_no_header_holds_a_line_end_a_control_or_an_override(trick: str) -> None:
    with pytest.raises(CodecError, match="control character"):
        Email("ann@example.org", f"Invoice{trick}fdp.exe", "t")
    with pytest.raises(ValueError, match=r"control character|sender"):
        EmailSettings(host="mail.example.org", sender=f"Bank{trick} <shop@example.org>")
    with pytest.raises(CodecError):
        Email("ann@example.org", "s", "t", unsubscribe_url=f"https://example.org/{trick}")


@pytest.mark.parametrize(
    ("address", "travels"),
    [
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@\u0430\u0440\u0440\u04cf\u0435.example", "ann@xn--80ak6aa92e.example"),
        ("ann@\uff25xample.org", "ann@example.org"),
    ],
)  # fmt: skip
def test_i7_a_domain_outside_ascii_travels_so_that_it_cannot_be_taken_for_another(
    address: str, travels: str
) -> None:
    mail = build_envelope(Email(address, "s", "t"), asked(), SHOP)
    assert mail.recipient == travels
    assert email.message_from_bytes(mail.content)["To"] == travels


def test_i7_one_mail_arrives_whatever_its_text_says() -> None:
    chance = random.Random(7)
    for _ in range(settings().max_examples):
        asyncio.run(_one_mail(tricky(chance), tricky(chance)))


async def _one_mail(text: str, subject: str) -> None:
    from tests.harness.servers import SmtpScript, _listening

    server = SmtpScript({})
    async with _listening(server):
        chosen = EmailSettings(
            host="127.0.0.1", port=server.port, sender="shop@example.org", tls="none"
        )
        channel = EmailChannel(chosen, _loopback(), Secrets(environment={}))
        message: Any = {"to": "ann@example.org", "subject": subject, "text": text}
        try:
            await sent(channel, replace(asked(), message=message))
        except PortError as error:
            assert error.code == "message_error"  # noqa: PT017 - one of two ends
            assert server.verbs == []
            return
        assert server.verbs == [["EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"]]
        assert len(server.contents) == 1


def _loopback() -> EgressPolicy:
    from connectors.egress import AllowRule

    return EgressPolicy((AllowRule.parse("127.0.0.1"),))


def test_i7_a_message_with_a_hidden_line_never_reaches_a_server(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with smtp_script() as server:
            chosen = EmailSettings(
                host="127.0.0.1", port=server.port, sender="shop@example.org", tls="none"
            )
            for field in ("to", "subject", "reply_to", "language", "unsubscribe_url"):
                message = {"to": "ann@example.org", "subject": "s", "text": "t"}
                message[field] = f"{message.get(field, 'x')}\r\nBcc: eve@evil.example"
                channel = EmailChannel(chosen, loopback, Secrets(environment={}))
                failed = await failing(channel, request_of(message))
                assert failed.code == "message_error"
                assert "eve" not in str(failed)
            assert server.verbs == []

    asyncio.run(scene())
