"""Every kind of login, by Flink's client in Java and by Python's, on a broker that asks for it.

Secrets come from the environment here, and from a folder in `tests/e2e/test_security.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.admin import NewTopic

from connectors.embedded import toolchain
from connectors.embedded.jars import ensure_jars
from connectors.kafka.bootstrap import Bootstrap, SaslSettings, Tls
from connectors.kafka.client import Writer, read_topic
from tests.harness.guarded_broker import PLAIN, GuardedBroker

pytestmark = [
    pytest.mark.flink,
    pytest.mark.timeout(300),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
READ = """
import sys
from pyflink.table import EnvironmentSettings, TableEnvironment
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.tables import source_table

tables = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
tables.get_config().set("pipeline.jars", sys.argv[1])
for number, text in enumerate(sys.argv[2:]):
    bootstrap = Bootstrap.model_validate_json(text)
    tables.execute_sql(
        source_table(f"s{number}", "t", bootstrap, "g", "earliest", bounded=True)
    )
    with tables.execute_sql(f"SELECT v FROM s{number}").collect() as rows:
        print("read", *(row[0] for row in rows))
"""
PLAIN_SECRET = {"PLAIN": PLAIN["plain-user"]}
SASL = [
    SaslSettings(mechanism="PLAIN", username="plain-user", password="${secret:PLAIN}"),
    SaslSettings(mechanism="SCRAM-SHA-256", username="bob", password="${secret:SCRAM}"),
    SaslSettings(mechanism="SCRAM-SHA-512", username="ann", password="${secret:SCRAM}"),
]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[GuardedBroker]:
    broker = GuardedBroker(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


def logins(broker: GuardedBroker, monkeypatch: pytest.MonkeyPatch) -> list[Bootstrap]:
    """Make a login of each kind, with its secrets in the environment."""
    key, certificate = broker.authority.issue("cat")
    secrets = {"SCRAM": "one word", "KEY": key, "CERTIFICATE": certificate, **PLAIN_SECRET}
    for name, value in secrets.items():
        monkeypatch.setenv(f"JOURNEYS_SECRET_{name}", value)
    tls = Tls(authorities=broker.authority.file.read_text(encoding="utf-8"))
    found = [Bootstrap(servers=broker.sasl, tls=tls, sasl=each) for each in SASL]
    own = {"certificate": "${secret:CERTIFICATE}", "key": "${secret:KEY}"}
    return [*found, Bootstrap(servers=broker.mutual, tls=tls.model_copy(update=own))]


def admit(broker: GuardedBroker) -> None:
    """Let all of them read and write one topic."""
    for each in SASL:
        if each.mechanism != "PLAIN":
            broker.add_user(each.username, "one word", each.mechanism)
    with broker.admin() as admin:
        admin.create_topics([NewTopic("t", 1, 1)])
    for user in (*(each.username for each in SASL), "CN=cat"):
        line = f"kafka-acls.sh --add --allow-principal User:{user} --operation"
        broker.allow(
            [f"{line} Read --topic t", f"{line} Write --topic t", f"{line} Read --group g"]
        )


def test_both_clients_come_by_every_kind_of_login(
    broker: GuardedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    admit(broker)
    known = logins(broker, monkeypatch)
    for login in known:
        with Writer(login) as writer:
            writer.write("t", None, b"hello")
    assert [len(list(read_topic(login, "t"))) for login in known] == [len(known)] * len(known)
    java = toolchain.find_java().resolve().parent.parent
    jar = ensure_jars().connector.as_uri()
    done = subprocess.run(
        [sys.executable, "-c", READ, jar, *(login.model_dump_json() for login in known)],
        env={**os.environ, "JAVA_HOME": str(java)},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    read = [line for line in done.stdout.splitlines() if line.startswith("read ")]
    assert read == ["read" + " hello" * len(known)] * len(known)
    for secret in (PLAIN["plain-user"], "one word", "PRIVATE KEY"):
        assert secret not in done.stdout + done.stderr
