"""What can go wrong while a local broker or cluster is fetched, started or stopped."""

from __future__ import annotations

from journeys.errors import JourneyError


class EmbeddedError(JourneyError):
    """The local broker or cluster cannot do what was asked; the message says what to do."""
