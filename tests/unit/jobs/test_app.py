"""The command itself: its verbs, its version, and what it says of a verb that it does not have."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from jobs.cli.app import VERBS, app
from journeys.step_event import ENGINE_VERSION

USAGE = 2


@pytest.mark.parametrize(
    ("word", "proposed"),
    [
        ("publsh", "; did you mean `journeys publish`?"),
        ("dead-letters", "; did you mean `journeys dlq`?"),
        ("start", "; did you mean `journeys run` or `journeys status`?"),
        ("LIST", "; did you mean `journeys ls`?"),
        ("erase", ""),
        ("xyzzy", ""),
    ],
)
def test_a_verb_that_is_not_known_brings_those_that_may_be_meant(word: str, proposed: str) -> None:
    done = CliRunner().invoke(app, [word])
    assert done.exit_code == USAGE
    assert done.stderr.endswith(f"Error: there is no verb '{word}'{proposed}\n")


def test_every_verb_explains_itself() -> None:
    for verb in VERBS:
        done = CliRunner().invoke(app, [verb, "--help"])
        assert done.exit_code == 0
        assert "Usage: journeys" in done.stdout or "Usage: root" in done.stdout


def test_the_command_says_its_version() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"journeys {ENGINE_VERSION}\n")
