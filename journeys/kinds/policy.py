"""`kind: policy`: how often and when people may be contacted, and how many journeys they walk."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from journeys import limits
from journeys.messages import Category
from journeys.policy import Frequency, Period, Policy, QuietHours
from journeys.specification import (
    ClockTime,
    Identifier,
    LastingDuration,
    NamedSpec,
    Spec,
    Weekday,
    shown,
)


class FrequencySpec(Spec):
    """`{at_most: 2, per: P7D}`: at most so many in a time."""

    at_most: Annotated[int, Field(ge=1, le=limits.MAX_PER_PERIOD)]
    """How many, of one person."""
    per: LastingDuration | Period
    """A sliding window of this length, at most 366 days, or a calendar period in the person's
    zone; a week begins on Monday."""

    def compiled(self) -> Frequency:
        """Turn into what the engine counts by."""
        return Frequency(self.at_most, self.per)


class QuietHoursSpec(Spec):
    """`{from: "21:00", to: "08:00"}`: when nothing is sent."""

    start: ClockTime = Field(alias="from")
    """When the quiet time begins."""
    end: ClockTime = Field(alias="to")
    """When it ends; before `from` means the next morning."""
    days: Annotated[list[Weekday], Field(min_length=1)] | None = None
    """Days on which a quiet time begins; every day by default."""
    timezone: str = "profile"
    """An IANA zone, or `profile` for each person's own (`timeZone`, else the journey's)."""
    then: Literal["defer", "discard"] = "defer"
    """Send when they are over, or do not send."""

    def compiled(self) -> QuietHours:
        """Turn into what the engine goes by."""
        return QuietHours(self.start, self.end, tuple(self.days or ()), self.timezone, self.then)


class PolicySpec(NamedSpec):
    """`kind: policy`: limits for the messages and the walks of some journeys."""

    model_config = shown(
        {
            "kind": "policy",
            "id": "not_too_often",
            "caps": [{"at_most": 2, "per": "P7D"}, {"at_most": 1, "per": "day"}],
            "quiet_hours": {"from": "21:00", "to": "08:00"},
        },
        {
            "kind": "policy",
            "id": "few_journeys",
            "entries": {"at_most": 3, "per": "week"},
            "inside": 2,
        },
    )

    kind: Literal["policy"]
    channels: Annotated[list[str], Field(min_length=1)] | None = None
    """Channels it holds for; every channel by default."""
    category: Category = "marketing"
    """Category of the actions it holds for."""
    journeys: Annotated[list[Identifier], Field(min_length=1)] | None = None
    """Journeys it holds for, and whose messages and walks it counts; all by default."""
    caps: Annotated[list[FrequencySpec], Field(max_length=limits.MAX_CAPS)] = Field(
        default_factory=list
    )
    """How many messages a person gets at most; all of them hold."""
    quiet_hours: QuietHoursSpec | None = None
    """When nothing is sent."""
    entries: FrequencySpec | None = None
    """How many walks a person begins at most, whatever they send."""
    inside: Annotated[int, Field(ge=1, le=limits.MAX_INSIDE)] | None = None
    """How many walks a person is on at once."""

    @property
    def is_about_messages(self) -> bool:
        """Say whether it limits messages."""
        return bool(self.caps) or self.quiet_hours is not None

    @property
    def is_about_walks(self) -> bool:
        """Say whether it limits walks."""
        return self.entries is not None or self.inside is not None

    def compiled(self) -> Policy:
        """Turn into what plans carry."""
        return Policy(
            id=self.id,
            category=self.category,
            channels=tuple(self.channels or ()),
            journeys=tuple(self.journeys or ()),
            caps=tuple(cap.compiled() for cap in self.caps),
            quiet_hours=self.quiet_hours.compiled() if self.quiet_hours else None,
            entries=self.entries.compiled() if self.entries else None,
            inside=self.inside,
        )
