from __future__ import annotations

import asyncio
import random
import socket
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

import aiohttp
import pytest

from connectors.egress import AllowRule, EgressDeniedError, EgressPolicy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "localhost",
    "",
]
PUBLIC = ["1.1.1.1", "93.184.216.34", "64:ff9b::101:101", "::ffff:1.1.1.1", "2606:4700::1111"]


@pytest.mark.parametrize("host", REFUSED)
def test_an_address_that_is_not_public_is_refused(host: str) -> None:
    with pytest.raises(EgressDeniedError) as denied:
        EgressPolicy().check(host, 80)
    assert denied.value.code == "egress_denied"
    assert denied.value.retryable is False


@pytest.mark.parametrize("host", PUBLIC)
def test_a_public_address_is_allowed(host: str) -> None:
    EgressPolicy().check(host, 443)


def test_whatever_the_standard_library_does_not_call_global_is_refused_too() -> None:
    chance = random.Random(7)
    addresses = [ip_address(chance.getrandbits(32)) for _ in range(20_000)]
    addresses += [IPv6Address(chance.getrandbits(128)) for _ in range(2_000)]
    addresses += [IPv6Address((0x2001 << 112) | chance.getrandbits(104)) for _ in range(2_000)]
    for address in addresses:
        if not address.is_global:
            with pytest.raises(EgressDeniedError):
                EgressPolicy().check(str(address), 80)


@pytest.mark.parametrize(
    ("rule", "host", "port"),
    [
        ("127.0.0.1/32:8025", "127.0.0.1", 8025),
        ("127.0.0.1:8025", "127.0.0.1", 8025),
        ("127.0.0.1/32:*", "127.0.0.1", 1),
        ("127.0.0.1/32:*", "::ffff:127.0.0.1", 1),
        ("10.0.0.0/8", "10.9.8.7", 443),
        ("[::1]/128:*", "::1", 25),
        ("[fd00::]/8:25", "fd12::1", 25),
        ("[fe80::1]", "fe80::1%2", 26),
    ],
)
def test_a_rule_allows_its_network_and_port(rule: str, host: str, port: int) -> None:
    EgressPolicy((AllowRule.parse(rule),)).check(host, port)


@pytest.mark.parametrize(
    ("rule", "host", "port"),
    [
        ("127.0.0.1/32:8025", "127.0.0.1", 8026),
        ("127.0.0.1/32:*", "127.0.0.2", 1),
        ("127.0.0.1/32:*", "64:ff9b::127.0.0.1", 1),
        ("127.0.0.1/32:*", "2002:7f00:1::", 1),
        ("10.0.0.0/8", "172.16.0.1", 443),
        ("[fd00::]/8:25", "fd12::1", 26),
    ],
)
def test_a_rule_allows_nothing_else(rule: str, host: str, port: int) -> None:
    with pytest.raises(EgressDeniedError):
        EgressPolicy((AllowRule.parse(rule),)).check(host, port)


@pytest.mark.parametrize(
    "rule",
    ["", "localhost", "10.0.0.1/8", "0.0.0.0/0", "8.0.0.0/7", "[::]/0", "[fc00::]/6",
     "10.0.0.0/40", "10.0.0.0/8:0", "10.0.0.0/8:70000", "::1/128",
     "10.0.0.0/8:http", "[::1]/129", "10.0.0.0/8:", "*"],
)  # fmt: skip
def test_a_rule_that_cannot_be_read_says_what_a_rule_looks_like(rule: str) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1/32:8025"):
        AllowRule.parse(rule)


def test_a_refusal_tells_address_and_port_and_no_more() -> None:
    with pytest.raises(EgressDeniedError) as denied:
        EgressPolicy((AllowRule.parse("10.1.2.3/32"),)).check("10.0.0.1", 8080)
    assert "10.0.0.1 port 8080" in str(denied.value)
    assert "10.1.2.3" not in str(denied.value)


def test_a_socket_that_is_no_internet_socket_is_refused() -> None:
    info = (socket.AF_UNIX, socket.SOCK_STREAM, 0, "", ("/run/x.sock", ""))
    with pytest.raises(EgressDeniedError):
        EgressPolicy().open_socket(info)


class Listener:
    """A server that counts who arrives."""

    def __init__(self) -> None:
        self.arrivals = 0
        self.port = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.arrivals += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(listener.take, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    async with server:
        yield listener


def session(policy: EgressPolicy) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(socket_factory=policy.open_socket, happy_eyeballs_delay=None)
    return aiohttp.ClientSession(connector=connector)


LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "localhost",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[::127.0.0.1]",
    "0x7f.0.0.1",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "2130706433",
    "0.0.0.0",
    "0",
    "127.0.0.1.",
    "①②⑦.⓪.⓪.①",
]


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
def test_no_spelling_of_loopback_reaches_a_listening_server(host: str) -> None:
    async def attempt() -> int:
        async with listening() as listener, session(EgressPolicy()) as client:
            with pytest.raises((EgressDeniedError, aiohttp.ClientError, ValueError)):
                await client.get(f"http://{host}:{listener.port}/")
            return listener.arrivals

    assert asyncio.run(attempt()) == 0


def test_a_name_that_answers_with_a_refused_address_among_others_is_refused() -> None:
    class Resolver(aiohttp.abc.AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[aiohttp.abc.ResolveResult]:
            answer = aiohttp.abc.ResolveResult(
                hostname=host, host="", port=port, family=family, proto=0, flags=0
            )
            return [{**answer, "host": address} for address in ("10.0.0.1", "127.0.0.1")]

        async def close(self) -> None:
            """Nothing is held."""

    async def attempt() -> int:
        connector = aiohttp.TCPConnector(
            socket_factory=EgressPolicy((AllowRule.parse("127.0.0.1/32"),)).open_socket,
            happy_eyeballs_delay=None,
            resolver=Resolver(),
        )
        async with listening() as listener, aiohttp.ClientSession(connector=connector) as client:
            with pytest.raises(EgressDeniedError):
                await client.get(f"http://shop.example:{listener.port}/")
            return listener.arrivals

    assert asyncio.run(attempt()) == 0


def test_an_allowed_loopback_address_is_reached() -> None:
    async def attempt() -> int:
        async with listening() as listener:
            rule = AllowRule.parse(f"127.0.0.1/32:{listener.port}")
            async with session(EgressPolicy((rule,))) as client:
                response = await client.get(f"http://127.0.0.1:{listener.port}/")
                response.release()
            return listener.arrivals

    assert asyncio.run(attempt()) == 1


def test_connect_refuses_before_it_connects() -> None:
    async def attempt() -> int:
        async with listening() as listener:
            for host in ("127.0.0.1", "localhost", "0x7f.0.0.1"):
                with pytest.raises(EgressDeniedError):
                    await EgressPolicy().connect(host, listener.port)
            return listener.arrivals

    assert asyncio.run(attempt()) == 0


def test_connect_gives_a_connected_socket_or_says_why_not() -> None:
    async def attempt() -> None:
        policy = EgressPolicy((AllowRule.parse("127.0.0.1/32"),))
        async with listening() as listener:
            with await policy.connect("127.0.0.1", listener.port) as connection:
                assert connection.getpeername()[1] == listener.port
                assert connection.gettimeout() == 0
        with pytest.raises(ConnectionRefusedError):
            await policy.connect("127.0.0.1", listener.port)

    asyncio.run(attempt())


def test_every_refused_ipv4_address_is_refused_inside_nat64_too() -> None:
    for host in REFUSED:
        if host.count(".") == 3 and ":" not in host:
            inside = IPv6Address((0x64FF9B << 96) | int(IPv4Address(host)))
            with pytest.raises(EgressDeniedError):
                EgressPolicy().check(str(inside), 80)
