"""What `journeys.yaml` at the root of a project says: everything that is no definition."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from connectors.channels.settings import ChannelSettings
from connectors.egress import AllowRule
from connectors.kafka.bootstrap import SaslSettings
from connectors.kafka.topics import Topics
from connectors.setting_types import SecretText
from journeys.alerts import AlertRules
from journeys.specification import Duration, Spec

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class ProfileSettings(Spec):
    """What is known of profiles."""

    payload_schema: str | None = Field(default=None, alias="schema")
    """A JSON Schema file of the project: expressions and templates are checked against it."""


class TlsSettings(Spec):
    """How connections to Kafka are closed to others; `{}` is enough."""

    ca_file: str | None = None
    """A file of certificates in PEM, from the project's folder on: who signs the brokers'. The
    system's own by default. It is read where a verb runs, and travels to the jobs as a text."""
    certificate: SecretText | None = None
    """A reference to the certificate that says who we are, with its chain, in PEM (mutual TLS)."""
    key: SecretText | None = None
    """A reference to its key, in PEM: PKCS #8, without a password."""

    @model_validator(mode="after")
    def _check(self) -> TlsSettings:
        _together("certificate", self.certificate, "key", self.key)
        return self


class LoginSettings(Spec):
    """As whom one role comes; what it does not say is as for all."""

    username: str | None = None
    """The user, by the mechanism of `kafka.sasl`; may be a reference to a secret."""
    password: SecretText | None = None
    """A reference to its password."""
    certificate: SecretText | None = None
    """A reference to its certificate, in PEM."""
    key: SecretText | None = None
    """A reference to the certificate's key."""

    @model_validator(mode="after")
    def _check(self) -> LoginSettings:
        _together("username", self.username, "password", self.password)
        _together("certificate", self.certificate, "key", self.key)
        return self


def _together(name: str, value: str | None, other: str, other_value: str | None) -> None:
    if (value is None) != (other_value is None):
        msg = f"{name} and {other} go together: give both or neither"
        raise ValueError(msg)


class RolesSettings(Spec):
    """Who comes to Kafka with a login of its own; all others come as the command line does."""

    job: LoginSettings | None = None
    """The job that runs journeys."""
    reporting: LoginSettings | None = None
    """The job that counts."""
    ingest: LoginSettings | None = None
    """`journeys ingest`, and the job that it starts."""
    receiver: LoginSettings | None = None
    """`journeys receive`."""


class KafkaSettings(Spec):
    """Which Kafka, and as whom we come there."""

    bootstrap: str | None = None
    """`bootstrap.servers` of a broker that runs already; without it `journeys run` starts one."""
    tls: TlsSettings | None = None
    """How connections are closed to others; without it they are in the clear."""
    sasl: SaslSettings | None = None
    """A name and a password, where the brokers ask for them."""
    roles: RolesSettings = RolesSettings()
    """Who has a login of its own."""

    @model_validator(mode="after")
    def _check(self) -> KafkaSettings:
        if self.bootstrap is None and (self.tls is not None or self.sasl is not None):
            msg = (
                "tls and sasl are for brokers that run elsewhere: name them in kafka.bootstrap; "
                "the one that `journeys run` starts asks nobody who he is"
            )
            raise ValueError(msg)
        if self.tls is None and self.sasl is not None and self.sasl.mechanism == "PLAIN":
            msg = "PLAIN never sends a password in the clear: write `tls: {}` too, or use SCRAM"
            raise ValueError(msg)
        for role, own in self.roles:
            if own is not None and own.username is not None and self.sasl is None:
                msg = f"roles.{role} has a username: kafka.sasl says by which mechanism"
                raise ValueError(msg)
            if own is not None and own.certificate is not None and self.tls is None:
                msg = f"roles.{role} has a certificate: write `tls: {{}}` too"
                raise ValueError(msg)
        return self

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
    spare_workers: Annotated[int, Field(ge=0, le=8)] = 1
    """TaskManagers of the local cluster that stand by: a killed worker's part of the job goes on
    there at once, and does not wait until another process is up."""
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
    optimize_for: Literal["start", "throughput"] = "start"
    """What Java does on the local cluster: compile quickly, for a job that starts often; or compile
    well, for one that runs for hours and has much to do, and is slower for its first minutes."""
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
    """Which Kafka, and as whom we come there."""
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
