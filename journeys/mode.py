"""How a walk is walked: for real, or as a rehearsal of one kind or another."""

from __future__ import annotations

from enum import StrEnum


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
