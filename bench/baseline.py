"""What a job of Flink SQL that the job is compared with is told."""

from __future__ import annotations

from pydantic import BaseModel

RAW, JSON_FILTER = "raw", "filter"


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
    parallelism: int
