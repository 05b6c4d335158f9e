"""How a walk is walked, and what becomes of it when its journey changes."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

InFlight = Literal["finish", "move", "exit"]
"""What becomes of people inside: they finish their version, move to another, or exit."""


class Mode(StrEnum):
    """What a published version is there for, and so each walk that begins in it."""

    LIVE = "live"
    """For real."""
    TEST = "test"
    """Only people whose profile says `testProfile: true` enter; what is sent to them is real."""
    DRY_RUN = "dry_run"
    """Real people enter; nothing is sent, and nothing of them changes."""
    SHADOW = "shadow"
    """As a dry run, beside the version that is live, to compare what both decide."""

    @property
    def is_silent(self) -> bool:
        """Say whether nothing is sent and nothing changes."""
        return self is Mode.DRY_RUN or self is Mode.SHADOW
