"""The ledger: whoever came into a version is inside it or has left it. Drift says how many are not.

    entered + moved in = inside + moved out + completed + exited + failed

Who is inside is told by the state of the job that runs journeys (`journeys.presence`); all else is
counted over step events by another job. The two never meet at one instant: a step event is seen
with the next checkpoint, a headcount some seconds late. So they are not compared number by number.
For each version it is noted again and again what either says; where the two had no value in common
for so long that all that was under way must have arrived, somebody is lost or counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from journeys.fixed import fixed
from journeys.outcomes import Outcome

SIGNS: Mapping[Outcome, int] = {
    Outcome.ENTERED: 1,
    Outcome.MOVED_IN: 1,
    Outcome.MOVED_OUT: -1,
    Outcome.COMPLETED: -1,
    Outcome.EXITED: -1,
    Outcome.FAILED: -1,
}
"""What each outcome adds to those inside."""


@fixed
class Sample:
    """What the two sources said at an instant."""

    at: int
    counted: int
    """Who should be inside, by step events."""
    inside: int
    """Who is, by the state of the job."""


@dataclass(slots=True)
class Ledger:
    """Of one version. Call order: note what is told as it comes, and `look` every few seconds."""

    moves: dict[Outcome, int] = field(default_factory=dict)
    """How many came or left, by step events."""
    inside: int = 0
    """How many are inside, as the job said last. It says nothing while nobody ever was."""
    unseen: int | None = 0
    """How many came before the step events that were read begin; None: that shows once it has been
    the same for long enough."""
    samples: list[Sample] = field(default_factory=list)
    drift: int | None = None
    """How many are missing inside, or too many if it is less than zero, in all that was noted of
    late. None: too little is noted."""

    @property
    def counted(self) -> int:
        """Who should be inside, by step events."""
        return sum(SIGNS[outcome] * value for outcome, value in self.moves.items())

    def begin_again(self) -> None:
        """Forget what was noted: it is not of one time, as after a stop."""
        self.samples.clear()
        self.drift = None

    def look(self, now: int, window_ms: int) -> None:
        """Note what either source says, and judge once a whole window is noted."""
        self.samples.append(Sample(now, self.counted, self.inside))
        while len(self.samples) > 1 and self.samples[1].at <= now - window_ms:
            self.samples.pop(0)
        if self.samples[0].at > now - window_ms:
            return
        if self.unseen is None:
            apart = {sample.inside - sample.counted for sample in self.samples}
            self.unseen = apart.pop() if len(apart) == 1 else None
        if self.unseen is not None:
            self.drift = _gap(self.samples, self.unseen)


def _gap(samples: list[Sample], unseen: int) -> int:
    """Say how far what the two said lies apart; 0: there is a value that both said."""
    counted = [sample.counted + unseen for sample in samples]
    inside = [sample.inside for sample in samples]
    if min(counted) > max(inside):
        return min(counted) - max(inside)
    if max(counted) < min(inside):
        return max(counted) - min(inside)
    return 0
