"""S1 to S7: where calls and mails may not go, whatever leads there; refused before any connect.

Every test looks at the socket itself: nothing is connected that was not judged.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from connectors.channels.email import EmailChannel, EmailSettings
from connectors.channels.opening import open_channels
from connectors.channels.push import PushChannel
from connectors.channels.settings import ChannelSettings, PushSettings, SmsSettings, WebhookSettings
from connectors.channels.sms import SmsChannel
from connectors.channels.webhook import WebhookChannel
from connectors.egress import AllowRule, EgressDeniedError, EgressPolicy
from connectors.http_client import HttpCall, HttpClient
from connectors.secrets import Secrets
from jobs.folder import read_folder
from journeys.channels import Email, WebhookCall
from journeys.errors import CodecError, PortError
from journeys.messages import ActionRequest, JsonObject
from journeys.outcomes import Reason
from journeys.ports import ActionChannel
from tests.harness.channel import carried_out, failing, sent
from tests.harness.http import header, json_response
from tests.harness.lines import answers, serving

CLOSED = EgressPolicy()
SECRETS = {"JOURNEYS_SECRET_KEY": "hunter2"}
PUBLIC = "93.184.216.34"


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which addresses are connected, and connect none of them."""
    addresses: list[str] = []

    def connect(_: socket.socket, address: tuple[str, int]) -> None:
        addresses.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return addresses


def secrets() -> Secrets:
    return Secrets(environment=SECRETS)


def webhook(host: str, port: int, egress: EgressPolicy) -> ActionChannel:
    del host, port
    return WebhookChannel(WebhookSettings(), egress, secrets())


def sms(host: str, port: int, egress: EgressPolicy) -> ActionChannel:
    chosen = {"account": "AC1", "password": "${secret:KEY}", "sender": "Shop"}
    return SmsChannel(SmsSettings(base_url=f"http://{host}:{port}", **chosen), egress, secrets())


def push(host: str, port: int, egress: EgressPolicy) -> ActionChannel:
    url = f"http://{host}:{port}"
    chosen = PushSettings(base_url=url, project="shop", token="${secret:KEY}")
    return PushChannel(chosen, egress, secrets())


def email(host: str, port: int, egress: EgressPolicy) -> ActionChannel:
    name = host.strip("[]")
    chosen = EmailSettings(host=name, port=port, sender="shop@example.org", tls="none")
    return EmailChannel(chosen, egress, secrets())


CHANNELS: dict[str, Callable[[str, int, EgressPolicy], ActionChannel]] = {
    "webhook": webhook, "sms": sms, "push": push, "email": email,
}  # fmt: skip


def message(name: str, host: str, port: int) -> JsonObject:
    messages: dict[str, JsonObject] = {
        "webhook": {"method": "GET", "url": f"http://{host}:{port}/?token=x"},
        "sms": {"to": "+33612345678", "text": "Hello"},
        "push": {"to": "t-1", "title": "Hello", "text": "Come back"},
        "email": Email("ann@example.org", "Hello", "Come back").to_json(),
    }
    return messages[name]


TARGETS = [
    "169.254.169.254", "127.0.0.1", "127.8.9.1", "[::1]", "10.0.0.1", "172.16.0.1", "192.168.0.1",
    "100.64.0.1", "100.100.100.200", "[fd00:ec2::254]", "0.0.0.0", "[::]", "169.254.1.1",
    "[fe80::1]", "168.63.129.16", "192.0.0.192", "224.0.0.1", "255.255.255.255", "localhost",
    "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[::127.0.0.1]",
]  # fmt: skip


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("host", TARGETS)
def test_s1_s3_no_channel_connects_what_is_not_public(
    request_of: Any, connected: list[str], name: str, host: str
) -> None:
    channel = CHANNELS[name](host, 8080, CLOSED)
    failed = asyncio.run(failing(channel, request_of(message(name, host, 8080))))
    assert connected == []
    assert (failed.code, failed.retryable) == ("egress_denied", False)
    assert "token" not in str(failed)


def test_s1_a_refused_call_is_not_sent_and_tells_no_body(request_of: Any) -> None:
    body = {"method": "POST", "url": "http://169.254.169.254/latest", "body": {"a": "b-o-d-y"}}
    request = request_of(body)

    result = asyncio.run(carried_out(webhook("", 0, CLOSED), request))
    assert (result.status, result.reason) == ("not_sent", Reason.EGRESS_DENIED)
    assert "b-o-d-y" not in repr(result)
    assert "latest" not in repr(result)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/_HELO",
        "ftp://example.org/",
        "unix:///run/docker.sock",
        "http+unix://%2Frun%2Fdocker.sock/",
        "data:text/plain,x",
        "jar:http://example.org!/",
        "//127.0.0.1/",
        "http:127.0.0.1",
        "http:///etc/passwd",
        "http://",
        "http://[::1",
        "http://example.org:99999/",
        "http://user:hunter2@127.0.0.1/",
        "http://example.org@127.0.0.1/",
        "http://127.0.0.1\\@example.org/",
        "http://example.org\r\n/",
        "http://\tlocalhost/",
    ],
)
def test_s1_s2_only_http_with_a_plain_host_is_a_call(
    request_of: Any, connected: list[str], url: str
) -> None:
    request = request_of({"method": "GET", "url": url})
    failed = asyncio.run(failing(webhook("", 0, CLOSED), request))
    assert connected == []
    assert (failed.code, failed.retryable) == ("message_error", False)
    assert "hunter2" not in str(failed)


SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1",
    "0177.0.0.1", "0177.0.0.01", "017700000001", "127.0.0.1.", "LOCALHOST", "localhost.",
    "0", "0.0.0.0", "00.0.0.0", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::1]", "[2001:0:1:2:3:4:80ff:fffe]", "[fe80::1%25lo]", "[::1%25lo]",
    "①②⑦.⓪.⓪.①", "127。0。0。1", "127%2e0%2e0%2e1", "ⓛocalhost", "loc\u00adalhost",
    "1\uff127.0.0.1", "169.254.169.254", "2852039166",
    "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:a9fe:a9fe]",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_s2_no_spelling_of_an_address_gets_round_the_gate(
    request_of: Any, connected: list[str], host: str
) -> None:
    request = request_of({"method": "GET", "url": f"http://{host}:8080/"})
    failed = asyncio.run(failing(webhook("", 0, CLOSED), request))
    assert connected == []
    assert failed.code in ("egress_denied", "message_error", "connect_error")


@pytest.mark.parametrize("name", ["webhook", "email"])
def test_s2_the_same_spellings_are_counted_at_a_real_server(request_of: Any, name: str) -> None:
    async def scene() -> int:
        async with serving(answers([b"HTTP/1.1 204 No Content\r\n\r\n"])) as server:
            for host in SPELLINGS:
                channel = CHANNELS[name](host, server.port, CLOSED)
                await failing(channel, request_of(message(name, host, server.port)))
            return server.arrived

    assert asyncio.run(scene()) == 0


# S4: names that answer one thing and then another.

Resolution = list[list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[[Resolution], list[str]]:
    """Let every name answer so, time after time; gives the names that were asked for."""

    def answer_with(resolutions: Resolution) -> list[str]:
        asked: list[str] = []
        left = itertools.chain(resolutions, itertools.repeat(resolutions[-1]))

        def look_up(host: str, port: int, *_: object, **__: object) -> list[Any]:
            asked.append(host)
            kinds = [(a, socket.AF_INET6 if ":" in a else socket.AF_INET) for a in next(left)]
            return [
                (kind, socket.SOCK_STREAM, 6, "canonical.example",
                 (address, int(port or 0), 0, 0)[: 2 if kind is socket.AF_INET else 4])
                for address, kind in kinds
            ]  # fmt: skip

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return answer_with


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize(
    "resolutions",
    [
        [["127.0.0.1"]],
        [[PUBLIC], ["127.0.0.1"]],
        [["127.0.0.1", PUBLIC]],
        [[PUBLIC, "169.254.169.254"]],
        [[PUBLIC, "::ffff:127.0.0.1", "10.0.0.1"]],
        [["::1", PUBLIC]],
    ],
    ids=["inside", "public, then inside", "inside first", "both", "mapped", "of two kinds"],
)
def test_s4_only_what_was_judged_is_connected_whatever_a_name_answers(
    request_of: Any,
    connected: list[str],
    names: Callable[[Resolution], list[str]],
    name: str,
    resolutions: Resolution,
) -> None:
    asked = names(resolutions)

    async def scene() -> list[PortError]:
        channel = CHANNELS[name]("rebind.example", 8080, CLOSED)
        errors = []
        for _ in range(2):
            with pytest.raises(PortError) as failed:
                await channel.send(request_of(message(name, "rebind.example", 8080)))
            errors.append(failed.value)
            for pool in _http_clients(channel):
                pool._open_session().connector.clear_dns_cache()  # type: ignore[union-attr]
        await channel.close()
        return errors

    errors = asyncio.run(scene())
    assert set(connected) <= {PUBLIC}
    assert set(asked) == {"rebind.example"}
    assert {error.code for error in errors} <= {"egress_denied", "connect_error"}
    assert "egress_denied" in {error.code for error in errors}


def _http_clients(channel: Any) -> list[HttpClient]:
    return [channel._client] if hasattr(channel, "_client") else []


# S5: redirects.


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", ["webhook", "sms", "push"])
def test_s5_no_redirect_is_followed_by_any_channel(
    http_script: Any, loopback: EgressPolicy, request_of: Any, name: str, status: int
) -> None:
    async def scene() -> None:
        async with http_script(json_response("200 OK", {})) as target:
            where = f"Location: {target.url}/next?token=abc"
            reply = json_response(f"{status} Moved", None, where)
            async with http_script(reply) as server:
                channel = CHANNELS[name]("127.0.0.1", server.port, loopback)
                asked = request_of(message(name, "127.0.0.1", server.port))
                failed = await failing(channel, asked)
            assert target.heads == []
            assert (failed.code, failed.retryable) == (f"http_{status}", False)
            assert target.url in str(failed)
            assert "abc" not in str(failed)

    asyncio.run(scene())


# S6: what the environment or a text may slip in.


@pytest.mark.parametrize("name", CHANNELS)
def test_s6_no_proxy_of_the_environment_is_used(
    request_of: Any, loopback: EgressPolicy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async def scene() -> None:
        hello = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"]
        async with serving(answers([])) as proxy, serving(answers(hello)) as server:
            for variable in ("http_proxy", "https_proxy", "all_proxy", "smtp_proxy", "socks_proxy"):
                for spelled in (variable, variable.upper()):
                    monkeypatch.setenv(spelled, f"http://127.0.0.1:{proxy.port}")
            channel = CHANNELS[name]("127.0.0.1", server.port, loopback)
            request = request_of(message(name, "127.0.0.1", server.port))
            try:
                async with asyncio.timeout(0.3):
                    await sent(channel, request)
            except TimeoutError:
                assert name == "email"  # the server speaks no SMTP
            assert (proxy.arrived, server.arrived) == (0, 1)

    asyncio.run(scene())


def test_s6_no_login_of_the_environment_is_used(
    request_of: Any,
    http_script: Any,
    loopback: EgressPolicy,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    (tmp_path / "netrc").write_text("default login shop password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    async def scene() -> None:
        async with http_script(json_response("200 OK", {})) as server:
            await sent(
                webhook("", 0, loopback), request_of(message("webhook", "127.0.0.1", server.port))
            )
            assert "authorization" not in server.heads[0].lower()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "name",
    ["Host", "host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Expect",
     "Proxy-Authorization", "TE", "Trailer", "Webhook-Id", "Webhook-Signature", "Idempotency-Key",
     "X\r\nHost", "X: y\r\nHost", "X Y", "", "Ünï", ":authority"],
)  # fmt: skip
def test_s6_no_text_writes_a_header_that_frames_or_names_the_call(name: str) -> None:
    with pytest.raises(CodecError):
        WebhookCall("GET", "https://example.org/", {name: "evil.example"})


ANYTHING = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["a\r\nX-Injected: b", "a\nX-Injected: b", "a\r", "\0", "a\x85b", "a\u2028b", "\u2029",
     "\r\n\r\nGET / HTTP/1.1\r\nHost: evil", "%0d%0aX-Injected: b", "嘊嘍X-Injected: b", "\ud800"]
)  # fmt: skip


@given(value=ANYTHING, name=ANYTHING, query=ANYTHING, path=ANYTHING, text=ANYTHING)
def test_s6_whatever_texts_hold_one_call_with_our_headers_arrives_or_none(
    value: str, name: str, query: str, path: str, text: str
) -> None:
    fields: JsonObject = {
        "method": "POST",
        "url": f"http://127.0.0.1:1/{path}",
        "headers": {"X-Value": value, **({name: value} if name else {})},
        "query": {"q": query},
        "body": {"text": text},
    }
    arrived = asyncio.run(_arrives(fields))
    if arrived is not None:
        heads, names = arrived
        assert heads == 1
        assert "x-injected" not in names
        allowed = {"host", "x-value", name.lower(), "user-agent", "accept", "accept-encoding",
                   "content-type", "content-length", "idempotency-key", "webhook-id",
                   "webhook-timestamp"}  # fmt: skip
        assert names <= allowed


async def _arrives(fields: Any) -> tuple[int, set[str]] | None:
    """Make a call at a server that keeps all octets, and read the names of its headers."""
    kept: list[bytes] = []

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        kept.append(await reader.read(65_536))
        writer.close()

    async with serving(behave) as server:
        rule = EgressPolicy((AllowRule.parse("127.0.0.1/32"),))
        fields["url"] = fields["url"].replace(":1/", f":{server.port}/")
        request = ActionRequest(
            request_id="r1", profile_id="p", instance_id="i", journey_id="j", journey_version=1,
            step_id="s", action_id="a", channel="c", endpoint="e", message=fields, timeout_ms=1000,
            max_attempts=1, requested_at=0,
        )  # fmt: skip
        try:
            await sent(webhook("", 0, rule), request)
        except PortError as error:
            assert error.code == "message_error"  # noqa: PT017 - one of two ends
            assert server.arrived == 0
            return None
    head = kept[0].decode("latin-1")
    lines = head.split("\r\n")[1:-2]
    assert "\n" not in head.replace("\r\n", "")
    assert "\r" not in head.replace("\r\n", "")
    return server.arrived, {line.partition(":")[0].lower() for line in lines}


def test_s6_a_value_with_line_ends_in_percent_signs_stays_a_value(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with http_script(json_response("200 OK", {})) as server:
            call = WebhookCall("GET", f"{server.url}/%0d%0aX-Injected:%20b", query={"q": "a\r\nb"})
            await sent(webhook("", 0, loopback), request_of(call.to_json()))
            first = server.heads[0].split("\r\n")[0]
            assert first.lower() == "get /%0d%0ax-injected:%20b?q=a%0d%0ab http/1.1"
            assert header(server.heads[0], "host") == f"127.0.0.1:{server.port}"

    asyncio.run(scene())


# S7: what may be allowed.


@pytest.mark.parametrize("rule", ["0.0.0.0/0", "[::]/0", "128.0.0.0/1", "8.0.0.0/7", "[fc00::]/6"])
def test_s7_no_rule_opens_everything(rule: str) -> None:
    with pytest.raises(ValueError, match="no wider than /8"):
        ChannelSettings(egress_allow=(rule,))


@pytest.mark.parametrize(
    ("rule", "host"),
    [
        ("169.254.0.0/16", "169.254.169.254"),
        ("169.254.169.254/31", "169.254.169.254"),
        ("169.254.170.0/24", "169.254.170.2"),
        ("100.64.0.0/10", "100.100.100.200"),
        ("168.63.129.0/24", "168.63.129.16"),
        ("192.0.0.0/24", "192.0.0.192"),
        ("[fd00::]/8", "fd00:ec2::254"),
    ],
)
def test_s7_credentials_of_a_cloud_are_open_only_by_their_own_name(rule: str, host: str) -> None:
    with pytest.raises(EgressDeniedError):
        EgressPolicy((AllowRule.parse(rule),)).check(host, 80)
    EgressPolicy((AllowRule.parse(f"[{host}]" if ":" in host else host),)).check(host, 80)


SETTINGS = """
kafka: {{bootstrap: {bootstrap}}}
channels: {{egress_allow: ["{rule}"]}}
"""


@pytest.mark.parametrize(
    ("bootstrap", "rule", "taken"),
    [
        ("kafka.shop.example:9092", "127.0.0.1/32:8080", False),
        ("kafka.shop.example:9092", "127.0.0.0/8", False),
        ("kafka.shop.example:9092", "[::1]", False),
        ("kafka.shop.example:9092", "169.254.1.1", False),
        ("kafka.shop.example:9092", "0.0.0.0/8", False),
        ("'localhost:9092,kafka.shop.example:9092'", "127.0.0.1", False),
        ("kafka.shop.example:9092", "10.1.0.0/16", True),
        ("localhost:9092", "127.0.0.1/32:8080", True),
        ("'[::1]:9092, 127.0.0.1:9093'", "127.0.0.1/32:8080", True),
        ("null", "127.0.0.1/32:8080", True),
    ],
)
def test_s7_beside_a_broker_elsewhere_the_own_machine_stays_closed(
    tmp_path: Any, bootstrap: str, rule: str, *, taken: bool
) -> None:
    (tmp_path / "journeys.yaml").write_text(SETTINGS.format(bootstrap=bootstrap, rule=rule))
    found = read_folder(tmp_path).compilation.diagnostics
    assert ("opens this machine itself" in str(found)) is not taken


def test_s7_what_is_allowed_nowhere_is_allowed_to_no_channel(request_of: Any) -> None:
    async def scene() -> PortError:
        channels = open_channels(ChannelSettings())
        url = "http://127.0.0.1:8080/"
        return await failing(channels["webhook"], request_of(WebhookCall("GET", url).to_json()))

    assert asyncio.run(scene()).code == "egress_denied"


@pytest.mark.parametrize("host", [PUBLIC, "[2606:4700::1111]"])
def test_s2_a_public_address_is_connected_so_that_these_tests_can_fail(
    connected: list[str], host: str
) -> None:
    async def scene() -> PortError:
        client = HttpClient(CLOSED, secrets())
        with pytest.raises(PortError) as failed:
            await client.call(HttpCall("GET", URL(f"http://{host}/")))
        await client.close()
        return failed.value

    assert asyncio.run(scene()).code == "connect_error"
    assert connected == [host.strip("[]")]
