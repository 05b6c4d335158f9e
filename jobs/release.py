"""The release that runs here, as the manifest beside a job's state names it."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

from jobs.job import PARTS
from journeys.formats import PRESENT
from journeys.manifest import Manifest

HOME = Path(__file__).parents[1]
"""The folder that holds the packages."""
STATEFUL = (
    "control-in",
    "dispatch",
    "events-in",
    "feedback-in",
    "headcount",
    "identities-in",
    "journey-engine",
    "nudges-in",
    "people",
    "places",
    "places-in",
    "presence",
    "profiles-in",
    "results-in",
    "tables-in",
    "trials",
)
"""Identities of what keeps state in the job that runs journeys; here too, as `jobs.topology` loads
PyFlink, which takes a second."""
PACKAGES = ("connectors", "jobs", "journeys", "operators")
_CODE = ("*.py", "*.java")


def manifest_of_this(backend: str) -> Manifest:
    """Give the manifest of what this release writes when it runs a job."""
    return Manifest(
        release=version("journeys"),
        code=code_in(HOME),
        home=str(HOME),
        python=sys.executable,
        flink=flink_version(),
        formats=PRESENT,
        operators=list(STATEFUL),
        parts=PARTS,
        backend=backend,
    )


def flink_version() -> str:
    """Give the version of the Flink that is installed here."""
    return version("apache-flink")


@cache
def code_in(home: Path) -> str:
    """Give a digest of all code of a release, empty where there is none."""
    found = (home / package for package in PACKAGES)
    files = sorted(file for of in found for kind in _CODE for file in of.rglob(kind))
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(home)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16] if files else ""
