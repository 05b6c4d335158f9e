"""A page that a reader follows step by step, followed by a test.

Blocks of a page, in order:

- "```yaml events.yaml" (any language, and a path) is a file that the reader writes,
- "```diff events.yaml" changes lines of one,
- "```sh" holds commands, and the block right after it what they write to the terminal:
  `…` stands there for any text, and alone on a line for any lines.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEFT_OUT = "…"
_FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ENDS_WITH_FINDINGS = ("error[", "✗")
_WHERE = "@@where@@"


@dataclass(frozen=True)
class Block:
    language: str
    path: str | None
    text: str
    output: str | None
    """Of commands: what they write."""


def blocks(page: str) -> Iterator[Block]:
    """Give the blocks of a page in order, each output with its commands."""
    found = list(_FENCE.finditer(page))
    output_of = {
        before: after
        for before, after in pairwise(found)
        if before[1] == "sh" != after[1]
        and after[2] is None
        and page[before.end() : after.start()].isspace()
    }
    outputs = set(output_of.values())
    for match in found:
        if match not in outputs:
            output = output_of.get(match)
            yield Block(match[1], match[2], match[3], output and output[3])


class Reader:
    """Somebody who does what a page says, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self.folder.mkdir()
        self._bin = folder / "bin"
        self._bin.mkdir()
        start = "from jobs.cli import main; main()"
        for name, words in (("journeys", f' -c "{start}"'), ("python", "")):
            command = self._bin / name
            command.write_text(f'#!/bin/sh\nexec {sys.executable}{words} "$@"\n')
            command.chmod(0o755)

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def change(self, path: str, difference: str) -> None:
        """Put the lines marked `+` where the lines marked `-` stand."""
        lines = difference.splitlines(keepends=True)
        old, new = (
            "".join(line[1:] for line in lines if line[0] in signs) for signs in ("- ", "+ ")
        )
        text = (self.folder / path).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path} does not hold once:\n{old}"
        self.write(path, text.replace(old, new))

    def run(self, commands: str) -> tuple[str, int]:
        """Run commands where the ones before ended; give what they wrote, and their exit code."""
        path = f"{self._bin}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", f"{commands}\ncode=$?; echo {_WHERE}$PWD; exit $code"],
            cwd=self.folder,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        written, _, where = done.stdout.rpartition(_WHERE)
        self.folder = Path(where.strip())
        return written, done.returncode


def follow(page: str, folder: Path) -> None:
    """Do what a page says; fail where something else comes of it than the page shows."""
    reader = Reader(folder)
    for block in blocks(page):
        if block.path is None:
            assert block.language == "sh", f"what is this for?\n{block.text}"
            _hold(block, *reader.run(block.text))
        elif block.language == "diff":
            reader.change(block.path, block.text)
        else:
            reader.write(block.path, block.text)


def _hold(block: Block, written: str, code: int) -> None:
    shown = block.output or ""
    finds = any(mark in shown for mark in _ENDS_WITH_FINDINGS)
    assert code == int(finds), f"{block.text}ended with {code}:\n{written}"
    if block.output is not None:
        assert fits(shown, written), f"{block.text}shows\n{shown}\nand writes\n{written}"


def fits(shown: str, written: str) -> bool:
    """Say whether a text is what a page shows, whatever stands where something is left out."""
    pattern = re.escape(shown.rstrip()).replace(f"{LEFT_OUT}\\\n", "(?:.*\n)*?")
    pattern = pattern.replace(LEFT_OUT, ".*")
    lines = "\n".join(line.rstrip() for line in written.rstrip().splitlines())
    return re.fullmatch(pattern, lines) is not None
