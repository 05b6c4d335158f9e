"""As whom each part of a project comes to Kafka."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.kafka.privileges import Role
from jobs import health
from jobs.cli.app import app
from jobs.folder import Folder, read_folder
from jobs.local import bootstrap_of
from jobs.logins import LoginError, login, principal

SETTINGS = """
name: shop
kafka:
  bootstrap: k:9093
  tls: { ca_file: ca.pem }
  sasl: { mechanism: SCRAM-SHA-512, username: cli, password: "${secret:CLI}" }
  roles:
    job: { username: runs, password: "${secret:JOB}" }
    reporting: { certificate: "${secret:CERTIFICATE}", key: "${secret:KEY}" }
    receiver: { username: "${secret:WHO}", password: "${secret:EAR}" }
channels: { secrets_folder: /run/s }
"""


def project(place: Path, settings: str = SETTINGS) -> Folder:
    (place / "journeys.yaml").write_text(settings, encoding="utf-8")
    (place / "ca.pem").write_text("PEM", encoding="utf-8")
    return read_folder(place)


@pytest.mark.parametrize(
    ("role", "username", "password", "certificate", "named"),
    [
        (Role.COMMAND_LINE, "cli", "CLI", None, "User:cli"),
        (Role.JOB, "runs", "JOB", None, "User:runs"),
        (Role.REPORTING, "cli", "CLI", "${secret:CERTIFICATE}", "User:cli"),
        (Role.RECEIVER, "${secret:WHO}", "EAR", None, "User:shop-receiver"),
        (Role.INGEST, "cli", "CLI", None, "User:shop-ingest"),
        (Role.ANALYST, "cli", "CLI", None, "User:shop-analyst"),
    ],
)
def test_a_role_comes_as_the_settings_say(
    tmp_path: Path, role: Role, username: str, password: str, certificate: str | None, named: str
) -> None:
    folder = project(tmp_path)
    found = bootstrap_of(folder, role)
    assert found.sasl is not None
    assert found.tls is not None
    assert (found.servers, found.secrets_folder) == ("k:9093", Path("/run/s"))
    assert (found.sasl.username, found.sasl.password) == (username, f"${{secret:{password}}}")
    assert (found.tls.authorities, found.tls.certificate) == ("PEM", certificate)
    assert principal(folder, role) == named


def test_a_missing_file_of_authorities_is_told(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (tmp_path / "ca.pem").unlink()
    with pytest.raises(LoginError, match=r"kafka\.tls\.ca_file: .*ca\.pem cannot be read"):
        login(folder, Role.JOB, "k:9093")


@pytest.mark.parametrize(
    ("kafka", "said"),
    [
        ("{tls: {}}", "name them in kafka.bootstrap"),
        ("{bootstrap: k, sasl: {mechanism: PLAIN, username: a, password: '${secret:P}'}}", "clear"),
        ("{bootstrap: k, sasl: {mechanism: PLAIN, username: a, password: word}}", "never the sec"),
        ("{bootstrap: k, tls: {certificate: '${secret:C}'}}", "certificate and key go together"),
        ("{bootstrap: k, roles: {job: {username: a}}}", "username and password go together"),
        (
            "{bootstrap: k, roles: {job: {username: a, password: '${secret:P}'}}}",
            "kafka.sasl says by which mechanism",
        ),
        (
            "{bootstrap: k, roles: {job: {certificate: '${secret:C}', key: '${secret:K}'}}}",
            "roles.job has a certificate",
        ),
        ("{bootstrap: k, roles: {analyst: {}}}", "unknown field 'analyst'"),
    ],
)
def test_settings_that_cannot_be_meant_are_faults(tmp_path: Path, kafka: str, said: str) -> None:
    folder = project(tmp_path, f"kafka: {kafka}\n")
    told = " ".join(str(fault) for fault in folder.compilation.diagnostics)
    assert said in told


def test_acls_are_given_without_asking_anybody(tmp_path: Path) -> None:
    project(tmp_path)
    done = CliRunner().invoke(app, ["doctor", str(tmp_path), "--acls"])
    lines = done.stdout.splitlines()
    assert [line for line in lines if line[0] == "#"] == [f"# {role}" for role in Role]
    assert "'User:runs' --operation Write --transactional-id 'shop-step-events'" in done.stdout
    one = CliRunner().invoke(app, ["doctor", str(tmp_path), "--acls", "--as", "receiver"])
    assert len(one.stdout.splitlines()) == 2


def test_a_role_whose_secrets_lie_elsewhere_is_told_so(tmp_path: Path) -> None:
    folder = project(tmp_path, SETTINGS.replace("tls: { ca_file: ca.pem }", "tls: {}"))
    (told,) = health.permissions(folder, Role.JOB)
    assert told.level is health.Level.WARN
    assert told.said.startswith("job: not known from here: the secret JOB is not known")
    assert told.advice == "look where its secrets are: `journeys doctor --as job`"
