"""What `journeys.yaml` at the root of a project says: everything that is no definition."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from connectors.channels.settings import ChannelSettings
from connectors.egress import AllowRule
from connectors.kafka.topics import Topics
from journeys.alerts import AlertRules
from journeys.specification import Duration, Spec

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class ProfileSettings(Spec):
    """What is known of profiles."""

    payload_schema: str | None = Field(default=None, alias="schema")
    """A JSON Schema file of the project: expressions and templates are checked against it."""


class KafkaSettings(Spec):
    """Which Kafka."""

    bootstrap: str | None = None
    """`bootstrap.servers` of a broker that runs already; without it `journeys run` starts one."""

    @property
    def is_local(self) -> bool:
        """Whether every broker runs on this machine."""
        servers = (self.bootstrap or "localhost").split(",")
        hosts = (urlsplit(f"//{server.strip()}").hostname for server in servers)
        return all(host in _THIS_MACHINE for host in hosts)


class RunSettings(Spec):
    """How the job runs."""

    parallelism: Annotated[int, Field(ge=1, le=128)] = 2
    """Subtasks, and TaskManagers of one slot each: one Python interpreter has one lock."""
    state_backend: Literal["rocksdb", "hashmap"] = "rocksdb"
    """Where Flink keeps state: on disk, or in memory."""
    checkpoint_interval: Annotated[Duration, Field(ge=100)] = 1_000
    """Step events become visible to `read_committed` readers at this pace."""
    pass_by: bool = True
    """Whether events of types that no `event` of the project names are counted by Flink alone and
    cost next to nothing; to listen to one more type, `journeys publish` starts the job anew from a
    savepoint."""
    start: Literal["earliest", "latest"] = "earliest"
    """Where a job that starts without a savepoint begins to read events."""
    metrics_port: Annotated[int, Field(ge=1024, le=65_000)] | None = None
    """Where the JobManager of the local cluster answers Prometheus; TaskManagers take the ports
    after it. Flink listens there on every address of the machine, so by default nobody does."""


Percent = Annotated[float, Field(gt=0, le=100)]


class AlertSettings(Spec):
    """When somebody is alerted; `null` turns an alert off."""

    window: Annotated[Duration, Field(ge=60_000)] = 300_000
    """Over which rates are taken; in whole minutes."""
    least: Annotated[int, Field(ge=1)] = 10
    """Of fewer calls or people in that time no rate is taken."""
    action_error_rate: Percent | None = 20
    """Percent of an action's calls that end as `error` or `timeout`."""
    profile_error_rate: Percent | None = 20
    """Percent of people whose walks end as `failed`."""
    discard_rate: Percent | None = 20
    """Percent of those who come and are not let in, for other reasons than a condition."""
    capping: bool = True
    """Whether calls that were not made are told, because their endpoint may be asked no more."""
    nothing_entering: Duration | None = 86_400_000
    """How long nobody enters a live journey that people had entered before."""
    entries_per_minute: Annotated[int, Field(ge=1)] | None = None
    """How many may enter a journey in a minute. When more do, the journey is paused by itself."""
    ledger: Annotated[Duration, Field(ge=10_000)] = 60_000
    """How long people may be missing before it is told; at least five times as long as between
    two checkpoints, as step events are seen with them."""

    def rules(self, checkpoint_ms: int) -> AlertRules:
        """Give them as the reporting job takes them."""
        return AlertRules(
            window_ms=self.window,
            least=self.least,
            action_errors=self.action_error_rate,
            profile_errors=self.profile_error_rate,
            discards=self.discard_rate,
            capping=self.capping,
            nothing_entering_ms=self.nothing_entering,
            entries_per_minute=self.entries_per_minute,
            drift_ms=max(self.ledger, 5 * checkpoint_ms),
        )


class ReportingSettings(Spec):
    """What is told of people, and whether it is counted."""

    counts: bool = True
    """Whether a second job counts what becomes of people, keeps the ledger and raises alerts; on
    this machine it takes a TaskManager of its own."""
    answers: Literal["values", "names"] = "values"
    """What `journeys trace --values` and `journeys why` are told of attributes: their values, or
    only their names. Answers lie on the topic `answers` for an hour."""
    inputs: bool = False
    """Whether step events tell what the conditions that decided them have read: values of profiles
    and events, which are personal data."""


class Settings(Spec):
    """All settings of a project, with their defaults."""

    name: Name = "journeys"
    """Name of the job in Flink, and part of Kafka group and transaction ids."""
    profile: ProfileSettings = ProfileSettings()
    """What is known of profiles."""
    kafka: KafkaSettings = KafkaSettings()
    """Which Kafka."""
    topics: Topics = Topics()
    """How topics are named and cut."""
    channels: ChannelSettings = ChannelSettings()
    """How actions leave."""
    job: RunSettings = RunSettings()
    """How the job runs."""
    alerts: AlertSettings = AlertSettings()
    """When somebody is alerted."""
    reporting: ReportingSettings = ReportingSettings()
    """What is told of people, and whether it is counted."""

    @model_validator(mode="after")
    def _keep_own_machine_closed(self) -> Settings:
        """Beside a broker on another machine, this is no development machine any more."""
        if self.kafka.is_local:
            return self
        for rule in self.channels.egress_allow:
            if AllowRule.parse(rule).is_own_machine:
                msg = (
                    f"channels.egress_allow opens this machine itself by {rule!r}, and "
                    f"kafka.bootstrap names a broker on another: calls to one's own machine are "
                    f"for development; remove the rule"
                )
                raise ValueError(msg)
        return self
