"""Condition: choose a way by rules over data and time; the first that holds wins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from journeys import limits
from journeys.activity import Branch, Go, Leave, Move, Step, Visit
from journeys.local_time import Window, at_place, read_dates, read_hours
from journeys.outcomes import Outcome, Reason
from journeys.specification import (
    CLOCK_PATTERN,
    Expression,
    ForkSpec,
    Identifier,
    Spec,
    Weekday,
    shown,
    written,
)


@dataclass(frozen=True)
class Way:
    """One way out of a condition; without a rule it takes everybody else."""

    to: str
    label: str
    when: str | None = None
    window: Window | None = None
    """When, by the clocks of the journey's zone, the way is open."""

    def is_open(self, visit: Visit) -> bool:
        """Say whether this person may go here now."""
        if self.window is not None and not self.window.contains(at_place(visit.now, visit.zone)):
            return False
        return self.when is None or visit.holds(self.when)


@dataclass(frozen=True)
class Condition(Step):
    """Send a person the first way whose rule holds; without one, the walk ends."""

    ways: list[Way] = field(default_factory=list)

    def usual_branches(self) -> list[Branch]:
        """Each rule is a way."""
        return [Branch(way.to, way.label) for way in self.ways]

    def enter(self, visit: Visit) -> Move:
        """Try the rules from top to bottom."""
        for way in self.ways:
            if way.is_open(visit):
                return Go(way.to, branch=way.label)
        return Leave(Outcome.EXITED, Reason.NO_MATCH)


_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
Hours = Annotated[
    str,
    AfterValidator(lambda text: read_hours(text) and text),
    written(
        "hours",
        rf"^{CLOCK_PATTERN}\s*-\s*{CLOCK_PATTERN}$",
        "two times of day such as 09:00-17:00",
        "09:00-17:00",
    ),
]
Dates = Annotated[
    str,
    AfterValidator(lambda text: read_dates(text) and text),
    written(
        "dates",
        rf"^(?=.*[0-9])(\.\.|{_DATE})?/(\.\.|{_DATE})?$",
        "two dates such as 2026-12-01/2026-12-24",
        "2026-12-01/2026-12-24",
    ),
]


class RuleSpec(Spec):
    """`{when: …, to: …}`: one rule and where it leads. All that is given must hold."""

    when: Expression | None = None
    """An expression that must be true."""
    hours: Hours | None = None
    """A time of day in the journey's zone, such as `09:00-17:00`; the end does not belong to it."""
    days: Annotated[list[Weekday], Field(min_length=1)] | None = None
    """Weekdays in the journey's zone."""
    dates: Dates | None = None
    """Dates in the journey's zone, such as `2026-12-01/2026-12-24`; `..` leaves a side open."""
    to: Identifier | None = None
    """The step to go to; by default the step's `next`."""
    label: str | None = None
    """Name of the way in step events; by default `when_1`, `when_2`, …"""

    def window(self) -> Window | None:
        """Give the part of the calendar in which the rule holds."""
        if self.hours is None and self.days is None and self.dates is None:
            return None
        return Window(
            hours=read_hours(self.hours) if self.hours else None,
            days=list(self.days or ()),
            dates=read_dates(self.dates) if self.dates else None,
        )


class ElseSpec(Spec):
    """`{else: true, to: …}`: where everybody else goes."""

    otherwise: Literal[True] = Field(alias="else")
    """Takes everybody whom no rule above took; stands last."""
    to: Identifier | None = None
    """The step to go to; by default the step's `next`."""
    label: str | None = None
    """Name of the way in step events; by default `else`."""


def is_else(value: object) -> bool:
    """Say whether a way, written or read, is the one for everybody else."""
    return "else" in value if isinstance(value, dict) else isinstance(value, ElseSpec)


WaySpec = Annotated[
    Annotated[RuleSpec, Tag("#rule")] | Annotated[ElseSpec, Tag("#else")],
    Discriminator(lambda value: "#else" if is_else(value) else "#rule"),
]


class ConditionSpec(ForkSpec):
    """`{condition: [{when, to}, …, {else: true, to}]}`: rules, the first that holds wins."""

    model_config = shown(
        {
            "condition": [
                {"when": "#{profile.country} == 'DE'", "to": "offer"},
                {"else": True, "to": "end"},
            ]
        }
    )

    kind: ClassVar[str] = "condition"
    condition: Annotated[list[WaySpec], Field(min_length=1, max_length=limits.MAX_RULES)]
    """The rules, tried from top to bottom: the first that holds says where to go."""

    def compiled(self, step_id: str, following: str) -> Condition:
        """Turn into the step that the engine runs."""
        named = zip(self.condition, self.labels(), strict=True)
        ways = [self._way(rule, label, following) for rule, label in named]
        return Condition(**self.common(step_id, following), ways=ways)

    def labels(self) -> list[str]:
        """Name the ways as step events do."""
        return [
            rule.label or ("else" if isinstance(rule, ElseSpec) else f"when_{n}")
            for n, rule in enumerate(self.condition, start=1)
        ]

    @staticmethod
    def _way(rule: RuleSpec | ElseSpec, label: str, following: str) -> Way:
        to = rule.to or following
        if isinstance(rule, ElseSpec):
            return Way(to, label)
        return Way(to, label, rule.when, rule.window())
