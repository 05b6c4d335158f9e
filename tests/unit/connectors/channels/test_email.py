from __future__ import annotations

import asyncio
import json
import re
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import SMTP
from pydantic import ValidationError

from connectors.channels.email import EmailChannel, EmailSettings
from connectors.egress import EgressPolicy
from connectors.feedback.settings import FeedbackSettings
from connectors.feedback.tracking import Tracking, TrackingSettings
from connectors.receivers import Receivers
from connectors.secrets import Secrets
from journeys.channels import Email
from journeys.channels.email import UNSUBSCRIBE
from journeys.errors import PortError
from journeys.message_token import Use

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from journeys.messages import Delivery

HELLO = Email("a@example.org", "Hello", "Hi\n.\nthere\n").to_json()


def settings(listening: int, **changes: Any) -> EmailSettings:
    chosen = {"host": "127.0.0.1", "port": listening, "sender": "Shop <shop@example.org>",
              "tls": "none", "timeout_seconds": 5, **changes}  # fmt: skip
    return EmailSettings(**chosen)


async def sending(channel: EmailChannel, act: Callable[[EmailChannel], Awaitable[Any]]) -> Any:
    try:
        return await act(channel)
    finally:
        await channel.close()


async def failing(channel: EmailChannel, request: Any) -> PortError:
    """Send once, close, and give what went wrong."""
    try:
        return await failure(channel, request)
    finally:
        await channel.close()


async def failure(channel: EmailChannel, request: Any) -> PortError:
    with pytest.raises(PortError) as failed:
        await channel.send(request)
    return failed.value


def test_a_mail_arrives_whole_at_a_real_server(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with Receivers(tmp_path) as receivers:
            channel = EmailChannel(settings(receivers.smtp_port), loopback, Secrets())
            message = Email("a@example.org", "Grüße", "Hi\n.\n..x\n", "<p>ü</p>\n").to_json()
            delivery = await sending(channel, lambda it: it.send(request_of(message)))
            assert delivery.code == "smtp_250"
            mail: Any = receivers.emails[0]
            assert mail["from"] == "shop@example.org"
            assert mail["to"] == ["a@example.org"]
            assert mail["subject"] == "Grüße"
            assert mail["text"] == "Hi\n.\n..x\n"
            assert mail["html"] == "<p>ü</p>\n"
            assert mail["message_id"] == "<r1@example.org>"
            assert mail["headers"]["X-Journey-Request"] == "r1"

    asyncio.run(scene())


SECRETS = Secrets(environment={"JOURNEYS_SECRET_LINKS": "k" * 16})
LINKS = Tracking(
    TrackingSettings(
        url="https://t.example.org", secret="${secret:LINKS}", opens=True, clicks=True
    ),
    SECRETS,
)
PROVIDERS = FeedbackSettings.model_validate(
    {"mailgun": {"signing_keys": ["${secret:X}"]}, "sendgrid": {"public_keys": ["AAAA"]}}
)


def test_a_mail_that_is_followed_leads_to_the_receiver_and_names_itself_to_its_provider(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    message = Email(
        "a@example.org",
        "Tea",
        f"Enough? {UNSUBSCRIBE}",
        f'<a href="https://shop.example/tea">Tea</a> <a href="{UNSUBSCRIBE}">Enough?</a>',
        unsubscribe_url=UNSUBSCRIBE,
    ).to_json()

    async def scene() -> None:
        async with Receivers(tmp_path) as receivers:
            channel = EmailChannel(
                settings(receivers.smtp_port), loopback, SECRETS, LINKS, PROVIDERS
            )
            await sending(channel, lambda it: it.send(request_of(message)))
            mail: Any = receivers.emails[0]
            urls = re.findall(r'https://t.example.org/(.)/([^"\s>]+)', mail["html"])
            read = {use: LINKS.read(token, Use(use)) for use, token in urls}
            assert read.keys() == {"c", "u", "o"}
            assert read["c"].target == "https://shop.example/tea"
            assert (read["u"].profile_id, read["u"].request_id) == ("p1", "r1")
            headers = mail["headers"]
            unsubscribe = headers["List-Unsubscribe"]
            assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            assert mail["text"].strip() == f"Enough? {unsubscribe[1:-1]}"
            variables = json.loads(headers["X-Mailgun-Variables"])
            arguments = json.loads(headers["X-SMTPAPI"])["unique_args"]
            assert variables == arguments
            assert LINKS.reported(variables["journeys"]) is not None

    asyncio.run(scene())


def test_a_mail_with_a_link_to_unsubscribe_that_leads_nowhere_does_not_leave(
    loopback: EgressPolicy, request_of: Any
) -> None:
    message = Email("a@example.org", "Tea", UNSUBSCRIBE).to_json()
    channel = EmailChannel(settings(1), loopback, SECRETS)
    error = asyncio.run(failing(channel, request_of(message)))
    assert (error.code, error.retryable) == ("message_error", False)
    assert "channels.tracking" in str(error)


def test_a_provider_s_header_that_is_too_long_for_a_mail_is_left_out() -> None:
    assert PROVIDERS.mail_headers("x" * 1_000) == {}


def test_a_local_part_outside_ascii_arrives_where_smtputf8_is_offered(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with Receivers(tmp_path) as receivers:
            channel = EmailChannel(settings(receivers.smtp_port), loopback, Secrets())
            message = Email("jörg@bücher.example", "s", "t").to_json()
            await sending(channel, lambda it: it.send(request_of(message)))
            assert receivers.emails[0]["to"] == ["jörg@xn--bcher-kva.example"]

    asyncio.run(scene())


def test_a_local_part_outside_ascii_fails_for_good_where_it_is_not(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with smtp_script() as server:
            channel = EmailChannel(settings(server.port), loopback, Secrets())
            request = request_of(Email("jörg@example.org", "s", "t").to_json())
            failed = await failing(channel, request)
            assert (failed.code, failed.retryable) == ("smtputf8_unsupported", False)
            assert server.contents == []

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("place", "reply", "code", "retryable"),
    [
        ("CONNECT", "421 busy", "smtp_421", True),
        ("CONNECT", "554 no", "smtp_554", False),
        ("CONNECT", "drop", "connect_error", True),
        ("EHLO", "drop", "connect_error", True),
        ("MAIL", "451 greylisted", "smtp_451", True),
        ("MAIL", "550 no", "smtp_550", False),
        ("MAIL", "drop", "connect_error", True),
        ("RCPT", "450 later", "smtp_450", True),
        ("RCPT", "550 no such user", "smtp_550", False),
        ("RCPT", "drop", "connect_error", True),
        ("DATA", "451 disk", "smtp_451", True),
        ("DATA", "554 no", "smtp_554", False),
        ("DATA", "drop", "connect_error", True),
        ("DATA", "421 shutting down", "smtp_421", True),
        ("END", "451 greylisted", "smtp_451", True),
        ("END", "552 too large", "smtp_552", False),
        ("END", "554 spam", "smtp_554", False),
        ("END", "drop", "unknown", True),
    ],
)
def test_each_refusal_says_whether_another_attempt_may_help(
    smtp_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    place: str,
    reply: str,
    code: str,
    retryable: object,
) -> None:
    async def scene() -> PortError:
        async with smtp_script(**{place: [reply]}) as server:
            channel = EmailChannel(settings(server.port), loopback, Secrets())
            return await failing(channel, request_of(HELLO))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == (code, retryable)


@pytest.mark.parametrize(
    ("place", "code"), [("CONNECT", "timedout"), ("MAIL", "timedout"), ("END", "unknown")]
)
def test_a_silent_server_is_left_after_a_while(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any, place: str, code: str
) -> None:
    async def scene() -> PortError:
        async with smtp_script(**{place: ["silence"]}) as server:
            chosen = settings(server.port, timeout_seconds=0.1)
            channel = EmailChannel(chosen, loopback, Secrets())
            return await failing(channel, request_of(HELLO))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == (code, True)


def test_a_mail_of_unknown_fate_is_left_at_that_where_the_deployment_says_so(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> PortError:
        async with smtp_script(END=["drop"]) as server:
            chosen = settings(server.port, on_unknown="skip")
            channel = EmailChannel(chosen, loopback, Secrets())
            return await failing(channel, request_of(HELLO))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("unknown", False)


def test_a_repeat_is_the_same_mail_to_the_last_octet(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with smtp_script(END=["drop", "250 2.0.0 Ok: queued as Q42"]) as server:
            channel = EmailChannel(settings(server.port), loopback, Secrets())
            await failure(channel, request_of(HELLO))
            delivery: Delivery = await sending(channel, lambda it: it.send(request_of(HELLO)))
            assert delivery.provider_message_id == "Q42"
            first, second = server.contents
            assert first == second
            assert b"Message-ID: <r1@example.org>\r\n" in first

    asyncio.run(scene())


def test_a_connection_is_used_again_even_after_a_refusal(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        replies = ["550 no such user", "250 ok"]
        async with smtp_script(RCPT=replies) as server:
            channel = EmailChannel(settings(server.port), loopback, Secrets())
            await failure(channel, request_of(HELLO))
            await channel.send(request_of(HELLO))
            await sending(channel, lambda it: it.send(request_of(HELLO)))
            mail = ["MAIL", "RCPT", "DATA", "."]
            assert server.verbs == [["EHLO", "MAIL", "RCPT", "RSET", *mail, *mail, "QUIT"]]

    asyncio.run(scene())


@pytest.mark.parametrize("reply", ["drop", "421 idle for too long"])
def test_an_idle_connection_that_died_is_replaced_unseen(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any, reply: str
) -> None:
    async def scene() -> None:
        async with smtp_script(MAIL=["250 ok", reply, "250 ok"]) as server:
            channel = EmailChannel(settings(server.port), loopback, Secrets())
            await channel.send(request_of(HELLO))
            await sending(channel, lambda it: it.send(request_of(HELLO)))
            assert len(server.contents) == 2
            assert len(server.verbs) == 2

    asyncio.run(scene())


def test_no_more_connections_are_opened_than_the_pool_holds(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with Receivers(tmp_path) as receivers:
            chosen = settings(receivers.smtp_port, pool_size=3)
            channel = EmailChannel(chosen, loopback, Secrets())
            sends = [channel.send(request_of(HELLO, f"r{number}")) for number in range(50)]
            await asyncio.gather(*sends)
            assert len(receivers._sessions) == 3
            await channel.close()
            mails: Any = receivers.emails
            arrived = {mail["headers"]["X-Journey-Request"] for mail in mails}
            assert arrived == {f"r{number}" for number in range(50)}
            assert len(receivers.emails) == 50

    asyncio.run(scene())


def test_a_cancelled_mail_leaves_no_half_used_connection(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with smtp_script(RCPT=["silence", "250 ok"]) as server:
            channel = EmailChannel(settings(server.port, pool_size=1), loopback, Secrets())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await channel.send(request_of(HELLO))
            await sending(channel, lambda it: it.send(request_of(HELLO)))
            assert [verbs[-1] for verbs in server.verbs] == ["RCPT", "QUIT"]

    asyncio.run(scene())


def test_a_server_that_is_not_there_may_come_back(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> PortError:
        async with smtp_script() as server:
            pass
        channel = EmailChannel(settings(server.port), loopback, Secrets())
        return await failing(channel, request_of(HELLO))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("connect_error", True)


def test_a_server_that_egress_refuses_is_never_connected(smtp_script: Any, request_of: Any) -> None:
    async def scene() -> PortError:
        async with smtp_script() as server:
            channel = EmailChannel(settings(server.port), EgressPolicy(), Secrets())
            failed = await failing(channel, request_of(HELLO))
            assert server.verbs == []
            return failed

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("egress_denied", False)


@pytest.mark.parametrize(
    "change",
    [{"to": "a@example.org\r\nRCPT TO:<b@example.org>"}, {"subject": "x\r\nBcc: b@example.org"}],
)
def test_a_message_with_a_hidden_line_is_never_connected(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any, change: dict[str, str]
) -> None:
    async def scene() -> PortError:
        async with smtp_script() as server:
            channel = EmailChannel(settings(server.port), loopback, Secrets())
            request = request_of(HELLO | change)
            failed = await failing(channel, request)
            assert server.verbs == []
            return failed

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("message_error", False)


def test_a_server_without_starttls_gets_no_mail(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> PortError:
        async with smtp_script() as server:
            channel = EmailChannel(settings(server.port, tls="starttls"), loopback, Secrets())
            failed = await failing(channel, request_of(HELLO))
            assert server.verbs == [["EHLO"]]
            return failed

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("smtp_unsupported", False)


class Mailbox:
    """Keeps what aiosmtpd receives."""

    def __init__(self) -> None:
        self.senders: list[str] = []
        self.logins: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.senders.append(envelope.mail_from)
        assert session.ssl is not None or server.transport.get_extra_info("sslcontext")
        return "250 OK"

    def login(self, mechanism: str, username: bytes, password: bytes) -> bool:
        self.logins.append(password)
        return username == b"shop" and password == b"hunter2"


class Session(SMTP):
    """Tells when it has ended."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ended = self.loop.create_future()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        if not self.ended.done():
            self.ended.set_result(None)


async def over_tls(
    tls: str, certificate: Path, request: Any, egress: EgressPolicy, **changes: Any
) -> Mailbox:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    loop = asyncio.get_running_loop()
    mailbox = Mailbox()
    sessions: list[Session] = []

    def session() -> SMTP:
        options = {"tls_context": context} if tls == "starttls" else {"auth_require_tls": False}
        return SMTP(
            mailbox, hostname="localhost", loop=loop, auth_callback=mailbox.login, **options
        )

    implicit = context if tls == "implicit" else None
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=implicit)
    async with server:
        port = server.sockets[0].getsockname()[1]
        secrets = Secrets(environment={"JOURNEYS_SECRET_PASSWORD": "hunter2"})
        channel = EmailChannel(settings(port, tls=tls, **changes), egress, secrets)
        try:
            await channel.send(request)
        finally:
            await channel.close()
            await asyncio.gather(*(session.ended for session in sessions))
    return mailbox


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_mail_travels_encrypted_with_a_login(
    tls: str, certificate: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    login = {"username": "shop", "password": "${secret:PASSWORD}"}
    authority = certificate / "cert.pem"
    scene = over_tls(tls, certificate, request_of(HELLO), loopback, ca_file=authority, **login)
    mailbox = asyncio.run(scene)
    assert mailbox.senders == ["shop@example.org"]
    assert mailbox.logins == [b"hunter2"]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_that_nobody_vouches_for_stops_the_mail(
    tls: str, certificate: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    with pytest.raises(PortError) as failed:
        asyncio.run(over_tls(tls, certificate, request_of(HELLO), loopback))
    assert (failed.value.code, failed.value.retryable) == ("tls_error", False)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sender": "nobody"}, "sender"),
        ({"sender": "A\r\nBcc: x <a@example.org>"}, "sender"),
        ({"username": "shop"}, "go together"),
        ({"username": "shop", "password": "hunter2"}, "must be a reference"),
        ({"username": "shop", "password": "${secret:PASSWORD}"}, "never sent in the clear"),
        ({"pool_size": 0}, "pool_size"),
        ({"port": 0}, "port"),
        ({"tls": "maybe"}, "tls"),
        ({"relay": "x"}, "relay"),
    ],
)
def test_settings_that_cannot_work_are_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        settings(25, **change)


def test_mails_are_never_sent_in_the_clear_unless_the_settings_say_so() -> None:
    assert EmailSettings(host="mail.example.org", sender="a@example.org").tls == "starttls"


def test_the_channel_works_on_a_loop_outside_the_main_thread(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    deliveries: list[Delivery] = []

    async def scene() -> None:
        async with Receivers(tmp_path) as receivers:
            channel = EmailChannel(settings(receivers.smtp_port), loopback, Secrets())
            sent = await sending(channel, lambda it: it.send(request_of(HELLO)))
            deliveries.append(sent)

    thread = threading.Thread(target=lambda: asyncio.run(scene()))
    thread.start()
    thread.join()
    assert [delivery.code for delivery in deliveries] == ["smtp_250"]
