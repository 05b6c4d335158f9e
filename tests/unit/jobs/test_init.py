"""The verb `init`: every template, written into a new folder, must stand up to all other verbs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from jobs.cli.app import app
from jobs.envelope import read_envelope
from jobs.folder import Folder, read_folder
from jobs.library import Template, summary
from journeys.diagnostics import Code
from journeys.errors import JourneyError

ROOT = Path(__file__).parents[3]
TEMPLATES = pytest.mark.parametrize("template", Template)
PEOPLE = 300


def call(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def project(template: Template, tmp_path: Path) -> Folder:
    folder = tmp_path / "tea-shop"
    assert call("init", str(folder), "--template", template)[:2] == (0, "")
    return read_folder(folder)


@TEMPLATES
def test_a_template_has_no_fault_and_says_whether_the_job_runs_all_of_it(
    project: Folder, template: Template
) -> None:
    assert {fault.code for fault in project.compilation.diagnostics} <= {Code.NOT_RUN_YET}
    is_run = not project.compilation.diagnostics
    assert ("The job runs all of it." in summary(template)) == is_run
    assert ("\njourneys run\n" in (project.path / "README.md").read_text()) == is_run


def test_the_first_template_runs_on_the_job() -> None:
    assert "The job runs all of it." in summary(Template.WELCOME)


@TEMPLATES
def test_a_template_is_in_canonical_form(project: Folder) -> None:
    assert call("fmt", "--check", str(project.path))[:2] == (0, "")


@TEMPLATES
def test_the_scenarios_of_a_template_take_every_branch_and_chance_finds_nothing(
    project: Folder,
) -> None:
    code, text, _ = call(
        "test", str(project.path), "--coverage", "--fail-under", "100", "--fuzz", "200"
    )
    assert code == 0, text


@TEMPLATES
def test_the_journeys_of_a_template_are_drawn_and_walked_by_a_crowd(project: Folder) -> None:
    code, page, _ = call("graph", str(project.path), "--format", "html")
    assert code == 0
    assert page.count("<svg") == len(project.compilation.plans)
    for journey in project.compilation.plans:
        walked = ("simulate", str(project.path), "--journey", journey, "--format", "json")
        code, text, _ = call(*walked, "--people", str(PEOPLE), "--for", "P60D")
        found = json.loads(text)
        assert code == 0
        assert found["entered"] > PEOPLE / 2
        assert not found["inside"]
        assert found["completed"] > PEOPLE / 3


@TEMPLATES
def test_every_sample_record_is_one_that_the_project_knows(project: Folder) -> None:
    events = [e for plan in project.compilation.plans.values() for e in plan.events.values()]
    lines = (project.path / "people.jsonl").read_bytes().splitlines()
    assert len(lines) >= 2
    for line in lines:
        envelope = read_envelope(line)
        payload = orjson.loads(envelope.value or b"")
        if envelope.topic == "events":
            fitting = [e for e in events if e.names(payload["eventType"], payload)]
            assert fitting, line
            assert fitting[0].fault(payload) is None


@TEMPLATES
def test_a_template_holds_no_file_that_nothing_names(project: Folder) -> None:
    texts = {file: file.read_text() for file in project.path.rglob("*") if file.is_file()}
    for file in (f for f in texts if f.parent.name in ("schemas", "templates")):
        name = file.relative_to(project.path).as_posix()
        assert any(name in text for other, text in texts.items() if other != file), name


def test_the_templates_are_listed_with_what_they_are() -> None:
    code, text, said = call("init", "--list")
    assert (code, said) == (0, "")
    for template in Template:
        assert f"{template} " in text
        assert all(line in text for line in summary(template))


def test_init_says_what_to_do_next_where_it_wrote(tmp_path: Path) -> None:
    _, _, said = call("init", str(tmp_path / "tea shop"))
    assert said.splitlines()[0].endswith("by the template 'welcome'. See README.md.")
    assert said.splitlines()[2:] == [
        f"  cd '{tmp_path / 'tea shop'}'",
        "  journeys validate",
        "  journeys test --coverage",
        "  journeys graph --output journeys.html",
    ]


@pytest.mark.parametrize(
    ("folder", "name"),
    [("tea-shop", "name: tea-shop"), ("2026", 'name: "2026"'), ("Tee & Tee", "name: Tee-Tee")],
)
def test_a_project_is_named_like_its_folder(tmp_path: Path, folder: str, name: str) -> None:
    call("init", str(tmp_path / folder))
    assert f"\n{name} #" in (tmp_path / folder / "journeys.yaml").read_text()
    assert read_folder(tmp_path / folder).settings.name in name


def test_a_folder_with_something_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(JourneyError, match=r"is not empty \(notes.txt\)"):
        call("init", str(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_a_new_repository_counts_as_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    assert call("init")[0] == 0
    assert (tmp_path / ".gitignore").exists()


def test_an_unknown_template_is_a_wrong_usage(tmp_path: Path) -> None:
    code, _, said = call("init", str(tmp_path), "--template", "wellcome")
    assert code == 2
    assert "'abandoned-cart'" in said
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JourneyError, match="cannot be"):
        call("init", str(tmp_path / "file"))


def test_a_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    packages = ("journeys", "operators", "connectors", "jobs")
    for name in packages:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    copied = {
        file.relative_to(tmp_path).as_posix()
        for name in packages
        for file in (tmp_path / name).rglob("*")
        if file.is_file()
    }
    build = "from setuptools.build_meta import build_wheel; build_wheel('wheel')"
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheel").iterdir()
    missing = copied - set(zipfile.ZipFile(wheel).namelist())
    assert missing == {"connectors/embedded/install-toolchain.sh"}, (
        "make setup's own, of a checkout"
    )
