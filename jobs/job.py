"""The job's own description: everything `jobs.orchestrate` needs, as one JSON file.

`journeys run` writes it from a project; a data engineer can write it by hand and submit the job to
any Flink cluster. It holds no secret: channels carry references that the worker resolves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.channels.settings import ChannelSettings
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.topics import Topics

WITHOUT = Path(__file__).with_name("without")
"""What Python finds before other packages, when it submits a job and in TaskManagers, so that these
are not loaded."""
PARTS = 128
"""Into how many parts Flink divides people, for as long as their state lives."""


class Said(BaseModel):
    """A command of the control topic."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    offset: Annotated[int, Field(ge=0)]
    """Where it lies on the topic."""
    text: str
    """The record's value."""


class JobDescription(BaseModel):
    """Where the job reads and writes, how it keeps state, and what it runs from the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """Shown by Flink, and part of Kafka group and transaction ids: two jobs need two names."""
    bootstrap: Bootstrap
    """Kafka's `bootstrap.servers`; where it asks who comes, `servers` with `tls` and `sasl`."""
    topics: Topics = Topics()
    channels: ChannelSettings = ChannelSettings()
    control: list[Said] = Field(default_factory=list)
    """What lies on the control topic already, so that no event is judged before its plan has come.
    The topic itself is read too: leaving this empty only gives up that order."""
    enters_from: Annotated[int, Field(ge=0)] = 0
    """Entries that were asked for before this offset of the control topic are over. A job that
    begins anew makes none that were asked for before; one that goes on from a savepoint or
    checkpoint makes those of meanwhile."""
    after_failure: bool = False
    """Whether it goes on from the state of a job: calls that were under way there may have ended
    since, and are held until it is known which."""
    tables_until: Annotated[int, Field(ge=0)] = 0
    """Whoever looks something up in a table waits until the job has read the topic `tables` up to
    this offset: no row that was sent before the job began is missed."""
    tell_values: bool = True
    """Whether whoever asks about a person may be told values of attributes, not their names only.
    """
    event_types: list[str] | None = None
    """Types of events that may be listened to: those of others are counted and go no further than
    the JVM; None: all go on."""
    tell_inputs: bool = False
    """Whether step events tell what the conditions that decided them have read."""
    jars: list[str] = Field(default_factory=list)
    """The Kafka connector and flink-python, where the cluster has them not on its class path."""
    checkpoint_folder: str
    """A folder or URL that every worker reaches."""
    checkpoint_interval_ms: Annotated[int, Field(ge=100)] = 1_000
    """Step events become visible to `read_committed` readers at this pace."""
    state_backend: Literal["rocksdb", "hashmap"] = "rocksdb"
    parallelism: Annotated[int, Field(ge=1, le=PARTS)] = 1
    start: Literal["earliest", "latest"] = "earliest"
    """Where a job without a savepoint begins to read events."""

    @classmethod
    def read(cls, file: Path) -> JobDescription:
        """Read a description.

        Raises:
            pydantic.ValidationError: the file is no description; names every fault.
        """
        return cls.model_validate_json(file.read_bytes())
