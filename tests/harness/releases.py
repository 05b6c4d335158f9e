"""Other releases than this one: what they say of themselves; and code, changed in one place."""

from __future__ import annotations

import shutil
from pathlib import Path

from jobs.release import HOME, PACKAGES
from journeys.formats import PRESENT
from journeys.manifest import Manifest

PLAIN = Manifest(
    release="1.0",
    code="c0de",
    home="/opt/journeys",
    python="/opt/python",
    flink="2.3.0",
    formats=PRESENT,
    operators=["dispatch", "events-in", "journey-engine"],
    parts=128,
    backend="rocksdb",
)


def manifest(**other: object) -> Manifest:
    """Make the manifest of a release."""
    return PLAIN.model_copy(update=other)


def newer_release(folder: Path) -> Path:
    """Make a release whose format of a person's state is one version ahead."""
    return _changed(
        folder,
        "journeys/formats.py",
        ("STATE_VERSION = 4", "STATE_VERSION = 5"),
        ("state_from_2, state_from_3],", "state_from_2, state_from_3, lambda v: {**v, 'v': 5}],"),
    )


def broken_release(folder: Path) -> Path:
    """Make a release whose job fails whenever it begins."""
    broken = '        raise RuntimeError("this release cannot begin")\n'
    place = "        self._person = runtime_context.get_state(PERSON)\n"
    return _changed(folder, "operators/journey_function.py", (place, broken + place))


def _changed(folder: Path, file: str, *changes: tuple[str, str]) -> Path:
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(HOME / package, folder / package, ignore=ignored)
    text = (folder / file).read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / file).write_text(text, encoding="utf-8")
    return folder
