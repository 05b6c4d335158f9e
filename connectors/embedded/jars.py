"""Fetch, check and find the Java archives of the broker and of Flink's Kafka connector.

Run as a program it fetches them and writes their checksums, for `jars.sha256`:

    python -m connectors.embedded.jars > connectors/embedded/jars.sha256
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from connectors.embedded import toolchain
from connectors.embedded.errors import EmbeddedError

_HERE = Path(__file__).parent
_FETCH_TIMEOUT_S = 900

Progress = Callable[[str], None]
"""Told in one line what takes long now."""


@dataclass(frozen=True, slots=True)
class Jars:
    """Where the archives lie, each checked when it was fetched."""

    kafka: tuple[Path, ...]
    connector: Path


@dataclass(frozen=True, slots=True)
class JarList:
    """What to fetch, what it must be, and the folder under which it is kept."""

    pom: Path = _HERE / "pom.xml"
    checksums: Path = _HERE / "jars.sha256"
    home: Path = Path(sys.prefix) / "share" / "journeys"

    def folder(self) -> Path:
        """Return the folder of exactly this list; another list has another folder."""
        content = self.pom.read_bytes() + self.checksums.read_bytes()
        return self.home / f"jars-{hashlib.sha256(content).hexdigest()[:12]}"


def silent(_: str) -> None:
    """Be a progress that says nothing."""


def ensure_jars(progress: Progress = silent, wanted: JarList | None = None) -> Jars:
    """Return the jars, fetched with Maven the first time and found in place from then on.

    Raises:
        EmbeddedError: Java or Maven is missing, the download failed, or a jar is not the one
            that the checksums name. Nothing is left behind then.
    """
    wanted = wanted or JarList()
    folder = wanted.folder()
    if not folder.is_dir():
        _fetch_into(folder, wanted, progress)
    (connector,) = (folder / "connector").glob("*.jar")
    return Jars(tuple(sorted((folder / "kafka").glob("*.jar"))), connector)


def verify(folder: Path, checksums: str) -> None:
    """Compare the jars below a folder with lines as `sha256sum` writes them.

    Raises:
        EmbeddedError: a jar differs, is missing, or is not in the list.
    """
    expected = {name: digest for digest, name in map(str.split, checksums.splitlines())}
    found = digests(folder)
    faults = [
        *(f"{name} is missing" for name in sorted(expected.keys() - found.keys())),
        *(f"{name} is not in the list" for name in sorted(found.keys() - expected.keys())),
        *(
            f"{name} has sha256 {found[name]}, expected {expected[name]}"
            for name in sorted(expected.keys() & found.keys())
            if found[name] != expected[name]
        ),
    ]
    if faults:
        message = (
            "the fetched jars are not those of jars.sha256, so none is used:\n  "
            + "\n  ".join(faults)
            + "\nIf the pom was changed on purpose, write the list anew: "
            "`python -m connectors.embedded.jars > connectors/embedded/jars.sha256`. Otherwise "
            "remove the jars named above from the local Maven repository and run this again."
        )
        raise EmbeddedError(message)


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every jar below a folder, by its path there."""
    return {
        jar.relative_to(folder).as_posix(): hashlib.sha256(jar.read_bytes()).hexdigest()
        for jar in sorted(folder.rglob("*.jar"))
    }


def _fetch_into(folder: Path, wanted: JarList, progress: Progress) -> None:
    wanted.home.mkdir(parents=True, exist_ok=True)
    # Beside its goal, so that the move at the end is one rename.
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=wanted.home) as scratch:
        fetched = Path(scratch) / "jars"
        _run_maven(wanted.pom, fetched, progress)
        progress("Checking the jars")
        verify(fetched, wanted.checksums.read_text(encoding="utf-8"))
        try:
            fetched.rename(folder)
        except OSError:
            # Another process may have been faster; its jars were checked just the same.
            if not folder.is_dir():
                raise


def _run_maven(pom: Path, folder: Path, progress: Progress) -> None:
    toolchain.find_java()
    maven = toolchain.find_maven()
    progress("Fetching the Kafka broker and Flink's Kafka connector with Maven, once (50 MB)")
    options = ["--quiet", "--batch-mode", "-Dstyle.color=never", f"-Djars.folder={folder}"]
    ended = subprocess.run(  # noqa: S603 - Maven as found on PATH, with arguments of our own
        [maven, *options, "--file", pom, "package"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_FETCH_TIMEOUT_S,
    )
    if ended.returncode != 0:
        said = "\n".join(ended.stdout.strip().splitlines()[:12])
        message = (
            f"Maven could not fetch the jars named in {pom} (exit code {ended.returncode}). Where "
            f"this machine needs a proxy or mirror, ~/.m2/settings.xml names it. It said:\n{said}"
        )
        raise EmbeddedError(message)


def main() -> None:
    """Fetch the jars into a scratch folder and write their checksums to standard output."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _run_maven(JarList().pom, folder, silent)
        sys.stdout.writelines(f"{digest}  {name}\n" for name, digest in digests(folder).items())


if __name__ == "__main__":
    main()
