"""A real broker that asks who comes (SASL_SSL, SSL) and lets nobody do what no ACL allows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kafka import KafkaAdminClient

from connectors.embedded.broker import LocalBroker, broker_settings
from connectors.embedded.jars import ensure_jars
from connectors.embedded.ports import LOOPBACK, free_ports
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
