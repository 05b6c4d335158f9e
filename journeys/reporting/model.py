"""What a report tells: for each journey version its ledger, steps, experiments and messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from journeys.clock import format_instant
from journeys.messages import JsonObject
from journeys.report import HOLDOUT, ArmReport, VersionReport, Walked
from journeys.reporting.lift import Interval, difference_interval, rate_interval


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of a version."""

    step: str
    label: str | None
    reached: int
    """How many walks came to it."""
    percent: float | None
    """Of all walks that came to any."""
    standing: int
    """How many stand there."""
    completed: int
    exited: int
    failed: int
    """How many ended there."""
    p50_ms: int | None
    p95_ms: int | None
    """How long visits took that are over."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What happened within one hour or day."""

    begin: int
    """In milliseconds."""
    entered: int
    ended: int
    """Completed, exited or failed."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """Messages that one step asked for."""

    step: str
    action: str
    channel: str
    wanted: int
    """Visits of the step."""
    requested: int
    """How many were asked for: nothing had kept them back before."""
    sent: int
    withheld: int
    """How many were kept back, before they were asked for or by their channel."""
    failed: int
    delivered: int
    opened: int
    clicked: int
    bounced: int
    unsubscribed: int
    complained: int

    @property
    def has_feedback(self) -> bool:
        """Say whether anything was told of what became of them."""
        return any((self.delivered, self.opened, self.clicked, self.bounced, self.unsubscribed))


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """Calls of one endpoint."""

    called: str
    calls: int
    succeeded: int
    http_4xx: int
    http_5xx: int
    timeouts: int
    capped: int
    retried: int
    p50_ms: int | None
    p95_ms: int | None
    p99_ms: int | None
    p999_ms: int | None
    """From the first attempt to the end."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of an experiment, beside the one that it is compared with."""

    name: str
    given: int
    converted: int
    rate: float
    interval: Interval
    """Of the rate."""
    difference: Interval | None = None
    """Of the rate less that of the arm compared with; None: it is that arm."""
    gain: float = 0.0
    """The rate less that of the arm compared with."""
    lift: float | None = None
    """The same as a part of that rate; None where nobody succeeded there."""

    @property
    def verdict(self) -> str:
        """Say in words what is shown."""
        if self.difference is None:
            return "compared with"
        if not self.difference.excludes_zero:
            return "no difference shown"
        return "better" if self.gain > 0 else "worse"


@dataclass(frozen=True, slots=True)
class VersionPart:
    """All of one journey version in one mode."""

    walked: Walked
    label: str | None
    ledger: VersionReport
    steps: Sequence[StepRow] = ()
    """In the order in which they are written."""
    buckets: Sequence[Bucket] = ()
    messages: Sequence[MessageRow] = ()
    arms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Step of an experiment to its arms as written."""

    @property
    def experiments(self) -> dict[str, list[Arm]]:
        """Compare the arms of each experiment: with who is kept out, or else with the first."""
        found = self.ledger.experiments.items()
        return {step: compared(self.arms.get(step, ()), arms) for step, arms in found}


@dataclass(frozen=True, slots=True)
class Report:
    """What became of people."""

    made_at: int
    """In milliseconds."""
    since: int | None
    until: int | None
    """Walks are told that began between."""
    versions: Sequence[VersionPart]
    endpoints: Sequence[EndpointRow]
    bucket_ms: int
    """How long a bucket is."""
    hidden: Sequence[Walked] = ()
    """What is not told, because it is of another mode than was asked for."""


def compared(written: Sequence[str], arms: Mapping[str, ArmReport]) -> list[Arm]:
    """Compare arms with the one of the people kept out, or else with the first.

    Args:
        written: the arms in the order in which the author wrote them, as far as it is known.
        arms: what was counted.
    """
    names = [name for name in written if name in arms] + sorted({*arms} - {*written})
    names.sort(key=lambda name: name != HOLDOUT)
    if not names:
        return []
    reference = arms[names[0]]
    return [_arm(name, arms[name], None if n == 0 else reference) for n, name in enumerate(names)]


def _arm(name: str, counted: ArmReport, reference: ArmReport | None) -> Arm:
    counts = (counted.converted, counted.given)
    interval = rate_interval(*counts)
    if reference is None:
        return Arm(name, counted.given, counted.converted, counted.rate, interval)
    return Arm(
        name,
        counted.given,
        counted.converted,
        counted.rate,
        interval,
        difference_interval(counts, (reference.converted, reference.given)),
        counted.rate - reference.rate,
        counted.rate / reference.rate - 1 if reference.rate else None,
    )


def data(report: Report) -> JsonObject:
    """Give a report as data."""
    return {
        "made_at": format_instant(report.made_at),
        "since": None if report.since is None else format_instant(report.since),
        "until": None if report.until is None else format_instant(report.until),
        "versions": [_version(part) for part in report.versions],
        "endpoints": [asdict(endpoint) for endpoint in report.endpoints],
    }


def _version(part: VersionPart) -> JsonObject:
    found = part.ledger
    experiments = {
        step: [{**asdict(arm), "verdict": arm.verdict} for arm in arms]
        for step, arms in part.experiments.items()
    }
    return {
        **part.walked._asdict(),
        "label": part.label,
        "entered": found.entered,
        "not_entered": dict(found.not_entered),
        "moved_in": found.moved_in,
        "moved_out": found.moved_out,
        "inside": dict(found.inside),
        "completed": found.completed,
        "exited": dict(found.exited),
        "failed": dict(found.failed),
        "drift": found.drift,
        "steps": {step: dict(ways) for step, ways in found.steps.items()},
        "funnel": [asdict(row) for row in part.steps],
        "experiments": experiments,
        "messages": [asdict(row) for row in part.messages],
    }
