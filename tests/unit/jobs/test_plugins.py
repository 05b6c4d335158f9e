"""A channel of another distribution, from its form in a file to a message that leaves by it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LETTERS = Path(__file__).parents[2] / "harness" / "letters"
"""A distribution as it lies in a folder of installed packages."""
ROOT = Path(__file__).parents[3]
PROJECT = """
kind: action
id: hello
channel: letter
category: marketing
text: "Dear {{ profile.name }}"
languages:
  fr: { text: "Cher {{ profile.name }}" }
"""
SETTINGS = """
channels:
  letter: { printer: printer-1, address: "#{profile.street}" }
"""


def run(packages: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python where the distribution is installed."""
    environment = {**os.environ, "PYTHONPATH": f"{packages}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=ROOT,
    )


def validate(packages: Path, folder: Path, definitions: str, settings: str) -> tuple[int, str]:
    (folder / "actions.yaml").write_text(definitions, encoding="utf-8")
    (folder / "journeys.yaml").write_text(settings, encoding="utf-8")
    done = run(packages, "-c", "from jobs.cli import main; main()", "validate", str(folder))
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Install the distribution into a folder of its own."""
    packages = tmp_path / "packages"
    (packages / "letters-1.0.dist-info").mkdir(parents=True)
    for file in LETTERS.iterdir():
        if file.suffix == ".py":
            (packages / file.name).write_bytes(file.read_bytes())
        elif file.is_file():
            (packages / "letters-1.0.dist-info" / file.name).write_bytes(file.read_bytes())
    return packages


def test_an_author_writes_it_like_any_other(installed: Path, tmp_path: Path) -> None:
    code, said = validate(installed, tmp_path, PROJECT, SETTINGS)
    assert (code, said.splitlines()[-1].split(".")[0]) == (0, "0 errors, 0 warnings")


FAULTS = {
    "a field of the action": (PROJECT + "colour: red\n", SETTINGS, "unknown field 'colour'"),
    "a text in one language": (
        PROJECT.replace("Cher {{ profile.name }}", "Cher {{ nom }}"),
        SETTINGS,
        "in 'fr': a template knows no 'nom'",
    ),
    "no address": (PROJECT, "channels: { letter: { printer: p } }", "lacks the field 'to'"),
    "a setting that is missing": (PROJECT, "channels: { letter: {} }", "lacks the field 'printer'"),
    "a setting that is none": (
        PROJECT,
        SETTINGS.replace("printer-1", "p, pages: 3"),
        "it is no field of the channel",
    ),
    "a section of no channel": (PROJECT, SETTINGS + "  pigeon: {}\n", "unknown field 'pigeon'"),
}


@pytest.mark.parametrize(("definitions", "settings", "told"), FAULTS.values(), ids=FAULTS)
def test_its_faults_are_told_like_any_others(
    installed: Path, tmp_path: Path, definitions: str, settings: str, told: str
) -> None:
    code, said = validate(installed, tmp_path, definitions, settings)
    assert code == 1
    assert told in said


SEND = """
import asyncio, json, sys
from connectors.channels.settings import ChannelSettings
from jobs.channels import ChannelsFactory
from jobs.folder import read_folder
from journeys.attributes import Attributes
from journeys.draft import Situation, draft
from journeys.profile import Profile
from pathlib import Path

read = read_folder(Path(sys.argv[1]))
ann = Profile("ann", lambda: Attributes({"name": "Ann", "street": "Rue 1"}))
request = draft(read.compilation.actions["hello"], Situation(ann, 0)).request

async def scene():
    channels = ChannelsFactory(read.settings.channels)()
    delivery = await channels[request.channel].send(request)
    await channels[request.channel].close()
    print(json.dumps([delivery.code, delivery.response]))

asyncio.run(scene())
"""


def test_the_worker_opens_it_and_a_message_leaves_by_it(installed: Path, tmp_path: Path) -> None:
    validate(installed, tmp_path, PROJECT, SETTINGS)
    done = run(installed, "-c", SEND, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        "printed",
        {"printer": "printer-1", "to": "Rue 1", "text": "Dear Ann"},
    ]


def test_editors_learn_of_it(installed: Path) -> None:
    done = run(installed, "-c", "from jobs.cli import main; main()", "schema")
    assert done.returncode == 0, done.stderr
    described = json.loads(done.stdout)["definitions"]["LetterAction"]
    assert described["properties"]["text"]["description"] == "What stands in the letter."


BROKEN = {
    "no such module": ("letter = nowhere:X", "cannot be loaded: ModuleNotFoundError"),
    "another class": ("letter = letters:LetterSettings", "is no ActionKind"),
    "no class": ("letter = letters:PRINTED", "is no ActionKind"),
    "a name that is taken": ("email = letters:LetterAction", "takes a name that is taken"),
}


@pytest.mark.parametrize(("entry", "told"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_used_is_told_by_its_distribution(
    installed: Path, tmp_path: Path, entry: str, told: str
) -> None:
    entries = installed / "letters-1.0.dist-info" / "entry_points.txt"
    entries.write_text(f"[journeys.actions]\n{entry}\n", encoding="utf-8")
    code, said = validate(installed, tmp_path, PROJECT, SETTINGS)
    assert code == 1
    assert said.startswith("error: '")
    assert "of letters (journeys.actions)" in said
    assert told in said
