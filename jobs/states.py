"""Where the state of a job lies on this machine: savepoints and checkpoints, and the latest."""

from __future__ import annotations

from pathlib import Path

SAVEPOINTS = "savepoints"
CHECKPOINTS = "checkpoints"


def latest_state(folder: Path) -> str | None:
    """Find the latest savepoint or retained checkpoint; each is complete with its `_metadata`."""
    places = (f"{SAVEPOINTS}/*/_metadata", f"{CHECKPOINTS}/*/chk-*/_metadata")
    found = [file for place in places for file in folder.glob(place)]
    if not found:
        return None
    return max(found, key=lambda file: file.stat().st_mtime_ns).parent.as_uri()
