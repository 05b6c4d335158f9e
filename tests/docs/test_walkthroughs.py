"""The pages that a reader follows at the keyboard: the tutorial, block by block, and others."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from jobs.envelope import read_envelope
from jobs.folder import read_folder
from tests.harness.walkthrough import ROOT, Reader, blocks, fits, follow

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


def test_the_tutorial_does_what_it_shows(tmp_path: Path) -> None:
    follow(PAGE, tmp_path)


@pytest.mark.parametrize(
    ("name", "until"),
    [
        ("limit-contacts", ""),
        ("look-things-up", ""),
        ("read-an-audience", ""),
        ("next-best-action", ""),
        ("join-identities", ""),
        ("follow-messages", "## Receive"),  # what follows needs a broker
        ("ingest-profiles", ""),
        ("backtest", "## Over the topics"),  # what follows needs a broker
        ("write-messages", ""),
        ("score-with-models", "## A new version"),  # what follows needs a running job
    ],
)
def test_the_page_does_what_it_shows(name: str, until: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / f"{name}.md").read_text(encoding="utf-8")
    follow(page.partition(until)[0] if until else page, tmp_path)


def test_every_command_of_the_tutorial_but_the_first_shows_what_comes_of_it() -> None:
    silent = [block.text for block in blocks(PAGE) if block.language == "sh" and not block.output]
    assert silent == ["mkdir tea-shop\ncd tea-shop\n"]


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("in … s\n", "in 0.12 s\n"),
        ("first\n…\nlast\n", "first\nmany\nmore\nlast\n"),
        ("first\n…\nlast\n", "first\nlast\n"),
        ("a [b] (c)\n", "a [b] (c)  \n\n"),
    ],
)
def test_what_is_left_out_may_be_anything(shown: str, written: str) -> None:
    assert fits(shown, written)


@pytest.mark.parametrize(
    ("page", "what"),
    [
        ("```sh\necho one\n```\n\n```text\ntwo\n```\n", "and writes"),
        ("```sh\nfalse\n```\n", "ended with 1"),
        ("```sh\necho\n```\n\n```text\n…\n\n```\nand\n\n```text\nmore\n```\n", "what is this for"),
        ("```yaml a.yaml\na: 1\n```\n\n```diff a.yaml\n-b: 1\n+b: 2\n```\n", "does not hold once"),
    ],
)
def test_a_page_that_is_not_true_is_found_out(page: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=what):
        follow(page, tmp_path)


def test_what_differs_does_not_fit() -> None:
    assert not fits("3 passed in … s\n", "2 passed in 0.1 s\n")
    assert not fits("first\n…\n", "second\nfirst\n")


def test_the_first_commands_of_the_readme_do_what_they_say(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (begin,) = (block for block in blocks(readme) if block.text.startswith("journeys init"))
    reader = Reader(tmp_path)
    written, code = reader.run(f"set -e\n{begin.text}")
    assert code == 0, written
    assert (reader.folder / "journeys.html").exists()


def test_the_records_to_send_on_this_machine_are_what_the_page_says() -> None:
    page = (ROOT / "docs" / "how-to" / "run-on-this-machine.md").read_text(encoding="utf-8")
    signup = (
        read_folder(ROOT / "examples" / "welcome").compilation.plans["welcome"].events["signup"]
    )
    (ada,) = (block.text for block in blocks(page) if block.language == "json")
    piped = re.findall(r"^echo '(.+)' \| journeys send -$", page, re.MULTILINE)
    records = [read_envelope(line.encode()) for line in (*ada.splitlines(), *piped)]
    assert [record.key for record in records] == [b"ada", b"ada", b"bob", b"eve"]
    faults = [signup.fault(orjson.loads(record.value or b"")) for record in records[1:]]
    assert (faults[0], faults[2]) == (None, None)
    assert f"schema of event 'signup': {faults[1]}" in page
