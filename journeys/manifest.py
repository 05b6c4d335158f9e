"""What lies beside the state of a job: who wrote it and how, and who can go on from it.

A release reads what it wrote itself and what any release before it wrote. What a later one wrote is
refused by name, before the job that runs is stopped for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, ValidationError

from journeys.errors import CodecError, JourneyError
from journeys.formats import MANIFEST_VERSION, stored


class IncompatibleError(JourneyError):
    """A release cannot go on from the state that a job has left."""


class Manifest(BaseModel):
    """What a job's state was written by. What later releases add to it is no hindrance."""

    model_config = ConfigDict(frozen=True)

    v: int = MANIFEST_VERSION
    """Version of this shape."""
    release: str
    """Version of the package."""
    code: str
    """Digest of all code of the release: two builds of one version are not the same."""
    home: str
    """The folder that held the code, on the machine that submitted the job."""
    python: str
    """The interpreter that submitted the job, on that machine."""
    flink: str
    """Version of Flink."""
    formats: dict[str, int]
    """Kind of value to the version of the format that it is written in."""
    operators: list[str]
    """Identities of the operators that keep state."""
    parts: int
    """Flink's maximum parallelism: into how many parts people are divided for ever."""
    backend: str
    """Flink's state backend; a checkpoint, other than a savepoint, is read by the same one only."""

    @property
    def name(self) -> str:
        """The release, told from other builds of its version."""
        return f"{self.release} ({self.code})"


def dump_manifest(manifest: Manifest) -> str:
    """Write a manifest as text."""
    return manifest.model_dump_json(indent=2)


def load_manifest(text: str | bytes) -> Manifest:
    """Read a manifest.

    Raises:
        CodecError: the text is none.
        UnknownVersionError: a newer release wrote it.
    """
    try:
        return Manifest.model_validate(stored("manifest", text, MANIFEST_VERSION))
    except ValidationError as error:
        message = f"a stored manifest has not the shape of its version: {error}"
        raise CodecError(message) from error


def objections(found: Manifest, present: Manifest, *, checkpoint: bool = False) -> list[str]:
    """Say why a release cannot go on from a state, each reason in one line; nothing: it can."""
    return [
        *_newer_formats(found.formats, present.formats),
        *_other_operators(found.operators, present.operators),
        *_other_flink(found, present, checkpoint=checkpoint),
    ]


def _newer_formats(found: dict[str, int], known: dict[str, int]) -> Iterator[str]:
    for kind, version in sorted(found.items()):
        if kind not in known:
            yield f"it holds values of the kind '{kind}', which this release does not know"
        elif version > known[kind]:
            yield f"'{kind}' is in format {version}, and this release reads up to {known[kind]}"


def _other_operators(found: list[str], known: list[str]) -> Iterator[str]:
    for uid in sorted(set(found) - set(known)):
        yield f"it holds state of the operator '{uid}', which this release has not"


def _other_flink(found: Manifest, present: Manifest, *, checkpoint: bool) -> Iterator[str]:
    if _minor(found.flink) > _minor(present.flink):
        yield f"Flink {found.flink} wrote it, and here is Flink {present.flink}, which is older"
    if found.parts != present.parts:
        yield (
            f"people are divided into {found.parts} parts, and by this release into "
            f"{present.parts}: that can never change"
        )
    if checkpoint and found.backend != present.backend:
        yield (
            f"it is a checkpoint of the state backend '{found.backend}', and the settings say "
            f"'{present.backend}': only a savepoint goes from one to the other"
        )


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
