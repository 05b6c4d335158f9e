"""`kind: policy`: how often and when people may be contacted, over all journeys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from journeys import limits
from journeys.specification import ClockTime, LastingDuration, NamedSpec, Spec, Weekday, shown


class FrequencySpec(Spec):
    """`{at_most: 2, per: P7D}`: a frequency cap."""

    at_most: Annotated[int, Field(ge=1, le=limits.MAX_PER_PERIOD)]
    """Messages to one person."""
    per: LastingDuration | Literal["hour", "day", "week", "month"]
    """A sliding window of this length, or a calendar period in the person's zone."""


class QuietHoursSpec(Spec):
    """`{from: "21:00", to: "08:00"}`: when nothing is sent."""

    start: ClockTime = Field(alias="from")
    """Begin, in the person's zone."""
    end: ClockTime = Field(alias="to")
    """End; before `from` means the next morning."""
    days: Annotated[list[Weekday], Field(min_length=1)] | None = None
    """Days on which a quiet time begins; every day by default."""
    timezone: str = "profile"
    """An IANA zone, or `profile` for each person's own."""
    then: Literal["defer", "discard"] = "defer"
    """Send when they are over, or do not send."""


class PolicySpec(NamedSpec):
    """`kind: policy`: limits for messages of some channels and one category."""

    model_config = shown(
        {
            "kind": "policy",
            "id": "not_too_often",
            "caps": [{"at_most": 2, "per": "P7D"}, {"at_most": 1, "per": "day"}],
            "quiet_hours": {"from": "21:00", "to": "08:00"},
        }
    )

    kind: Literal["policy"]
    channels: Annotated[list[str], Field(min_length=1)] | None = None
    """Channels it holds for; every channel by default."""
    category: Literal["marketing", "transactional"] = "marketing"
    """Category of the actions it holds for."""
    caps: Annotated[list[FrequencySpec], Field(max_length=limits.MAX_CAPS)] = Field(
        default_factory=list
    )
    """How many messages a person gets at most; all of them hold."""
    quiet_hours: QuietHoursSpec | None = None
    """When nothing is sent."""
