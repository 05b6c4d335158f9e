"""The programs that must be on the machine: a Java runtime, and Maven where jars are missing."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from connectors.embedded.errors import EmbeddedError

OLDEST_JAVA = 17
"""Kafka 4 brokers need 17."""

NEWEST_JAVA = 21
"""Flink 2.3 is released for 11, 17 and 21; from 24 on it cannot start."""

INSTALL_LINE = (
    "apt-get update && apt-get install -y --no-install-recommends openjdk-17-jdk-headless maven"
)

_HOW_TO_INSTALL = (
    f"On Debian or Ubuntu run as root:\n\n    {INSTALL_LINE}\n\n"
    f"or `sh connectors/embedded/install-toolchain.sh`, which does the same."
)


def find_java() -> Path:
    """Return the Java program to start servers with: of JAVA_HOME if set, else the one on PATH.

    Raises:
        EmbeddedError: there is none, or its version is not one that Kafka and Flink both run on.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if found is None:
        place = f"in JAVA_HOME, which is {home}" if home else "on PATH, and JAVA_HOME is not set"
        message = f"no `java` {place}: the local broker and cluster need a JDK. {_HOW_TO_INSTALL}"
        raise EmbeddedError(message)
    version = _java_version(found)
    if not OLDEST_JAVA <= version <= NEWEST_JAVA:
        message = (
            f"{found} is Java {version}, but Kafka and Flink together run on Java {OLDEST_JAVA} to "
            f"{NEWEST_JAVA}: set JAVA_HOME to such a JDK. {_HOW_TO_INSTALL}"
        )
        raise EmbeddedError(message)
    return Path(found)


def find_maven() -> Path:
    """Return the Maven program.

    Raises:
        EmbeddedError: there is none on PATH.
    """
    found = shutil.which("mvn")
    if found is None:
        message = (
            "there is no `mvn` on PATH: Apache Maven fetches the Kafka broker and Flink's Kafka "
            f"connector, once. {_HOW_TO_INSTALL}"
        )
        raise EmbeddedError(message)
    return Path(found)


@functools.cache
def _java_version(java: str) -> int:
    """Ask the program itself; `17.0.15` and `21` are in use, `1.8.0_402` is the old form of 8."""
    answer = subprocess.run(  # noqa: S603 - the program found above, with a fixed argument
        [java, "-version"], capture_output=True, text=True, check=False, timeout=60
    )
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    if found is None:
        message = f"`{java} -version` did not tell a version; it wrote: {answer.stderr.strip()!r}"
        raise EmbeddedError(message)
    return int(found[1])
