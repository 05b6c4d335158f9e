from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from connectors.embedded.errors import EmbeddedError
from connectors.embedded.jars import JarList, ensure_jars, verify

CONTENT = {"kafka/broker.jar": "broker", "kafka/client.jar": "client", "connector/flink.jar": "c"}


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the only `java` and `mvn` there are; this `mvn` writes fixed jars."""
    folder = tmp_path / "bin"
    folder.mkdir()
    _program(folder / "java", """echo 'openjdk version "17.0.15" 2025-04-15' >&2""")
    _program(folder / "mvn", _maven(CONTENT))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


@pytest.fixture
def wanted(tmp_path: Path) -> JarList:
    pom, checksums = tmp_path / "pom.xml", tmp_path / "jars.sha256"
    pom.write_text("<project/>", encoding="utf-8")
    checksums.write_text(_checksums(CONTENT), encoding="utf-8")
    return JarList(pom, checksums, tmp_path / "home")


def test_jars_are_fetched_once_and_then_found_without_maven(
    programs: Path, wanted: JarList
) -> None:
    said: list[str] = []
    jars = ensure_jars(said.append, wanted)
    assert [jar.name for jar in jars.kafka] == ["broker.jar", "client.jar"]
    assert jars.connector.read_text(encoding="utf-8") == "c"
    assert len(said) == 2
    programs.joinpath("mvn").unlink()
    programs.joinpath("java").unlink()
    assert ensure_jars(said.append, wanted) == jars
    assert len(said) == 2
    assert [each.name for each in wanted.home.iterdir()] == [wanted.folder().name]


def test_another_list_is_another_folder(wanted: JarList) -> None:
    before = wanted.folder()
    wanted.pom.write_text("<project>2</project>", encoding="utf-8")
    assert wanted.folder() != before


@pytest.mark.parametrize(
    ("fetched", "said"),
    [
        (CONTENT | {"kafka/broker.jar": "other"}, "kafka/broker.jar has sha256 .*, expected "),
        ({n: c for n, c in CONTENT.items() if "client" not in n}, "kafka/client.jar is missing"),
        (CONTENT | {"kafka/spy.jar": "spy"}, "kafka/spy.jar is not in the list"),
    ],
)
def test_other_jars_than_those_listed_are_refused_and_not_kept(
    programs: Path, wanted: JarList, fetched: dict[str, str], said: str
) -> None:
    _program(programs / "mvn", _maven(fetched))
    with pytest.raises(EmbeddedError, match=said):
        ensure_jars(wanted=wanted)
    assert list(wanted.home.iterdir()) == []


def test_every_difference_is_named(tmp_path: Path) -> None:
    tmp_path.joinpath("new.jar").write_text("new", encoding="utf-8")
    with pytest.raises(EmbeddedError, match=r"(?s)a\.jar is missing.*new\.jar is not in the list"):
        verify(tmp_path, _checksums({"a.jar": "a"}))


def test_what_maven_says_is_shown_when_it_fails(programs: Path, wanted: JarList) -> None:
    _program(programs / "mvn", "echo '[ERROR] no route to the repository'; exit 1")
    with pytest.raises(EmbeddedError, match=r"(?s)exit code 1.*no route to the repository"):
        ensure_jars(wanted=wanted)
    assert list(wanted.home.iterdir()) == []


@pytest.mark.parametrize("missing", ["mvn", "java"])
def test_a_missing_program_comes_with_the_line_that_installs_it(
    programs: Path, wanted: JarList, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.joinpath(missing).unlink()
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(EmbeddedError, match=rf"(?s)no `{missing}`.*apt-get install") as raised:
        ensure_jars(wanted=wanted)
    assert "openjdk-17-jdk-headless maven" in str(raised.value)


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.2", "25"])
def test_a_java_that_kafka_or_flink_do_not_run_on_is_refused(
    programs: Path, wanted: JarList, version: str
) -> None:
    _program(programs / "java", f"""echo 'openjdk version "{version}"' >&2""")
    major = version.removeprefix("1.").split(".")[0]
    with pytest.raises(EmbeddedError, match=rf"is Java {major}, but .* JAVA_HOME"):
        ensure_jars(wanted=wanted)


def test_the_committed_list_names_the_broker_and_the_connector() -> None:
    names = [line.split()[1] for line in JarList().checksums.read_text("utf-8").splitlines()]
    assert sum(name.startswith("connector/flink-sql-connector-kafka-") for name in names) == 1
    assert any(name.startswith("kafka/kafka_2.13-4.") for name in names)


def _program(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


def _maven(content: dict[str, str]) -> str:
    lines = ['for a; do case "$a" in -Djars.folder=*) out="${a#-Djars.folder=}" ;; esac; done']
    lines += ['mkdir -p "$out/kafka" "$out/connector"']
    lines += [f"printf %s '{text}' > \"$out/{name}\"" for name, text in content.items()]
    return "\n".join(lines)


def _checksums(content: dict[str, str]) -> str:
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in content.items()}
    return "".join(f"{digest}  {name}\n" for name, digest in digests.items())
