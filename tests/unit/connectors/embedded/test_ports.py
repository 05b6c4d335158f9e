from __future__ import annotations

import socket
from pathlib import Path

import pytest

from connectors.embedded.errors import EmbeddedError
from connectors.embedded.ports import LOOPBACK, answers, free_ports, is_free, keep_ports


def test_free_ports_are_distinct_and_free() -> None:
    found = free_ports(5)
    assert len(set(found)) == 5
    assert all(is_free(port) for port in found)


def test_ports_lie_below_those_of_outgoing_connections() -> None:
    assert all(port < 32_768 for port in free_ports(3))


def test_a_port_with_a_server_answers_and_is_not_free() -> None:
    (port,) = free_ports(1)
    assert not answers(port)
    with socket.create_server((LOOPBACK, port)):
        assert answers(port)
        assert not is_free(port)


def test_ports_are_the_same_the_second_time(tmp_path: Path) -> None:
    file = tmp_path / "new" / "ports.json"
    first = keep_ports(file, ("rest", "rpc"))
    assert first.keys() == {"rest", "rpc"}
    assert keep_ports(file, ("rest", "rpc")) == first


def test_a_given_port_replaces_the_remembered_one(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = keep_ports(file, ("broker", "controller"))
    (given,) = free_ports(1)
    assert keep_ports(file, ("broker", "controller"), {"broker": given}) == first | {
        "broker": given
    }
    assert keep_ports(file, ("broker",))["broker"] == given


def test_a_taken_port_is_named_with_the_file_that_remembers_it(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    taken = keep_ports(file, ("broker",))["broker"]
    with (
        socket.create_server((LOOPBACK, taken)),
        pytest.raises(EmbeddedError, match=f"broker port {taken} is taken") as raised,
    ):
        keep_ports(file, ("broker",))
    assert str(file) in str(raised.value)
