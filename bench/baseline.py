"""What a job of Flink SQL that the job is compared with is told."""

from __future__ import annotations

from pydantic import BaseModel

RAW, JSON_FILTER = "raw", "filter"
COPY = "copy"
"""Not compared with: it writes all that lies on a topic to it once more, for other people."""


class Baseline(BaseModel):
    """A job to compare with."""

    kind: str
    bootstrap: str
    source: str
    sink: str
    types: list[str]
    """Those that the filter lets pass."""
    checkpoint_folder: str
    checkpoint_ms: int
    mark: str = ""
    """What a copy puts before each id, of events and of people."""
    parallelism: int
