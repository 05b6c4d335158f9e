"""The one gate for outgoing connections: decides on the address that is about to be connected.

A name is judged only after it was resolved, by the very address that the socket then connects to,
so neither a changing DNS answer nor an unusual spelling of an address gets round it. The list of
refused networks is written out: `ipaddress.is_global` differs between Python releases and calls
some dangerous addresses global.
"""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, TypeAlias

from journeys.errors import PortError

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
AddressInfo: TypeAlias = tuple[int, int, int, str, tuple[object, ...]]
"""One answer of getaddrinfo: family, type, protocol, canonical name, socket address."""

_REFUSED_V4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT; some clouds' metadata
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # a cloud's host agent on a public address
            "169.254.0.0/16",  # link-local; most clouds' metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; a cloud's metadata
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
"""The only IPv6 space handed out for global use: all outside it is refused."""
_REFUSED_V6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: wraps an IPv4 address
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""How an IPv6-only network reaches IPv4: judged by the IPv4 address inside."""

_METADATA: Final = frozenset(
    map(
        ip_address,
        (
            "100.100.100.200",
            "168.63.129.16",
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "192.0.0.192",
            "fd00:ec2::23",
            "fd00:ec2::254",
            "fd20:ce::254",
        ),
    )
)
"""Where clouds hand out credentials: allowed only by a rule that names the very address."""
_OWN_MACHINE: Final = tuple(
    map(ip_network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "::/127", "fe80::/10"))
)
"""This machine, and what is linked to it."""
_WIDEST: Final = {4: 8, 6: 7}
"""IP version to the fewest bits that a rule fixes: as many as the largest private network has."""

_RULE: Final = re.compile(
    r"(?:\[(?P<v6>[^\]]+)\]|(?P<v4>[0-9.]+))(?P<bits>/\d+)?(?::(?P<port>.+))?"
)
_PORTS: Final = range(1, 65536)


class EgressDeniedError(PortError):
    """This deployment does not allow a connection there. Tells nothing but address and port."""

    def __init__(self, address: str, port: int) -> None:
        super().__init__(
            f"connections to {address} port {port} are not allowed: if this deployment trusts it, "
            f"add a rule for it to channels.egress_allow",
            code="egress_denied",
            retryable=False,
        )


@dataclass(frozen=True, slots=True)
class AllowRule:
    """One exception from the refused networks."""

    network: Network
    port: int | None = None
    """None allows every port."""

    @classmethod
    def parse(cls, text: str) -> AllowRule:
        """Read a rule such as `10.0.0.0/8`, `127.0.0.1/32:8025` or `[::1]/128:*`.

        Raises:
            ValueError: says what a rule looks like.
        """
        found = _RULE.fullmatch(text)
        port = found["port"] if found else None
        try:
            if found is None or not (port in (None, "*") or int(port) in _PORTS):
                raise ValueError  # noqa: TRY301 - one message for every way to miswrite a rule
            network = ip_network((found["v6"] or found["v4"]) + (found["bits"] or ""))
            if network.prefixlen < _WIDEST[network.version]:
                raise ValueError  # noqa: TRY301 - likewise
        except ValueError:
            msg = (
                f"{text!r} is no egress rule: write a network and maybe a port, like 10.0.0.0/8, "
                f"127.0.0.1/32:8025 or [::1]/128:*, without bits set beyond the prefix, and no "
                f"wider than /{_WIDEST[4]} or, of IPv6, /{_WIDEST[6]}"
            )
            raise ValueError(msg) from None
        return cls(network, None if port in (None, "*") else int(port))

    @property
    def is_own_machine(self) -> bool:
        """Whether it lets calls come back to the machine that makes them."""
        return any(
            network.version == self.network.version and network.overlaps(self.network)
            for network in _OWN_MACHINE
        )

    def matches(self, address: Address, port: int) -> bool:
        """Tell whether the rule speaks of this address and port."""
        if address in _METADATA and self.network.num_addresses > 1:
            return False
        return address in self.network and self.port in (None, port)


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """Which addresses may be connected: public ones, and those that a rule allows."""

    allow: tuple[AllowRule, ...] = ()

    def check(self, host: str, port: int) -> None:
        """Refuse an address that is neither public nor allowed.

        Args:
            host: an address, as the resolver gave it; a name is refused.
            port: the port.

        Raises:
            EgressDeniedError: the connection must not be made.
        """
        try:
            address = _plain(ip_address(host.partition("%")[0]))
        except ValueError:
            raise EgressDeniedError(host, port) from None
        allowed = _is_public(address) or any(rule.matches(address, port) for rule in self.allow)
        if not allowed:
            raise EgressDeniedError(host, port)

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """Create the socket for one resolved address; fits `aiohttp.TCPConnector`.

        Raises:
            EgressDeniedError: the address is neither public nor allowed.
        """
        family, kind, protocol, _, (host, port, *_) = info
        if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(port, int):
            raise EgressDeniedError(str(host), 0)
        self.check(str(host), port)
        return socket.socket(family, kind, protocol)

    async def connect(self, host: str, port: int) -> socket.socket:
        """Resolve a name and connect a non-blocking socket, trying its addresses in order.

        Raises:
            EgressDeniedError: the next address to try is neither public nor allowed.
            OSError: the name has no address, or none answers.
        """
        loop = asyncio.get_running_loop()
        failure = OSError(f"{host} has no address")
        for info in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            connection = self.open_socket(info)
            try:
                connection.settimeout(0)
                await loop.sock_connect(connection, info[4])
            except OSError as error:
                connection.close()
                failure = error
            except BaseException:
                connection.close()
                raise
            else:
                return connection
        raise failure


def _plain(address: Address) -> Address:
    """Return the address that the kernel would really connect to."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    if address in _NAT64:
        return _is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _GLOBAL_V6 and not any(address in network for network in _REFUSED_V6)
