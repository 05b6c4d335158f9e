"""Watching one journey: what was counted of it and said of it, its ledger, and its alerts.

`take` notes what comes from the topics `metrics` and `control`; `look`, every few seconds, says
what is to be told. Who stores it, and calls it, is `operators.watch_function`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from journeys.alerts import (
    MINUTE_MS,
    Alert,
    AlertKind,
    AlertRules,
    AlertState,
    Board,
    Fault,
    Standing,
    judge,
    told,
)
from journeys.clock import format_instant
from journeys.control import (
    ContradictionError,
    ControlCommand,
    PauseJourney,
    Publish,
    Retire,
    apply,
)
from journeys.fixed import fixed
from journeys.formats import to_text
from journeys.ledger import Ledger
from journeys.lifecycle import Lifecycle
from journeys.metrics import DRIFT, Counted, Inside, Moved
from journeys.mode import Mode
from journeys.outcomes import Outcome
from journeys.plans import Plans


@fixed
class Drift:
    """What the ledger of a version says: a record of `journeys_ledger_drift`."""

    journey: str
    version: int
    value: int
    counted: int
    inside: int
    at: int

    @property
    def key(self) -> str:
        """Name it among all metrics: the record's key."""
        return f"{DRIFT}/{self.journey}/{self.version}"

    def to_text(self) -> str:
        """Write it as it lies on the topic."""
        return to_text(
            {
                "metric": DRIFT,
                "journey_id": self.journey,
                "journey_version": self.version,
                "value": self.value,
                "counted": self.counted,
                "inside": self.inside,
                "at": format_instant(self.at),
            }
        )


Told: TypeAlias = Drift | Alert | PauseJourney
"""What is to be told: a metric, an alert, or the command that pauses the journey."""


@dataclass(slots=True)
class Watch:
    """What is remembered of one journey."""

    journey: str
    life: Lifecycle | None = None
    """What holds of it, by what was said."""
    said_at: int = 0
    """When something was said of it last."""
    entered_at: int | None = None
    """The end of the latest minute in which somebody entered."""
    ledgers: dict[int, Ledger] = field(default_factory=dict)
    drifts: dict[int, int] = field(default_factory=dict)
    """Version to the drift that was told last."""
    board: Board = field(default_factory=Board)

    def begin_again(self) -> None:
        """Take nothing from before for what is so now: the job was down, or is behind."""
        for ledger in self.ledgers.values():
            ledger.begin_again()

    def take(
        self, rules: AlertRules, found: Counted | Moved | Inside, now: int, *, complete: bool
    ) -> None:
        """Note a metric.

        Args:
            rules: when what is a fault.
            found: the metric.
            now: the present.
            complete: whether the step events that were read begin with the very first.
        """
        match found:
            case Counted(minute=minute, outcome=outcome):
                if outcome is Outcome.ENTERED:
                    self.entered_at = max(self.entered_at or 0, minute + MINUTE_MS)
            case Moved(latest=latest):
                if latest < now - rules.drift_ms // 2:
                    self.begin_again()  # counting is behind
                self._ledger(found.version, complete=complete).moves[found.outcome] = found.value
            case Inside():
                self._ledger(found.version, complete=complete).inside = found.value

    def _ledger(self, version: int, *, complete: bool) -> Ledger:
        return self.ledgers.setdefault(version, Ledger(unseen=0 if complete else None))

    def hear(self, command: ControlCommand, revision: int, at: int) -> Iterator[Alert]:
        """Note what was said of the journey, and tell that it is published or finished."""
        before = self.life
        plans = Plans((), {} if before is None else {self.journey: before})
        try:
            apply(plans, command, revision)
        except ContradictionError:
            return  # the job reports it
        life = self.life = plans.life(self.journey)
        if life == before or life is None:
            return
        self.said_at = at
        match command:
            case Publish(mode=Mode.LIVE, plan=plan):
                fault = Fault(AlertKind.PUBLISHED, plan.version, None, plan.version, None)
                yield told(self.journey, fault, AlertState.TOLD, at)
            case Retire(version=version) if life.finished and version == life.live:
                fault = Fault(AlertKind.FINISHED, version, None, version, None)
                yield told(self.journey, fault, AlertState.TOLD, at)

    def look(self, rules: AlertRules, counts: Collection[Counted], now: int) -> Iterator[Told]:
        """Judge all that is known, and give what is to be told now."""
        for version, ledger in self.ledgers.items():
            ledger.look(now, rules.drift_ms)
            drift = ledger.drift
            if drift is not None and drift != self.drifts.get(version):
                self.drifts[version] = drift
                yield Drift(self.journey, version, drift, ledger.counted, ledger.inside, now)
        faults = [*self._drifting(), *judge(rules, counts, self._standing(now), now)]
        for alert in self.board.turn(self.journey, [*faults, *self._held(now)], now):
            yield alert
            if alert.alert is AlertKind.RUNAWAY_ENTRIES and alert.state is AlertState.RAISED:
                yield PauseJourney(
                    journey=self.journey,
                    why=f"{alert.value:.0f} people entered in a minute, and "
                    f"{alert.threshold:.0f} are allowed",
                )

    def _standing(self, now: int) -> Standing:
        life = self.life
        enters = life is not None and life.refusal(Mode.LIVE, now) is None
        return Standing(life.live if life and enters else None, self.entered_at, self.said_at)

    def _drifting(self) -> Iterator[Fault]:
        for version, ledger in self.ledgers.items():
            # While counting is behind nothing is known anew: what was told still holds.
            drift = self.drifts.get(version, 0) if ledger.drift is None else ledger.drift
            if drift:
                yield Fault(AlertKind.LEDGER_DRIFT, version, None, drift, 0)

    def _held(self, now: int) -> Iterable[Fault]:
        """Give what paused the journey, for as long as it is paused."""
        if self.life is None or self.life.paused_at(now) is None:
            return []
        return [
            Fault(alert.alert, None, None, alert.value, alert.threshold)
            for alert in self.board.raised.values()
            if alert.alert is AlertKind.RUNAWAY_ENTRIES
        ]
