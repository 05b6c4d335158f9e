"""What both clients are given: the same login, and no secret where others could read it."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.kafka.bootstrap import Bootstrap, SaslSettings, Tls
from connectors.kafka.security import SecurityError, java_options, python_options
from connectors.kafka.tables import sink_table, source_table, upsert_table
from connectors.kafka.topics import Topics
from connectors.secrets import Secrets, UnknownSecretError
from tests.harness.authority import Authority

SHADED = "org.apache.flink.kafka.shaded.org.apache.kafka.common"
WORD = "c4n4ry/9xk2+hq7-3vd"
SASL = SaslSettings(mechanism="SCRAM-SHA-512", username="ann", password="${secret:PW}")
MUTUAL = Tls(certificate="${secret:CERTIFICATE}", key="${secret:KEY}")


def guarded(**given: Any) -> Bootstrap:
    return Bootstrap(servers="k:9093", **given)


def secrets(**given: str) -> Secrets:
    return Secrets(None, {f"JOURNEYS_SECRET_{name}": value for name, value in given.items()})


def test_brokers_that_ask_nobody_are_their_servers_only() -> None:
    plain = Bootstrap.model_validate("k:9092")
    assert java_options(plain) == {"bootstrap.servers": "k:9092"}
    assert python_options(plain) == {"bootstrap_servers": "k:9092"}
    dumped: Any = plain.model_dump()
    assert dumped == str(plain) == "k:9092"


@pytest.mark.parametrize(
    ("given", "protocol"),
    [
        ({}, "PLAINTEXT"),
        ({"tls": Tls()}, "SSL"),
        ({"tls": MUTUAL}, "SSL"),
        ({"sasl": SASL}, "SASL_PLAINTEXT"),
        ({"tls": Tls(), "sasl": SASL}, "SASL_SSL"),
    ],
)
def test_protocols_have_kafkas_words_and_travel_as_json(
    given: dict[str, Any], protocol: str
) -> None:
    bootstrap = guarded(**given)
    assert bootstrap.protocol == protocol
    assert java_options(bootstrap).get("security.protocol", "PLAINTEXT") == protocol
    assert Bootstrap.model_validate_json(bootstrap.model_dump_json()) == bootstrap


@pytest.mark.parametrize(
    ("mechanism", "module"),
    [
        ("PLAIN", f"{SHADED}.security.plain.PlainLoginModule"),
        ("SCRAM-SHA-256", f"{SHADED}.security.scram.ScramLoginModule"),
        ("SCRAM-SHA-512", f"{SHADED}.security.scram.ScramLoginModule"),
    ],
)
@pytest.mark.parametrize(
    ("folder", "kind", "read"),
    [
        (None, "EnvVarConfigProvider", "${secrets:JOURNEYS_SECRET_PW}"),
        (Path("/run/s"), "DirectoryConfigProvider", "${secrets:/run/s:PW}"),
    ],
)
def test_java_reads_a_password_itself(
    mechanism: Any, module: str, folder: Path | None, kind: str, read: str
) -> None:
    sasl = SASL.model_copy(update={"mechanism": mechanism})
    options = java_options(guarded(tls=Tls(), sasl=sasl, secrets_folder=folder))
    assert options == {
        "bootstrap.servers": "k:9093",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": mechanism,
        "sasl.jaas.config": f'{module} required username="ann\n password="{read}\n;',
        "config.providers": "secrets",
        "config.providers.secrets.class": f"{SHADED}.config.provider.{kind}",
    }


def test_java_reads_certificates_as_texts() -> None:
    options = java_options(guarded(tls=MUTUAL.model_copy(update={"authorities": "PEM"})))
    assert {name: value for name, value in options.items() if name.startswith("ssl.")} == {
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": "PEM",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": "${secrets:JOURNEYS_SECRET_CERTIFICATE}",
        "ssl.keystore.key": "${secrets:JOURNEYS_SECRET_KEY}",
    }


def test_every_table_comes_as_the_settings_say_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PW", "CERTIFICATE", "KEY"):
        monkeypatch.setenv(f"JOURNEYS_SECRET_{name}", WORD)
    bootstrap = guarded(tls=MUTUAL, sasl=SASL)
    tables = [
        source_table("s", "t", bootstrap, "g", "earliest"),
        sink_table("s", Topics(), bootstrap, "tx"),
        sink_table("s", Topics(), bootstrap, None),
        upsert_table("s", "t", bootstrap),
    ]
    for text in (*tables, repr(bootstrap), bootstrap.model_dump_json(), repr(bootstrap.who)):
        assert WORD not in text
    for table in tables:
        assert "'properties.security.protocol' = 'SASL_SSL'" in table
        assert "${secrets:JOURNEYS_SECRET_PW}" in table


def test_python_comes_with_the_same_login(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    key, certificate = authority.issue("ann")
    authorities = authority.file.read_text()
    tls = MUTUAL.model_copy(update={"authorities": authorities})
    known = secrets(PW=WORD, KEY=key, CERTIFICATE=certificate)
    options = python_options(guarded(tls=tls, sasl=SASL), known)
    context = options.pop("ssl_context")
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1
    assert options == {
        "bootstrap_servers": "k:9093",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "ann",
        "sasl_plain_password": WORD,
    }


def test_both_read_a_secret_from_the_folder_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEYS_SECRET_PW", "of the environment")
    (tmp_path / "PW").write_text("of the folder\n", encoding="utf-8")
    options = python_options(guarded(sasl=SASL, secrets_folder=tmp_path))
    assert options["sasl_plain_password"] == "of the folder"
    assert python_options(guarded(sasl=SASL))["sasl_plain_password"] == "of the environment"


@pytest.mark.parametrize("word", ['a"b', "a\\b", "a\nb"])
def test_a_password_that_java_cannot_be_told_is_refused_and_not_repeated(word: str) -> None:
    with pytest.raises(SecurityError, match="a quote, a backslash or a line end") as told:
        python_options(guarded(sasl=SASL), secrets(PW=word))
    assert word not in str(told.value)


def test_what_is_wrong_with_a_certificate_is_told_without_it(tmp_path: Path) -> None:
    key, certificate = Authority(tmp_path).issue("ann")
    with pytest.raises(SecurityError, match=r"openssl pkcs8 -topk8"):
        python_options(
            guarded(tls=MUTUAL),
            secrets(KEY=key.replace(" PRI", " EC PRI"), CERTIFICATE=certificate),
        )
    with pytest.raises(SecurityError, match=r"\{secret:KEY\} are no certificate and its key"):
        python_options(guarded(tls=MUTUAL), secrets(KEY=key, CERTIFICATE="none"))
    with pytest.raises(SecurityError, match="ca_file holds no certificates"):
        python_options(guarded(tls=Tls(authorities="none")))
    with pytest.raises(UnknownSecretError, match="CERTIFICATE is not known"):
        python_options(guarded(tls=MUTUAL), secrets())


def test_a_password_itself_is_refused() -> None:
    with pytest.raises(ValidationError, match="never the secret itself"):
        SaslSettings(mechanism="PLAIN", username="ann", password=WORD)
