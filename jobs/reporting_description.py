"""The description of the reporting job, as one JSON file. Knows no Flink."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from jobs.job import JobDescription
from journeys.alerts import AlertRules


class ReportingDescription(BaseModel):
    """What the job counts, and when it raises an alert."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: JobDescription
    """Name, topics, state and checkpoints; its journeys and channels are not looked at."""
    alerts: AlertRules
    """When an alert is raised."""
    complete: bool = True
    """Whether step events are on their topic since the very first. Else people may be inside of
    whom no entry can be counted: how many shows once the ledger has been still for a while."""
    without: str | None = None
    """Id of a step event that is left out of all counts, to see that the ledger tells of it."""

    @classmethod
    def read(cls, file: Path) -> ReportingDescription:
        """Read a description.

        Raises:
            pydantic.ValidationError: the file is no description; names every fault.
        """
        return cls.model_validate_json(file.read_bytes())
