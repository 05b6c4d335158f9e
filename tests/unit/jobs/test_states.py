"""Where state lies, what lies beside it, and what is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from jobs.states import (
    CHECKPOINTS,
    MANIFEST,
    SAVEPOINTS,
    keep_manifest,
    manifest_beside,
    path_of,
    require_readable,
    require_successor,
    take_savepoint,
)
from journeys.formats import PRESENT
from journeys.manifest import IncompatibleError
from tests.harness.releases import PLAIN, manifest

FLINK = struct.pack(">II", 0x4960672D, 6)
NEWER = manifest(release="2.0", formats={**PRESENT, "state": 99})


def saved(folder: Path, metadata: bytes = FLINK) -> Path:
    folder.mkdir(parents=True)
    (folder / "_metadata").write_bytes(metadata)
    return folder


def test_a_savepoint_takes_the_manifest_of_its_job_with_it(tmp_path: Path) -> None:
    keep_manifest(tmp_path / CHECKPOINTS / "job", PLAIN)
    taken = saved(tmp_path / SAVEPOINTS / "savepoint-1")
    asked: list[str] = []

    def take(folder: str) -> str:
        asked.append(folder)
        return taken.as_uri()

    take_savepoint(tmp_path, "job", take)
    assert asked == [(tmp_path / SAVEPOINTS).as_uri()]
    assert manifest_beside(taken) == PLAIN
    require_readable(taken.as_uri(), PLAIN)


def test_a_checkpoint_has_the_manifest_of_its_job(tmp_path: Path) -> None:
    keep_manifest(tmp_path / CHECKPOINTS / "job", NEWER)
    checkpoint = saved(tmp_path / CHECKPOINTS / "job" / "chk-7")
    with pytest.raises(IncompatibleError, match="'state' is in format 99"):
        require_readable(checkpoint.as_uri(), PLAIN)
    with pytest.raises(IncompatibleError, match="'state' is in format 99"):
        require_successor(checkpoint.parent, PLAIN)


def test_a_refusal_says_what_is_wrong_where_and_what_to_do(tmp_path: Path) -> None:
    savepoint = saved(tmp_path / "with space")
    keep_manifest(savepoint, NEWER)
    with pytest.raises(IncompatibleError) as refused:
        require_readable(savepoint.as_uri(), PLAIN, ", or see a doctor")
    assert str(refused.value) == (
        f"release 1.0 (c0de) cannot go on from the state in {savepoint}, which release 2.0 (c0de) "
        f"wrote:\n  - 'state' is in format 99, and this release reads up to {PRESENT['state']}\n"
        "Nothing was changed. Go on with the release that wrote it or a newer one, or see a doctor"
    )


def test_what_an_early_release_left_without_a_manifest_is_read(tmp_path: Path) -> None:
    require_readable(saved(tmp_path / "savepoint").as_uri(), PLAIN)
    assert require_successor(tmp_path / CHECKPOINTS / "job", PLAIN) is None


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        (b"", "is not complete"),
        (b"PK\x03\x04....", "is no savepoint of Flink's"),
        (struct.pack(">II", 0x4960672D, 7), "is in Flink's format 7, read are those up to 6"),
    ],
)
def test_what_flink_cannot_read_is_refused_too(tmp_path: Path, metadata: bytes, said: str) -> None:
    savepoint = saved(tmp_path / "savepoint", metadata)
    with pytest.raises(IncompatibleError, match=said):
        require_readable(savepoint.as_uri(), PLAIN)


def test_a_folder_without_state_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IncompatibleError, match="_metadata cannot be read: No such file"):
        require_readable(tmp_path.as_uri(), PLAIN)


def test_a_manifest_of_a_form_that_is_not_known_is_refused(tmp_path: Path) -> None:
    savepoint = saved(tmp_path / "savepoint")
    (savepoint / MANIFEST).write_text('{"v": 2}', encoding="utf-8")
    with pytest.raises(IncompatibleError, match="a stored manifest has format version 2"):
        require_readable(savepoint.as_uri(), PLAIN)


def test_a_state_is_named_by_a_path_or_an_address(tmp_path: Path) -> None:
    place = tmp_path / "with space"
    assert path_of(place.as_uri()) == path_of(str(place)) == place
