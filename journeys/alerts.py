"""Alerts: what somebody should look at, found in what was counted of a journey.

`judge` says which faults hold now; `Board` remembers which were told, so that each is told once
when it begins and once when it is over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

import orjson

from journeys.clock import format_instant
from journeys.fixed import fixed
from journeys.metrics import Counted
from journeys.outcomes import Outcome, Reason

ALERT_VERSION = 1
"""Version of the record's shape. Fields are added, never changed or removed."""
MINUTE_MS = 60_000
BY_DESIGN = frozenset({Reason.CONDITION, Reason.NOT_TEST_PROFILE, Reason.DUPLICATE})
"""Whoever is not let in for these was not meant to be: no sign that anything is wrong."""

_CALLS = (Outcome.SUCCEEDED, Outcome.ERROR, Outcome.TIMEOUT, Outcome.CAPPED)
COUNTED = (*_CALLS, Outcome.ENTERED, Outcome.NOT_ENTERED, Outcome.DISCARDED, Outcome.FAILED)
"""Outcomes whose counts alerts are drawn from."""


class AlertKind(StrEnum):
    """What an alert is about."""

    LEDGER_DRIFT = "ledger_drift"
    """People inside a version are missing, or too many: a defect, or records were lost."""
    ACTION_ERROR_RATE = "action_error_rate"
    """Too many calls of an action ended as `error` or `timeout`."""
    PROFILE_ERROR_RATE = "profile_error_rate"
    """Too many walks ended as `failed`."""
    DISCARD_RATE = "discard_rate"
    """Too many who came were not let in, for other reasons than the entry's own condition."""
    CAPPING = "capping"
    """Calls of an action were not made, because its endpoint may be asked no more."""
    NOTHING_ENTERING = "nothing_entering"
    """Nobody has entered a live journey for long, and people had entered before."""
    RUNAWAY_ENTRIES = "runaway_entries"
    """More people entered in a minute than the settings allow: the journey was paused."""
    PUBLISHED = "published"
    """A version was made live."""
    FINISHED = "finished"
    """A journey was closed or stopped, and the last person has left."""


class AlertState(StrEnum):
    """Whether an alert holds."""

    RAISED = "raised"
    """It holds since then."""
    RESOLVED = "resolved"
    """It held, and does no more."""
    TOLD = "told"
    """It happened: nothing that lasts."""


ADVICE: Mapping[AlertKind, str] = {
    AlertKind.LEDGER_DRIFT: (
        "Look whether the job runs and commits (`journeys status`), whether step events were "
        "removed from their topic, and report what you find: nobody may get lost."
    ),
    AlertKind.ACTION_ERROR_RATE: (
        "Look at `code` and `detail` of its step events, and whether its endpoint answers."
    ),
    AlertKind.PROFILE_ERROR_RATE: "Look at the reasons of `failed` in `journeys report`.",
    AlertKind.DISCARD_RATE: "Look at the reasons of `not_entered` in `journeys report`.",
    AlertKind.CAPPING: (
        "Raise the limits of its endpoint if it bears more, or let fewer people in at a time."
    ),
    AlertKind.NOTHING_ENTERING: (
        "Look whether the events or audiences it begins with still come, and match."
    ),
    AlertKind.RUNAWAY_ENTRIES: (
        "Find out who sends so much; then `journeys resume` it, or `journeys stop` it."
    ),
    AlertKind.PUBLISHED: "Nothing need be done.",
    AlertKind.FINISHED: "Nothing need be done.",
}
"""What somebody is to do about each."""


@dataclass(frozen=True, slots=True)
class AlertRules:
    """When an alert is raised. None: never."""

    window_ms: int
    """Over which rates are taken."""
    least: int
    """Of fewer calls or people in that time no rate is taken."""
    action_errors: float | None
    """Percent."""
    profile_errors: float | None
    """Percent."""
    discards: float | None
    """Percent."""
    capping: bool
    nothing_entering_ms: int | None
    entries_per_minute: int | None
    """More of them pause the journey."""
    drift_ms: int
    """How long the ledger is out of balance before it is said."""


@fixed
class Fault:
    """Something that holds now."""

    alert: AlertKind
    version: int | None
    subject: str | None
    """The action, where it is about one."""
    value: float
    threshold: float | None

    @property
    def name(self) -> str:
        """Name it within its journey."""
        return f"{self.alert}/{self.version or ''}/{self.subject or ''}"


@fixed
class Alert:
    """What is told of a fault: a record of the topic `alerts`."""

    alert: AlertKind
    """What it is about: see below."""
    journey_id: str
    journey_version: int | None
    """Its version, where it is about one."""
    subject: str | None
    """The action, where it is about one."""
    state: AlertState
    """`raised`; `resolved` once it holds no more; `told` of what happens and does not last."""
    since: int
    """When it began to hold."""
    at: int
    """When this was told."""
    value: float
    """What was measured: percent of a rate, people, calls, or minutes without an entry."""
    threshold: float | None
    """What it is held against."""
    advice: str
    """What to do, in one sentence."""

    @property
    def key(self) -> str:
        """Name it among all: the record's key."""
        parts = (self.alert, self.journey_id, self.journey_version, self.subject)
        return "/".join("" if part is None else str(part) for part in parts)

    def to_text(self) -> str:
        """Write it as it lies on the topic."""
        instants = {"since": format_instant(self.since), "at": format_instant(self.at)}
        return orjson.dumps({**asdict(self), **instants, "schema_version": ALERT_VERSION}).decode()


@fixed
class Standing:
    """What is known of a journey beside what was counted."""

    live: int | None
    """The version that people enter now; None: nobody enters."""
    entered_at: int | None
    """When somebody entered last."""
    since: int
    """When something was said of it last, such as that it goes on."""


def judge(
    rules: AlertRules, counts: Collection[Counted], standing: Standing, now: int
) -> Iterator[Fault]:
    """Say what holds now.

    Args:
        rules: when what is a fault.
        counts: what was counted of live walks, a record for each minute and dimension.
        standing: what else is known of the journey.
        now: the present.
    """
    recent = [count for count in counts if count.minute > now - rules.window_ms]
    for version in sorted({count.version for count in recent}):
        yield from _of_version(rules, version, [c for c in recent if c.version == version])
    if standing.live is None:
        return
    if rules.nothing_entering_ms is not None and standing.entered_at is not None:
        quiet = now - max(standing.entered_at, standing.since)
        if quiet >= rules.nothing_entering_ms:
            yield Fault(
                AlertKind.NOTHING_ENTERING,
                standing.live,
                None,
                quiet // MINUTE_MS,
                rules.nothing_entering_ms / MINUTE_MS,
            )
    begun = max(standing.since, now - 2 * MINUTE_MS)
    limit, entries = rules.entries_per_minute, _most_entries(recent, begun)
    if limit is not None and entries > limit:
        yield Fault(AlertKind.RUNAWAY_ENTRIES, None, None, entries, limit)


def _of_version(rules: AlertRules, version: int, counts: Iterable[Counted]) -> Iterator[Fault]:
    calls: defaultdict[str | None, Counter[Outcome]] = defaultdict(Counter)
    walks: Counter[Outcome] = Counter()
    for count in counts:
        if count.outcome in _CALLS:
            calls[count.action][count.outcome] += count.value
        elif count.reason not in BY_DESIGN:
            walks[count.outcome] += count.value
    for action, ends in sorted(calls.items(), key=str):
        bad = ends[Outcome.ERROR] + ends[Outcome.TIMEOUT]
        rate = _rate(bad, bad + ends[Outcome.SUCCEEDED], rules.least)
        yield from _over(AlertKind.ACTION_ERROR_RATE, version, action, rate, rules.action_errors)
        if rules.capping and ends[Outcome.CAPPED]:
            yield Fault(AlertKind.CAPPING, version, action, ends[Outcome.CAPPED], 0)
    entered, failed = walks[Outcome.ENTERED], walks[Outcome.FAILED]
    rate = _rate(failed, max(entered, failed), rules.least)  # they may have entered long before
    yield from _over(AlertKind.PROFILE_ERROR_RATE, version, None, rate, rules.profile_errors)
    discarded = walks[Outcome.NOT_ENTERED] + walks[Outcome.DISCARDED]
    rate = _rate(discarded, entered + discarded, rules.least)
    yield from _over(AlertKind.DISCARD_RATE, version, None, rate, rules.discards)


def _rate(bad: int, all_: int, least: int) -> float:
    """Give percent; of too few nothing can be said."""
    return 100 * bad / all_ if all_ >= max(least, 1) else 0.0


def _over(
    alert: AlertKind, version: int, subject: str | None, rate: float, threshold: float | None
) -> Iterator[Fault]:
    if threshold is not None and rate >= threshold:
        yield Fault(alert, version, subject, round(rate, 1), threshold)


def _most_entries(counts: Iterable[Counted], since: int) -> int:
    """Give the entries of the minute with the most, of those that began after an instant."""
    minutes: Counter[int] = Counter()
    for count in counts:
        if count.outcome is Outcome.ENTERED and count.minute >= since:
            minutes[count.minute] += count.value
    return max(minutes.values(), default=0)


@dataclass(slots=True)
class Board:
    """The alerts of one journey that hold, by their name."""

    raised: dict[str, Alert] = field(default_factory=dict)

    def turn(self, journey: str, faults: Iterable[Fault], now: int) -> Iterator[Alert]:
        """Tell what holds anew, and what holds no more."""
        holding = {fault.name: fault for fault in faults}
        for name in [name for name in self.raised if name not in holding]:
            yield replace(self.raised.pop(name), state=AlertState.RESOLVED, at=now)
        for name, fault in holding.items():
            if name not in self.raised:
                self.raised[name] = told(journey, fault, AlertState.RAISED, now)
                yield self.raised[name]


def told(journey: str, fault: Fault, state: AlertState, now: int) -> Alert:
    """Make what is told of a fault, or of what happened."""
    return Alert(
        fault.alert,
        journey,
        fault.version,
        fault.subject,
        state,
        now,
        now,
        fault.value,
        fault.threshold,
        ADVICE[fault.alert],
    )
