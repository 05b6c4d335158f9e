"""A real broker that asks who comes (SASL_SSL, SSL) and lets nobody do what no ACL allows."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from connectors.embedded.broker import LocalBroker, broker_settings
from connectors.embedded.jars import ensure_jars
from connectors.embedded.ports import LOOPBACK, free_ports
from connectors.kafka.privileges import Kind, Operation
from tests.harness.authority import Authority

PLAIN: Final = {"plain-user": "plain-pass"}
AUTHORIZER: Final = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"


class GuardedBroker:
    """Whoever needs no login comes by a port of his own, and may do everything: who sets it up."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.authority = Authority(folder)
        own = folder / "broker.pem"
        own.write_text("".join(self.authority.issue("broker")), encoding="utf-8")
        port, controller, self._sasl_port, self._ssl_port = free_ports(4)
        given = broker_settings(folder, port, controller)
        listeners = {"SASL_SSL": self._sasl_port, "SSL": self._ssl_port}
        added = "".join(f",{name}://{LOOPBACK}:{at}" for name, at in listeners.items())
        logins = " ".join(f'user_{name}="{word}"' for name, word in PLAIN.items())
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
        map_ = "listener.security.protocol.map"
        settings = {
            "listeners": f"{given['listeners']}{added}",
            "advertised.listeners": f"{given['advertised.listeners']}{added}",
            map_: f"{given[map_]},SASL_SSL:SASL_SSL,SSL:SSL",
            "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
            "authorizer.class.name": AUTHORIZER,
            "super.users": "User:ANONYMOUS",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": own,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.authority.file,
            "listener.name.ssl.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            "listener.name.sasl_ssl.plain.sasl.jaas.config": f"{module} required {logins};",
            "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": f"{scram} required;",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{scram} required;",
        }
        self._broker = LocalBroker(folder / "kafka", ensure_jars(), port=port, settings=settings)
        self._open = ""

    def start(self) -> None:
        self._open = self._broker.start()

    def stop(self) -> None:
        self._broker.stop()

    @property
    def sasl(self) -> str:
        return f"{LOOPBACK}:{self._sasl_port}"

    @property
    def mutual(self) -> str:
        return f"{LOOPBACK}:{self._ssl_port}"

    def admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(bootstrap_servers=self._open)

    def add_user(self, name: str, password: str, mechanism: str = "SCRAM-SHA-512") -> None:
        chosen = ScramMechanism[mechanism.replace("-", "_")]
        with self.admin() as admin:
            added = UserScramCredentialUpsertion(name, chosen, password)
            assert admin.alter_user_scram_credentials([added]) == {name: None}

    def allow(self, lines: Iterable[str]) -> None:
        """Do what lines of `kafka-acls` say, exactly."""
        with self.admin() as admin:
            done = admin.create_acls([acl for line in lines for acl in _acls(line)])
        assert done["failed"] == []

    def forbid(self, line: str) -> None:
        """Take away what a line has allowed."""
        filters = [
            ACLFilter(
                acl.principal,
                acl.host,
                acl.operation,
                acl.permission_type,
                ResourcePatternFilter(
                    acl.resource_pattern.resource_type,
                    acl.resource_pattern.resource_name,
                    acl.resource_pattern.pattern_type,
                ),
            )
            for acl in _acls(line)
        ]
        with self.admin() as admin:
            assert all(matched for _, matched, _ in admin.delete_acls(filters))


def _acls(line: str) -> Iterator[ACL]:
    words = shlex.split(line)
    assert words[0] == "kafka-acls.sh"
    (principal,) = _values(words, "--allow-principal")
    (operation,) = _values(words, "--operation")
    pattern = next(iter(_values(words, "--resource-pattern-type")), "literal")
    for kind in Kind:
        for name in _values(words, f"--{kind}"):
            yield ACL(
                principal,
                "*",
                ACLOperation[Operation(operation).name],
                ACLPermissionType.ALLOW,
                ResourcePattern(
                    ResourceType[kind.name], name, ACLResourcePatternType[pattern.upper()]
                ),
            )


def _values(words: list[str], option: str) -> list[str]:
    return [value for name, value in pairwise(words) if name == option]
