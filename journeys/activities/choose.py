"""Choose: the next best action. Of the ways that are open for a person, take the one worth most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Annotated, ClassVar, TypeAlias

from pydantic import Discriminator, Field, Tag

from journeys import limits
from journeys.activities.condition import ElseSpec, is_else
from journeys.activity import Branch, Choice, Go, Leave, Move, Step, Visit
from journeys.expressions import Value
from journeys.identifiers import draw
from journeys.outcomes import Outcome, Reason
from journeys.shares import WHOLE
from journeys.specification import Expression, ForkSpec, Identifier, Path, Spec, shown


@dataclass(frozen=True)
class Candidate:
    """One way that may be taken, and what it is worth."""

    to: str
    label: str
    score: str
    """An expression for a number: the highest wins."""
    when: str | None = None
    """Whom it is meant for; None: everybody."""


_Weighed: TypeAlias = tuple[float, Candidate]


@dataclass(frozen=True)
class Choose(Step):
    """Send a person the eligible way with the highest score; now and then any, to learn.

    Eligible is a way whose rule holds, whose score is a number, and, where it leads straight to a
    message, by which the person can be reached now.
    """

    candidates: list[Candidate] = field(default_factory=list)
    otherwise: Branch | None = None
    """Where those go for whom no way is eligible; None: their walk ends."""
    explore: float = 0
    """Percent of the visits in which chance chooses, all eligible ways alike."""

    def usual_branches(self) -> list[Branch]:
        """Each candidate is a way, and so is having none."""
        ways = [Branch(candidate.to, candidate.label) for candidate in self.candidates]
        return ways if self.otherwise is None else [*ways, self.otherwise]

    def enter(self, visit: Visit) -> Move:
        """Take the best way, or one by chance; of equals the first that is written."""
        passed_over: list[str] = []
        eligible = self._eligible(visit, passed_over)
        explores = self._drawn("explore", visit) * WHOLE < self.explore
        if explores:
            found = list(eligible)
            chosen = found[int(self._drawn("choose", visit) * len(found))] if found else None
        else:
            chosen = next(eligible, None)
        detail = "; ".join(passed_over) or None
        if chosen is not None:
            score, way = chosen
            choice = Choice(score, explores)
            return Go(way.to, branch=way.label, choice=choice, detail=detail)
        if self.otherwise is not None:
            return Go(self.otherwise.to, branch=self.otherwise.label, detail=detail)
        return Leave(Outcome.EXITED, Reason.NO_MATCH, detail=detail)

    def _eligible(self, visit: Visit, passed_over: list[str]) -> Iterator[_Weighed]:
        """Give the eligible ways, the best first; say of the others why they are not.

        Whether a person can be reached is looked at only as far as somebody asks: it costs most.
        """
        weighed: list[_Weighed] = []
        for way in self.candidates:
            if not visit.holds(way.when):
                passed_over.append(f"{way.label}: not meant for the person")
            elif (score := _number(visit.evaluate(way.score))) is None:
                passed_over.append(f"{way.label}: no score")
            else:
                weighed.append((score, way))
        for score, way in sorted(weighed, key=lambda one: -one[0]):
            step = visit.plan.steps.get(way.to)
            refusal = None if step is None else step.refusal(visit)
            if refusal is None:
                yield score, way
            else:
                passed_over.append(f"{way.label}: {refusal[0]}")

    def _drawn(self, kind: str, visit: Visit) -> float:
        """Draw for this visit: whoever comes again is drawn for anew."""
        instance = visit.instance
        return draw(kind, instance.id, self.id, instance.visits[self.id])


def _number(value: Value) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None


class CandidateSpec(Spec):
    """`{when: …, score: …, to: …}`: one way, whom it is meant for, and what it is worth."""

    score: Expression
    """A number, the higher the better; whoever has none does not go this way."""
    when: Expression | None = None
    """An expression that must be true; by default the way is meant for everybody."""
    to: Identifier | None = None
    """The step to go to; by default the step's `next`."""
    label: str | None = None
    """Name of the way in step events; by default `way_1`, `way_2`, …"""


WaySpec = Annotated[
    Annotated[CandidateSpec, Tag("#candidate")] | Annotated[ElseSpec, Tag("#else")],
    Discriminator(lambda value: "#else" if is_else(value) else "#candidate"),
]


class ChooseSpec(ForkSpec):
    """`{choose: [{score, to}, …, {else: true, to}], explore: 5}`: the next best action."""

    model_config = shown(
        {
            "choose": [
                {"label": "offer", "score": "#{profile.scores.offer}", "to": "offer"},
                {"label": "call", "score": "#{profile.scores.call}", "to": "call"},
                {"else": True, "to": "end"},
            ],
            "explore": 5,
        }
    )

    kind: ClassVar[str] = "choose"
    choose: Annotated[list[WaySpec], Field(min_length=2, max_length=limits.MAX_RULES)]
    """The ways: of those that are eligible for a person, the one with the highest score is taken.
    """
    explore: Annotated[float, Field(ge=0, le=WHOLE)] = 0
    """Percent of the visits in which one of the eligible ways is taken by chance, all alike."""

    def compiled(self, step_id: str, following: str) -> Choose:
        """Turn into the step that the engine runs."""
        ways = [
            Candidate(way.to or following, self.labels()[n], way.score, way.when)
            for n, way in enumerate(self.choose)
            if isinstance(way, CandidateSpec)
        ]
        others = [way for way in self.choose if isinstance(way, ElseSpec)]
        otherwise = Branch(others[0].to or following, others[0].label or "else") if others else None
        common = self.common(step_id, following)
        return Choose(**common, candidates=ways, otherwise=otherwise, explore=self.explore)

    def labels(self) -> list[str]:
        """Name the ways as step events do."""
        return [
            way.label or ("else" if isinstance(way, ElseSpec) else f"way_{n}")
            for n, way in enumerate(self.choose, start=1)
        ]

    def numbers(self) -> Iterator[tuple[Path, str]]:
        """Name the scores."""
        for n, way in enumerate(self.choose):
            if isinstance(way, CandidateSpec):
                yield ("choose", n, "score"), way.score
