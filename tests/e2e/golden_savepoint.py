"""Records a savepoint of this release, to be restored by every later one.

    python -m tests.e2e.golden_savepoint v1

A job runs the project beside it; people enter, wait, race, are moved, held and called for; then it
is stopped with a savepoint. Recorded once for each version of the stored formats, and never again.
"""

from __future__ import annotations

import socket
import sys
import tarfile
import tempfile
from pathlib import Path

from jobs.states import MANIFEST, keep_manifest
from journeys.manifest import load_manifest
from tests.e2e.rig import Rig, wait_until

SAVEPOINTS = Path(__file__).parents[1] / "golden" / "savepoints"
ARCHIVE = "savepoint.tar.xz"
PATIENCE_S = 120
PEOPLE = ["waiting", "racing", "moving", "parked", "calling", "scarce", "once", "loyal", "tried"]
"""Each is inside the journey of their name, but for `once`, who has left it, and `loyal`, who has
bought two of three things."""


def main() -> None:
    version = SAVEPOINTS / sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="journeys-golden-") as name:
        rig = Rig(Path(name), version / "project")
        try:
            record(rig)
            pack(rig.folder / ".journeys" / "savepoints", version / ARCHIVE)
        finally:
            rig.stop()


def record(rig: Rig) -> None:
    """Bring everybody to where they stand in the savepoint, and take it."""
    definitions = rig.folder / "definitions.yaml"
    latest = definitions.read_text()
    definitions.write_text(earlier(latest))
    rig.start()
    rig.send([("profiles", person, {"name": person.title()}) for person in PEOPLE])
    send(rig, "racing", "moving", "scarce", "once", "tried", "parked")
    for number in range(2):
        bought = {"eventType": "golden.purchase", "_id": f"bought-{number}", "total": 9}
        rig.send([("events", "loyal", bought)])
    until(rig, ("parked", "waiting"), ("moving", "waiting"), ("once", "completed"))
    rig.journeys("pause", "parked", "--project", str(rig.folder))
    definitions.write_text(latest)
    rig.journeys("publish", str(rig.folder))
    until(rig, ("moving", "moved_in"), ("parked", "held"), ("scarce", "waiting"))
    port = rig.receivers.smtp_port
    rig.receivers.stop()
    # A server that says nothing: the call is still under way when the savepoint is taken.
    with socket.create_server(("127.0.0.1", port)):
        send(rig, "waiting", "calling")
        until(rig, ("waiting", "waiting"), ("calling", "requested"), ("tried", "waiting"))
        rig.journeys("down", str(rig.folder))


def earlier(definitions: str) -> str:
    """Give the project before its journey `moving` had a second version."""
    second = "version: 2\ntimeout: P3660D\nin_flight: move\nmap: { pause: rest }"
    assert second in definitions
    before = definitions.replace(second, "version: 1\ntimeout: P3660D")
    return before.replace("rest: { wait", "pause: { wait")


def send(rig: Rig, *people: str, when: str = "before") -> None:
    """Let each begin the journey of their name; the job must not know the places of events."""
    for person in people:
        event = {"eventType": f"golden.{person}", "_id": f"{person}-{when}"}
        rig.send([("events", person, event)])


def until(rig: Rig, *expected: tuple[str, str]) -> None:
    """Wait until step events have been told: person and outcome."""

    def told() -> bool:
        seen = {(e["profile_id"], e["outcome"]) for e in rig.read("step-events")}
        return seen.issuperset(expected)

    wait_until(told, PATIENCE_S, str(expected))


def pack(folder: Path, archive: Path) -> None:
    """Write a savepoint as an archive that is the same for the same content."""
    (savepoint,) = folder.iterdir()
    written_by = load_manifest((savepoint / MANIFEST).read_bytes())
    nowhere = {"home": "/nowhere", "python": "/nowhere/python"}
    keep_manifest(savepoint, written_by.model_copy(update=nowhere))
    with tarfile.open(archive, "w:xz") as packed:
        for file in sorted(savepoint.rglob("*")):
            packed.add(file, file.relative_to(savepoint), filter=_anonymous)


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def unpack(archive: Path, folder: Path) -> None:
    """Put a savepoint where the next start of a job looks for it."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder / "savepoint-golden", filter="data")


if __name__ == "__main__":
    main()
