"""Where the state of a job lies on this machine: savepoints and checkpoints, and the latest.

Beside each lies a manifest: in the folder of a savepoint, or in that of all checkpoints of a job.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from journeys.errors import CodecError
from journeys.manifest import (
    IncompatibleError,
    Manifest,
    dump_manifest,
    load_manifest,
    objections,
)

SAVEPOINTS = "savepoints"
CHECKPOINTS = "checkpoints"
MANIFEST = "manifest.json"
METADATA = "_metadata"
_MAGIC, _NEWEST_METADATA = 0x4960672D, 6
"""With what Flink begins the file, and its newest format that Flink 2.3 reads."""


def latest_state(folder: Path) -> str | None:
    """Find the latest savepoint or retained checkpoint; each is complete with its `_metadata`."""
    found = [*savepoints(folder), *(folder / CHECKPOINTS).glob(f"*/chk-*/{METADATA}")]
    if not found:
        return None
    return max(found, key=_written).parent.as_uri()


def savepoints(folder: Path) -> list[Path]:
    """Give the `_metadata` of every savepoint, the latest first."""
    return sorted((folder / SAVEPOINTS).glob(f"*/{METADATA}"), key=_written, reverse=True)


def is_checkpoint(state: str) -> bool:
    """Say whether a state is a checkpoint, which a job leaves that did not stop by itself."""
    return f"/{CHECKPOINTS}/" in state


def take_savepoint(place: Path, job: str, take: Callable[[str], str]) -> str:
    """Take a savepoint of a job into its folder, in whatever way, and lay its manifest into it."""
    taken = take((place / SAVEPOINTS).as_uri())
    manifest = manifest_beside(place / CHECKPOINTS / job)
    if manifest is not None:
        keep_manifest(path_of(taken), manifest)
    return taken


def keep_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest beside a job's checkpoints, or into a savepoint."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(dump_manifest(manifest), encoding="utf-8")


def manifest_beside(place: Path) -> Manifest | None:
    """Read what lies beside a state, or in the folder of a job's checkpoints; None: nothing does.

    Raises:
        CodecError: it cannot be read.
    """
    for folder in (place, place.parent):
        file = folder / MANIFEST
        if file.is_file():
            return load_manifest(file.read_bytes())
    return None


def path_of(state: str) -> Path:
    """Give where a state lies that is named by a path or by a `file:` address."""
    return Path(unquote(urlsplit(state).path)) if state.startswith("file:") else Path(state)


def require_readable(state: str, present: Manifest, advice: str = "") -> None:
    """Make sure that a release can go on from a savepoint or a checkpoint.

    What has no manifest was written by a release that wrote none yet: all these are read.

    Raises:
        IncompatibleError: it cannot; with every reason, and what to do.
    """
    place = path_of(state)
    reasons = _faults_of(place / METADATA)
    _require(place, present, reasons, advice, checkpoint=is_checkpoint(state))


def require_successor(job: Path, present: Manifest, advice: str = "") -> Manifest | None:
    """Make sure that a release can go on from where a job will stop, and give its manifest.

    Raises:
        IncompatibleError: it cannot; with every reason, and what to do.
    """
    return _require(job, present, [], advice)


def _require(
    place: Path, present: Manifest, reasons: list[str], advice: str, *, checkpoint: bool = False
) -> Manifest | None:
    found = None
    try:
        found = manifest_beside(place)
        if found is not None:
            reasons = [*reasons, *objections(found, present, checkpoint=checkpoint)]
    except CodecError as error:
        reasons = [*reasons, str(error)]
    if reasons:
        raise IncompatibleError(_refusal(place, found, present, reasons, advice))
    return found


def _refusal(
    place: Path, found: Manifest | None, present: Manifest, reasons: list[str], advice: str
) -> str:
    lines = "\n".join(f"  - {reason}" for reason in reasons)
    writer = "another release" if found is None else f"release {found.name}"
    return (
        f"release {present.name} cannot go on from the state in {place}, which {writer} wrote:\n"
        f"{lines}\nNothing was changed. Go on with the release that wrote it or a newer one{advice}"
    )


def _faults_of(metadata: Path) -> list[str]:
    """Say what is wrong with the begin of Flink's own file."""
    try:
        with metadata.open("rb") as file:
            magic, version = struct.unpack(">II", file.read(8))
    except OSError as error:
        return [f"{metadata} cannot be read: {error.strerror}"]
    except struct.error:
        return [f"{metadata} is not complete"]
    if magic != _MAGIC:
        return [f"{metadata} is no savepoint of Flink's"]
    if version > _NEWEST_METADATA:
        return [f"{metadata} is in Flink's format {version}, read are those up to 6"]
    return []


def _written(file: Path) -> int:
    return file.stat().st_mtime_ns
