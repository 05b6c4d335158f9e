"""Whether everything that a project's journeys need is there and well: what `journeys doctor` says.

Each check looks at one thing and gives one or more verdicts. A check that cannot look says so, and
the others go on.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from connectors.kafka.admin import Described, describe, lag, missing
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import ends, read_topic
from connectors.kafka.opening import AccessError
from connectors.kafka.privileges import Role
from connectors.kafka.topics import CATALOGUE, MAX_RECORD_BYTES, Topic, Topics
from connectors.secrets import UnknownSecretError
from jobs import local
from jobs.asking import ask
from jobs.flink_rest import answer_of, running_job
from jobs.folder import Folder
from jobs.logins import needed, own_login

SKEW_WARN_S, SKEW_FAIL_S = 2.0, 30.0
LAG_WARN, LAG_FAIL = 10_000, 1_000_000
"""Records that the job may be behind."""
DISK_WARN, DISK_FAIL = 0.10, 0.02
"""Part of the disk that must be free."""
CHECKPOINTS_WARN, CHECKPOINTS_FAIL = 10, 60
"""Intervals, and at least so many seconds, that the latest checkpoint may be old."""
SOURCES = ("events", "profiles", "feedback", "results", "nudges", "identities", "control")
"""Topics that the job reads, of which it is asked how far it is behind."""
_NOBODY = "journeys.doctor"
"""A person who is not: what the job answers of them tells that it answers."""


class Level(StrEnum):
    """How well something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Verdict:
    """What one check says of one thing."""

    level: Level
    what: str
    said: str
    advice: str | None = None
    """What to do, where it is not well."""


Check = Callable[[], Iterator[Verdict]]


@dataclass(frozen=True)
class Patient:
    """What is looked at."""

    folder: Folder
    bootstrap: Bootstrap
    rest_url: str | None
    """None: no cluster of the project is known here."""

    @property
    def topics(self) -> Topics:
        """How topics are named."""
        return self.folder.settings.topics


def examine(patient: Patient) -> Iterator[Verdict]:
    """Check everything, one thing after the other."""
    checks: Mapping[str, Check] = {
        "broker": lambda: _topics(patient),
        "permissions": lambda: _permissions(patient),
        "cluster": lambda: _cluster(patient),
        "job": lambda: _job(patient),
        "lag": lambda: _lag(patient),
        "answers": lambda: _answers(patient),
        "endpoints": lambda: _metrics(patient),
        "disk": lambda: iter([disk(patient.folder.path)]),
    }
    for name, check in checks.items():
        try:
            yield from check()
        except Exception as error:  # what cannot be looked at must not hide the rest
            said = f"cannot be looked at: {type(error).__name__}: {error}"
            yield Verdict(Level.FAIL, name, said.strip(), _UNREACHED.get(name))


_UNREACHED = {
    "broker": "start the broker (`journeys run`), or mend `kafka.bootstrap`",
    "cluster": "`journeys run` starts a cluster and the job",
    "job": "`journeys run` starts the job",
    "answers": "look whether the job runs, and how far it is behind",
}


# Kafka.


def _topics(patient: Patient) -> Iterator[Verdict]:
    found = describe(patient.bootstrap)
    yield Verdict(Level.OK, "broker", f"{patient.bootstrap} answers; brokers: {found.brokers}")
    faults = 0
    for topic in CATALOGUE:
        for verdict in topic_faults(topic, patient.topics, found):
            faults += 1
            yield verdict
    if not faults:
        yield Verdict(Level.OK, "topics", f"all {len(CATALOGUE)} are there, as they must be")


def _permissions(patient: Patient) -> Iterator[Verdict]:
    """Look at who runs this, and at each role that has a login of its own."""
    kafka = patient.folder.settings.kafka
    for role in Role:
        if role is Role.COMMAND_LINE or own_login(kafka, role) is not None:
            yield from permissions(patient.folder, role)


def permissions(folder: Folder, role: Role) -> Iterator[Verdict]:
    """Log in as a role, and say what it lacks."""
    try:
        lacking = missing(local.bootstrap_of(folder, role), needed(folder, role))
    except UnknownSecretError as error:
        advice = f"look where its secrets are: `journeys doctor --as {role}`"
        yield Verdict(Level.WARN, "permissions", f"{role}: not known from here: {error}", advice)
        return
    except AccessError as error:
        yield Verdict(Level.FAIL, "permissions", f"{role}: {error}", _UNREACHED["broker"])
        return
    if not lacking:
        yield Verdict(Level.OK, "permissions", f"{role}: may do all that it needs")
        return
    said = f"{role}: lacks {', '.join(map(str, lacking))}"
    advice = f"`journeys doctor --acls --as {role}` gives what an administrator runs"
    yield Verdict(Level.FAIL, "permissions", said, advice)


def topic_faults(topic: Topic, topics: Topics, found: Described) -> Iterator[Verdict]:
    """Say what is not as it must be of one topic."""
    name = topics.full(topic.name)
    if name not in found.partitions:
        advice = "`journeys run` and `journeys publish` create what is missing"
        yield Verdict(Level.FAIL, "topics", f"{name} is missing", advice)
        return
    count, settings = found.partitions[name], found.settings.get(name, {})
    if topic.single_partition and count != 1:
        advice = "its order is the order of what is said: make it anew with one partition"
        yield Verdict(Level.FAIL, "topics", f"{name} has {count} partitions, not one", advice)
    if topic.compacted and "compact" not in settings.get("cleanup.policy", ""):
        advice = f"set its cleanup.policy to compact: of {name} the last record of each key counts"
        yield Verdict(Level.FAIL, "topics", f"{name} is not compacted", advice)
    if int(settings.get("max.message.bytes", MAX_RECORD_BYTES)) < MAX_RECORD_BYTES:
        advice = f"set its max.message.bytes to {MAX_RECORD_BYTES}: too large records are then told"
        yield Verdict(Level.WARN, "topics", f"{name} refuses records that the job reports", advice)
    kept = settings.get("retention.ms")
    if topic.kept_ms is not None and kept != str(topic.kept_ms):
        advice = f"set its retention.ms to {topic.kept_ms}"
        yield Verdict(Level.WARN, "topics", f"{name} is kept for {kept} ms", advice)


def _lag(patient: Patient) -> Iterator[Verdict]:
    for source in SOURCES:
        group, topic = patient.folder.settings.name, patient.topics.full(source)
        if any(ends(patient.bootstrap, topic).values()):
            yield lag_verdict(source, lag(patient.bootstrap, group, topic))


def lag_verdict(source: str, behind: int | None) -> Verdict:
    """Judge how far the job is behind on a topic."""
    what = f"lag {source}"
    if behind is None:
        advice = "the job has told Kafka nothing yet: look again in ten seconds"
        return Verdict(Level.WARN, what, "not known", advice)
    said = f"{behind:,} records since the latest checkpoint"
    advice = "give the job more parallelism (`job.parallelism`), or look why it stands"
    if behind >= LAG_FAIL:
        return Verdict(Level.FAIL, what, said, advice)
    return Verdict(Level.WARN, what, said, advice) if behind >= LAG_WARN else (
        Verdict(Level.OK, what, said)
    )  # fmt: skip


# The cluster and the job.


def _cluster(patient: Patient) -> Iterator[Verdict]:
    if patient.rest_url is None:
        advice = "`journeys run` starts one"
        yield Verdict(Level.FAIL, "cluster", "no cluster of this project runs here", advice)
        return
    overview, date = answer_of(f"{patient.rest_url}/overview")
    said = f"{patient.rest_url} answers; {overview['taskmanagers']} TaskManagers"
    wanted = patient.folder.settings.job.parallelism
    if overview["slots-total"] < wanted:
        advice = "start more TaskManagers, or lower `job.parallelism`"
        yield Verdict(Level.FAIL, "cluster", f"{said}, fewer slots than {wanted}", advice)
    else:
        yield Verdict(Level.OK, "cluster", said)
    if date is not None:
        yield skew(parsedate_to_datetime(date), datetime.now(UTC))


def skew(theirs: datetime, ours: datetime) -> Verdict:
    """Judge how far the cluster's clock is from this one's; it tells whole seconds."""
    seconds = max(0.0, abs((theirs - ours).total_seconds()) - 1.0)
    said = f"the cluster's is {seconds:.0f} s from this machine's"
    advice = "set both by the same time server (NTP): waits and dates go by the cluster's clock"
    if seconds >= SKEW_FAIL_S:
        return Verdict(Level.FAIL, "clock", said, advice)
    if seconds >= SKEW_WARN_S:
        return Verdict(Level.WARN, "clock", said, advice)
    return Verdict(Level.OK, "clock", said)


def _job(patient: Patient) -> Iterator[Verdict]:
    name = patient.folder.settings.name
    job = None if patient.rest_url is None else running_job(patient.rest_url, name)
    if job is None:
        advice = "`journeys run` starts it, from its latest state"
        yield Verdict(Level.FAIL, "job", f"no job '{name}' runs", advice)
        return
    state = job.state()
    if state != "RUNNING" or not job.tasks_running():
        advice = "if it stays so, read the failure below and the logs of the TaskManagers"
        yield Verdict(Level.FAIL, "job", f"{job.id} is {state}, not every task runs", advice)
    else:
        yield Verdict(Level.OK, "job", f"{job.id} runs with all its tasks")
    restarts = job.restarts()
    if restarts:
        first = job.failure().splitlines()[0]
        said, advice = f"{restarts}; the latest failure: {first}", "look for what brings it about"
        yield Verdict(Level.WARN, "restarts", said, advice)
    else:
        yield Verdict(Level.OK, "restarts", "none")
    interval = patient.folder.settings.job.checkpoint_interval
    yield from checkpoints(job.checkpointing(), interval, round(time.time() * 1000))


def checkpoints(told: Mapping[str, Any], interval_ms: int, now: int) -> Iterator[Verdict]:
    """Judge how old the latest checkpoint is, and how many have failed."""
    latest = (told.get("latest") or {}).get("completed")
    counts = told["counts"]
    advice = "step events become visible with checkpoints: look at Flink's page of the job"
    if latest is None:
        yield Verdict(Level.FAIL, "checkpoint", "none was completed", advice)
    else:
        age = (now - latest["latest_ack_timestamp"]) / 1000
        said = f"{age:.0f} s old, {latest['state_size']:,} bytes of state"
        level = Level.OK
        for bound, worse in ((CHECKPOINTS_WARN, Level.WARN), (CHECKPOINTS_FAIL, Level.FAIL)):
            if age > max(bound, bound * interval_ms / 1000):
                level = worse
        yield Verdict(level, "checkpoint", said, None if level is Level.OK else advice)
    failed = (told.get("latest") or {}).get("failed")
    # While a job starts some fail; what counts is whether the latest did.
    if failed and (latest is None or failed["trigger_timestamp"] > latest["trigger_timestamp"]):
        said = f"the latest failed; {counts['failed']} in all, {counts['completed']} completed"
        yield Verdict(Level.WARN, "checkpoints", said, advice)


def _answers(patient: Patient) -> Iterator[Verdict]:
    begun = time.monotonic()
    ask(patient.bootstrap, patient.topics, _NOBODY)
    took = 1000 * (time.monotonic() - begun)
    yield Verdict(Level.OK, "answers", f"the job answered a query within {took:.0f} ms")


# What the job tells of itself.


def _metrics(patient: Patient) -> Iterator[Verdict]:
    topic = patient.topics.full("metrics")
    records = read_topic(patient.bootstrap, topic)
    yield from told_by_metrics(orjson.loads(record.value or b"{}") for record in records)


def told_by_metrics(metrics: Iterator[Mapping[str, Any]]) -> Iterator[Verdict]:
    """Say which endpoints are left alone, and who has not followed what was said."""
    is_open: dict[str, bool] = {}
    behind: dict[str, int] = {}
    for metric in metrics:
        match metric.get("metric"):
            case "journeys_endpoint_open":
                is_open[metric["endpoint"]] = bool(metric["value"])
            case "journeys_inside":
                version = f"{metric['journey_id']} v{metric['journey_version']}"
                behind[version] = metric["behind"]
    for endpoint in sorted(name for name, now in is_open.items() if now):
        advice = "calls are held until it answers again: look after that service"
        yield Verdict(Level.WARN, "endpoints", f"{endpoint} is open: too many calls fail", advice)
    if not any(is_open.values()):
        yield Verdict(Level.OK, "endpoints", "none is left alone for its failures")
    late = {version: count for version, count in behind.items() if count}
    for version, count in sorted(late.items()):
        said = f"{count} people inside {version} have not followed yet what was said"
        yield Verdict(Level.WARN, "followers", said, "they are nudged: look again in a minute")


def disk(path: Path) -> Verdict:
    """Judge how much room there is where a project lies."""
    usage = shutil.disk_usage(path)
    free = usage.free / usage.total
    said = f"{usage.free / 2**30:.1f} GiB free, {100 * free:.0f} %"
    advice = "make room: a full disk stops broker and checkpoints"
    if free < DISK_FAIL:
        return Verdict(Level.FAIL, "disk", said, advice)
    return Verdict(Level.WARN, "disk", said, advice) if free < DISK_WARN else (
        Verdict(Level.OK, "disk", said)
    )  # fmt: skip
