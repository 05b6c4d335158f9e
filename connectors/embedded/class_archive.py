"""Archives of Java classes, with which Flink's processes start sooner.

A process that finds no archive of its kind notes what one would hold; when the cluster is stopped,
Java writes it (application class data sharing, JDK 17). Whoever starts later maps it into memory
instead of reading and checking each class: a worker that was killed ran again after 13 s instead of
17 (`bench/recovery.py`, three kills each, one after the other).

Nothing depends on them. Java refuses an archive that is not of this Java and of these jars, and
goes on without; a runtime that has no `jcmd` writes none.
"""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_HOME = Path(sys.prefix) / "share" / "journeys"
_WRITE_S = 60
"""After that a cluster is stopped without; on two cores that are busy it takes ten."""


@dataclass(frozen=True, slots=True)
class ClassArchive:
    """Where the classes of one kind of process lie, or will."""

    file: Path

    @classmethod
    def of(cls, kind: str, java: Path, jars: Sequence[Path], home: Path = _HOME) -> ClassArchive:
        """Name the archive of a kind of process: other jars, or another Java, have another one."""
        parts = [(part, part.stat()) for part in (java.resolve(), *jars)]
        told = [f"{part} {stat.st_size} {stat.st_mtime_ns}" for part, stat in parts]
        digest = hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]
        return cls(home / f"classes-{digest}" / f"{kind}.jsa")

    @property
    def is_written(self) -> bool:
        """Say whether it can be used."""
        return self.file.is_file()

    @property
    def options(self) -> tuple[str, ...]:
        """Return the options of Java to use it, or to note what it is to hold."""
        if self.is_written:
            return (f"-XX:SharedArchiveFile={self.file}",)
        return ("-XX:+RecordDynamicDumpInfo",)


def write(java: Path, pids: Mapping[ClassArchive, int]) -> None:
    """Let processes that were started for it write archives, all at once, and wait for them.

    What fails leaves nothing behind.
    """
    with contextlib.suppress(OSError), contextlib.ExitStack() as ends:
        writing = []
        for archive, pid in pids.items():
            archive.file.parent.mkdir(parents=True, exist_ok=True)
            scratch = archive.file.with_suffix(f".{pid}")
            ends.callback(scratch.unlink, missing_ok=True)
            program = str(java.resolve().with_name("jcmd"))
            asked = subprocess.Popen(  # noqa: S603  # Java's own program, with arguments of ours
                [program, str(pid), "VM.cds", "dynamic_dump", str(scratch)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            ends.callback(_end, asked)
            writing.append((asked, scratch, archive.file))
        for asked, scratch, file in writing:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if asked.wait(_WRITE_S) == 0 and scratch.is_file():
                    scratch.replace(file)


def _end(asked: subprocess.Popen[bytes]) -> None:
    if asked.poll() is None:
        asked.kill()
    asked.wait()
