"""Experiment: try several ways on comparable people, and keep some out to compare with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from journeys import limits
from journeys.activity import Branch, Go, Move, Try, Visit
from journeys.bandit import Bandit
from journeys.clock import format_duration
from journeys.identifiers import draw
from journeys.report import HOLDOUT
from journeys.shares import WHOLE, Percent, Share, chosen
from journeys.specification import (
    PERIOD_PATTERN,
    Duration,
    Expression,
    Identifier,
    LastingDuration,
    Path,
    Spec,
    StepSpec,
    shown,
    written,
)
from journeys.trial_step import TrialStep


@dataclass(frozen=True)
class Experiment(TrialStep):
    """Draw an arm for a person: sticky within a version, drawn anew in the next one.

    The draw stays the same; where a bandit moves the shares, it may fall on another arm.
    """

    arms: list[Share] = field(default_factory=list)
    """Shares of everybody, as written; the people kept out are one of them."""

    def usual_branches(self) -> list[Branch]:
        """Each arm is a way, and so is being kept out."""
        return [Branch(arm.to, arm.label) for arm in self.arms]

    def enter(self, visit: Visit) -> Move:
        """Take the arm that the draw falls on."""
        instance = visit.instance
        names = (visit.profile.id, instance.journey, instance.version, self.id)
        arm = chosen(self._arms(visit), draw("experiment", *names))
        effect = Try(arm.label, self.within_ms, self.bandit)
        return Go(arm.to, branch=arm.label, effect=effect)

    def _arms(self, visit: Visit) -> list[Share]:
        if self.bandit is None or not visit.weights:
            return self.arms
        weights = visit.weights
        return [replace(arm, percent=weights.get(arm.label, arm.percent)) for arm in self.arms]


class ArmSpec(Spec):
    """`{id: short, to: …}`: one way to try."""

    id: Identifier
    """Name of the arm in step events and reports."""
    percent: Percent | None = None
    """Share of the people who are not kept out; equal shares by default."""
    to: Identifier | None = None
    """The step to go to; by default the step's `next`."""


class HoldoutSpec(Spec):
    """`{percent: 10, to: end}`: people kept out to compare with."""

    percent: Annotated[float, Field(gt=0, lt=100)]
    """Share of everybody."""
    to: Identifier | None = None
    """The step to go to; by default the step's `next`."""


class MetricSpec(Spec):
    """`{event: purchase, within: P7D}`: what counts as success."""

    event: Identifier
    """Id of an event of the project."""
    when: Expression | None = None
    """A condition over the event and the person; it reads nothing else of the walk, which may have
    ended."""
    within: LastingDuration | None = None
    """How long after the experiment an event still counts; by default until the walk ends."""


def _not_too_often(milliseconds: int) -> int:
    if milliseconds < limits.BANDIT_LEAST_MS:
        least = format_duration(limits.BANDIT_LEAST_MS)
        message = f"shares are moved too often: expected a duration of at least {least}"
        raise ValueError(message)
    return milliseconds


Every = Annotated[
    Duration,
    AfterValidator(_not_too_often),
    written(
        "duration",
        rf"^P(?=[^.]*[1-9]){PERIOD_PATTERN}$",
        "an ISO 8601 duration of at least one second, such as PT1H",
        *("PT1H", "P1D"),
    ),
]
"""How often shares are moved."""


class ExperimentBodySpec(Spec):
    """The arms of an experiment, and how it is judged."""

    arms: Annotated[list[ArmSpec], Field(min_length=2, max_length=limits.MAX_RULES)]
    """The ways to try."""
    holdout: HoldoutSpec | None = None
    """People kept out to compare with; nobody by default."""
    metric: MetricSpec
    """What counts as success."""
    method: Literal["fixed", "bandit"] = "fixed"
    """Shares as written, or moved towards the arm that succeeds more often."""
    every: Every = limits.BANDIT_EVERY_MS
    """How often the shares of a bandit are moved at most; one second is the least."""


class ExperimentSpec(StepSpec):
    """`{experiment: {arms: […], holdout: …, metric: …}}`: which way works best?"""

    model_config = shown(
        {
            "experiment": {
                "arms": [{"id": "short", "to": "greet"}, {"id": "long", "to": "offer"}],
                "holdout": {"percent": 10, "to": "end"},
                "metric": {"event": "purchase", "within": "P7D"},
            }
        }
    )

    kind: ClassVar[str] = "experiment"
    experiment: ExperimentBodySpec
    """The arms, and how they are judged."""

    def compiled(self, step_id: str, following: str) -> Experiment:
        """Turn into the step that the engine runs."""
        body = self.experiment
        kept_out = body.holdout
        tried = WHOLE - (kept_out.percent if kept_out else 0)
        arms = [
            Share(
                (arm.percent or WHOLE / len(body.arms)) * tried / WHOLE, arm.to or following, arm.id
            )
            for arm in body.arms
        ]
        if kept_out:
            arms.append(Share(kept_out.percent, kept_out.to or following, HOLDOUT))
        is_bandit = body.method == "bandit"
        return Experiment(
            **self.common(step_id, following),
            metric=body.metric.event,
            metric_when=body.metric.when,
            within_ms=body.metric.within,
            bandit=Bandit([a.id for a in body.arms], tried, body.every) if is_bandit else None,
            arms=arms,
        )

    def shares(self) -> Iterator[tuple[Path, list[float]]]:
        """Name the shares, which must be 100 together where they are written."""
        written = [arm.percent for arm in self.experiment.arms]
        if any(percent is not None for percent in written):
            yield ("experiment", "arms"), [percent or 0 for percent in written]

    def targets(self) -> Iterator[tuple[Path, str]]:
        """Name the steps that the arms lead to."""
        yield from super().targets()
        for n, arm in enumerate(self.experiment.arms):
            if arm.to is not None:
                yield ("experiment", "arms", n, "to"), arm.to
        if self.experiment.holdout and self.experiment.holdout.to:
            yield ("experiment", "holdout", "to"), self.experiment.holdout.to

    def flows_on(self) -> bool:
        """Say whether some arm names no step."""
        kept_out = self.experiment.holdout
        if kept_out is not None and kept_out.to is None:
            return True
        return any(arm.to is None for arm in self.experiment.arms)

    def uses(self) -> Iterator[tuple[Path, str, str]]:
        """Name the event that counts as success."""
        yield ("experiment", "metric", "event"), "event", self.experiment.metric.event

    def conditions(self) -> Iterator[tuple[Path, str]]:
        """Name the condition of the metric."""
        if self.experiment.metric.when is not None:
            yield ("experiment", "metric", "when"), self.experiment.metric.when
