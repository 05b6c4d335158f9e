"""Names of time zones that there are not, and which may be meant."""

from __future__ import annotations

from zoneinfo import available_timezones

from journeys.diagnostics import nearest
from journeys.expressions.temporal import zone_named

ZONE_HINT = "name an IANA zone such as Europe/Paris, or 'profile' for each person's own"
"""What to do where nobody can tell which zone is meant, of a field that takes both."""
_CLOCKS = {
    "AEST": "Australia/Sydney",
    "BST": "Europe/London",
    "CEST": "Europe/Berlin",
    "CST": "America/Chicago",
    "EDT": "America/New_York",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "PDT": "America/Los_Angeles",
    "PST": "America/Los_Angeles",
}
"""What people call clocks, some of them several, to a place that has them."""


def zone_fault(zone: str) -> tuple[str, str | None] | None:
    """Say what is wrong with the name of a time zone, and which may be meant, if anything is."""
    if zone_named(zone) is not None:
        return None
    place = _CLOCKS.get(zone.upper())
    if place is not None:
        return (
            f"'{zone}' is no time zone",
            f"name a place whose clocks are meant, such as '{place}'",
        )
    known = available_timezones()
    is_region = any(name.startswith(f"{zone}/") for name in known)
    meant = None if is_region else nearest(zone, known)
    return f"'{zone}' is no time zone", meant and f"did you mean '{meant}'?"
