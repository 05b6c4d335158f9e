"""Completion as the shells ask for it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from jobs.cli.app import VERBS
from journeys.diagnostics import Code

COMMAND = (
    sys.executable,
    "-c",
    "import sys; sys.argv[0] = 'journeys'; from jobs.cli import main; main()",
)


def ask(variables: dict[str, str], *arguments: str) -> list[str]:
    done = subprocess.run(
        [*COMMAND, *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def bash(line: str) -> list[str]:
    words = line.split(" ")
    return ask(
        {
            "_JOURNEYS_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }
    )


def fish(line: str) -> list[str]:
    return ask(
        {
            "_JOURNEYS_COMPLETE": "complete_fish",
            "_TYPER_COMPLETE_ARGS": line,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        }
    )


def zsh(line: str) -> list[str]:
    return ask({"_JOURNEYS_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": line})


def test_verbs_are_completed() -> None:
    assert bash("journeys ") == [*VERBS]
    assert bash("journeys va") == ["validate"]
    assert [line.split("\t")[0] for line in fish("journeys ")] == [*VERBS]
    assert '"validate":"Check every definition' in "\n".join(zsh("journeys v"))


def test_options_of_a_verb_and_their_choices_are_completed() -> None:
    assert bash("journeys validate --f") == ["--format"]
    assert bash("journeys validate --format s") == ["sarif"]
    assert bash("journeys fmt --") == ["--check", "--diff", "--help"]


@pytest.mark.parametrize("shell", [bash, fish, zsh])
def test_codes_are_completed_with_their_titles(shell: Callable[[str], list[str]]) -> None:
    found = "\n".join(shell("journeys explain JRN10"))
    assert all((code in found) is code.startswith("JRN10") for code in Code)
    assert ("A file is not YAML" in found) is (shell is not bash)


def test_codes_are_completed_in_small_letters_too() -> None:
    assert bash("journeys explain jrn10") == [c.lower() for c in Code if c.startswith("JRN10")]


def test_codes_after_a_code_are_completed() -> None:
    assert bash("journeys explain JRN101 JRN50") == [c for c in Code if c.startswith("JRN50")]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_can_be_shown(shell: str) -> None:
    script = "\n".join(
        ask({"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}, "--show-completion", shell)
    )
    assert "_JOURNEYS_COMPLETE" in script
