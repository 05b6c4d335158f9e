"""A project on a broker that asks who comes and lets nobody do more than the page allows.

Every role has a login of its own, and exactly the ACLs that `journeys doctor --acls` gives.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.embedded.cluster import LocalCluster
from connectors.embedded.jars import ensure_jars
from connectors.embedded.receivers import LocalReceivers
from connectors.kafka.client import Writer, read_topic
from connectors.kafka.opening import AccessError
from connectors.kafka.privileges import Role, commands
from connectors.kafka.sender import Sender
from jobs import cluster_jobs, local
from jobs.cli.app import app
from jobs.folder import Folder, read_folder
from jobs.logins import needed, principal
from journeys.errors import JourneyError
from tests.e2e.rig import wait_until
from tests.e2e.search import files, pages, spilled
from tests.harness.guarded_broker import GuardedBroker

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.skipif("JOURNEYS_LONG" not in os.environ, reason="takes minutes: `make secure`"),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PROJECT = Path(__file__).parent / "guarded"
PATIENCE_S = 60
USERS = {
    "ann": "KAFKA_ANN",
    "running": "KAFKA_JOB",
    "counting": "KAFKA_COUNTING",
    "ear": "KAFKA_EAR",
}
"""User to the secret that holds its password."""
WORD = "c4n4ry/9xk2+hq7-"


class Guarded:
    """The project, and all that it runs on."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.path = place / "project"
        shutil.copytree(PROJECT, self.path)
        self.broker = GuardedBroker(place / "broker")
        shutil.copy(self.broker.authority.file, self.path / "authority.pem")
        self.receivers = LocalReceivers(place / "receivers")
        self.cluster = LocalCluster(place / "flink", ensure_jars(), taskmanagers=2)
        self.secrets = place / "secrets"
        self.secrets.mkdir()
        for user, secret in USERS.items():
            # As an editor leaves it: with the end of a line.
            (self.secrets / secret).write_text(f"{WORD}{user}\n", encoding="utf-8")
        (self.secrets / "KAFKA_JOB_USER").write_text("running\n", encoding="utf-8")

    def start(self) -> None:
        self.broker.start()
        for user in USERS:
            self.broker.add_user(user, f"{WORD}{user}")
        self.receivers.start()
        os.environ |= {
            "GUARDED_KAFKA": self.broker.sasl,
            "GUARDED_SECRETS": str(self.secrets),
            "GUARDED_HTTP_PORT": str(self.receivers.http_port),
        }
        lines = CliRunner().invoke(app, ["doctor", str(self.path), "--acls"]).stdout.splitlines()
        # The user of the job is a secret too: whoever gives ACLs knows it.
        self.lines = [line.replace("guarded-job", "running") for line in lines if line[0] != "#"]
        self.broker.allow(self.lines)
        self.cluster.start()
        os.environ |= self.cluster.environment()
        cluster_jobs.start(self.folder, self.cluster.rest_url, self.place / "state")

    def stop(self) -> None:
        self.cluster.stop()
        self.receivers.stop()
        self.broker.stop()

    @property
    def folder(self) -> Folder:
        return read_folder(self.path)

    def read(self, topic: str) -> list[dict[str, Any]]:
        found = read_topic(local.bootstrap_of(self.folder), f"guarded.{topic}")
        return [json.loads(record.value or b"null") for record in found]

    def doctor(self, *words: str) -> list[dict[str, str]]:
        """Give what the doctor says of privileges."""
        done = CliRunner().invoke(app, ["doctor", str(self.path), "--format", "json", *words])
        return [found for found in json.loads(done.stdout) if found["what"] == "permissions"]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    before = dict(os.environ)
    stage = Guarded(tmp_path_factory.mktemp("guarded"))
    try:
        stage.start()
        yield stage
    finally:
        stage.stop()
        os.environ.clear()
        os.environ |= before


def test_an_event_goes_in_and_a_message_and_step_events_come_out(guarded: Guarded) -> None:
    event = json.dumps({"eventType": "signup"}).encode()
    with Writer(local.bootstrap_of(guarded.folder)) as writer:
        writer.write("guarded.events", b"ann", event)
    wait_until(lambda: bool(guarded.receivers.calls()), PATIENCE_S, "the call is made")
    wait_until(
        lambda: "completed" in {e["outcome"] for e in guarded.read("step-events")},
        PATIENCE_S,
        "the walk is told",
    )
    wait_until(lambda: bool(guarded.read("greetings")), PATIENCE_S, "an event is sent")
    assert [e["eventType"] for e in guarded.read("greetings")] == ["welcomed"]
    wait_until(lambda: bool(guarded.read("metrics")), PATIENCE_S, "it is counted")

    async def hear() -> None:
        sender = Sender(local.bootstrap_of(guarded.folder, Role.RECEIVER))
        await sender.send("guarded.feedback", [(b"ann", b"{}")])
        await sender.close()

    asyncio.run(hear())


def test_nobody_lacks_anything(guarded: Guarded) -> None:
    told = guarded.doctor()
    assert {found["level"] for found in told} == {"ok"}
    assert [found["said"].partition(":")[0] for found in told] == [
        "job", "reporting", "receiver", "command-line",
    ]  # fmt: skip


def test_who_may_not_is_told_what_to_do(guarded: Guarded) -> None:
    ear = local.bootstrap_of(guarded.folder, Role.RECEIVER)
    with pytest.raises(AccessError, match=r"does not let user 'ear' read guarded\.control: `journ"):
        list(read_topic(ear, "guarded.control"))
    # Said at once, or when the record is sent.
    refused = pytest.raises(JourneyError, match="does not let user 'ear' write")
    with refused, Writer(ear) as writer:
        writer.write("guarded.events", b"k", b"{}")


def test_whoever_is_not_let_in_is_told_why_at_once(guarded: Guarded) -> None:
    known = local.bootstrap_of(guarded.folder)
    assert known.sasl is not None
    assert known.tls is not None
    wrong = known.sasl.model_copy(update={"username": "nobody"})
    trusting = known.tls.model_copy(update={"authorities": None})
    for given, said in (
        ({"sasl": wrong}, "refuses user 'nobody' by SCRAM-SHA-512: look at"),
        ({"tls": trusting}, r"cannot be trusted: .* `kafka\.tls\.ca_file`"),
        ({"servers": guarded.broker.mutual, "sasl": None}, "does not take our certificate"),
    ):
        with pytest.raises(AccessError, match=said):
            list(read_topic(known.model_copy(update=given), "guarded.control"))


def test_a_password_is_told_nowhere(guarded: Guarded) -> None:
    shown = [*pages(guarded.cluster.rest_url), *files(guarded.place / "flink")]
    shown += files(guarded.place / "state") + files(guarded.path)
    assert len(shown) > 100
    assert any(b"{secret:KAFKA_JOB}" in octets for _, octets in shown), "the search finds it"
    for user in USERS:
        assert spilled(shown, f"{WORD}{user}") == []


def test_acls_are_those_of_the_code(guarded: Guarded) -> None:
    lines = [
        line
        for role in Role
        for line in commands(needed(guarded.folder, role), principal(guarded.folder, role))
    ]
    assert [line.replace("guarded-job", "running") for line in lines] == guarded.lines


def test_the_doctor_tells_which_privileges_a_role_lacks(guarded: Guarded) -> None:
    """The last test of the file: the jobs cannot go on without what is taken from them."""
    lost = {
        "job": (
            "Read of topic guarded.events",
            "Write of topic guarded.step-events",
            "Read of group guarded",
            "Write of transactional-id guarded-step-events*",
        ),
        "reporting": ("Read of topic guarded.step-events", "Write of topic guarded.alerts"),
        "receiver": ("Write of topic guarded.feedback",),
        "command-line": ("Create of topic guarded.*", "DescribeConfigs of topic guarded.*"),
    }
    for role, told in lost.items():
        held = [each for each in needed(guarded.folder, Role(role)) if str(each) in told]
        who = principal(guarded.folder, Role(role)).replace("guarded-job", "running")
        for line in commands(held, who):
            guarded.broker.forbid(line)
    wanted = [f"{role}: lacks {', '.join(told)}" for role, told in lost.items()]

    def found() -> list[dict[str, str]]:
        return [told for role in lost for told in guarded.doctor("--as", role)]

    wait_until(lambda: [each["said"] for each in found()] == wanted, 20, "all of it is told")
    assert {(each["level"], "--acls" in each["advice"]) for each in found()} == {("fail", True)}
