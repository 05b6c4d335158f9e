"""Condition: choose a way by rules; the first that holds wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from journeys.activity import Branch, Go, Leave, Move, Step, Visit
from journeys.outcomes import Outcome, Reason
from journeys.specification import Expression, Identifier, Path, Spec, StepSpec


@dataclass(frozen=True)
class Way:
    """One way out of a condition; `when` is None for the one that takes everybody else."""

    to: str
    label: str
    when: str | None = None


@dataclass(frozen=True)
class Condition(Step):
    """Send a person the first way whose rule holds; without one, the walk ends."""

    ways: list[Way] = field(default_factory=list)

    def branches(self) -> list[Branch]:
        """Each rule is a way."""
        return [Branch(way.to, way.label) for way in self.ways]

    def enter(self, visit: Visit) -> Move:
        """Try the rules from top to bottom."""
        for way in self.ways:
            if way.when is None or visit.holds(way.when):
                return Go(way.to, branch=way.label)
        return Leave(Outcome.EXITED, Reason.NO_MATCH)


class RuleSpec(Spec):
    """`{when: …, to: …}`: one rule and where it leads."""

    when: Expression
    to: Identifier | None = None
    label: str | None = None


class ElseSpec(Spec):
    """`{else: true, to: …}`: where everybody else goes."""

    otherwise: Literal[True] = Field(alias="else")
    to: Identifier | None = None
    label: str | None = None


def _rule_or_else(value: object) -> str:
    is_else = "else" in value if isinstance(value, dict) else isinstance(value, ElseSpec)
    return "else" if is_else else "rule"


WaySpec = Annotated[
    Annotated[RuleSpec, Tag("rule")] | Annotated[ElseSpec, Tag("else")],
    Discriminator(_rule_or_else),
]


class ConditionSpec(StepSpec):
    """`{condition: [{when, to}, …, {else: true, to}]}`: rules, the first that holds wins."""

    kind: ClassVar[str] = "condition"
    condition: Annotated[list[WaySpec], Field(min_length=1, max_length=50)]

    def compiled(self, step_id: str, following: str) -> Condition:
        """Turn into the step that the engine runs."""
        ways = [
            Way(
                to=rule.to or following,
                label=rule.label or (f"when_{n}" if isinstance(rule, RuleSpec) else "else"),
                when=rule.when if isinstance(rule, RuleSpec) else None,
            )
            for n, rule in enumerate(self.condition, start=1)
        ]
        return Condition(step_id, self.kind, following, label=self.label, ways=ways)

    def targets(self) -> Iterator[tuple[Path, str]]:
        """Name the steps that the rules lead to."""
        yield from super().targets()
        for n, rule in enumerate(self.condition):
            if rule.to is not None:
                yield ("condition", n, "to"), rule.to

    def flows_on(self) -> bool:
        """Say whether some rule names no step."""
        return any(rule.to is None for rule in self.condition)

    def conditions(self) -> Iterator[tuple[Path, str]]:
        """Name the rules."""
        for n, rule in enumerate(self.condition):
            if isinstance(rule, RuleSpec):
                yield ("condition", n, "when"), rule.when
