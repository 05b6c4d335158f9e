"""Split: send a share of the people each way; the same person always goes the same way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import Field

from journeys import limits
from journeys.activity import Branch, Go, Move, Step, Visit
from journeys.identifiers import draw
from journeys.shares import Percent, Share, chosen
from journeys.specification import ForkSpec, Identifier, Path, Spec, shown


@dataclass(frozen=True)
class Split(Step):
    """Draw a way for a person from a hash of person, journey and step: sticky over versions."""

    shares: list[Share] = field(default_factory=list)

    def usual_branches(self) -> list[Branch]:
        """Each share is a way."""
        return [Branch(share.to, share.label) for share in self.shares]

    def enter(self, visit: Visit) -> Move:
        """Take the way that the draw falls on."""
        share = chosen(
            self.shares, draw("split", visit.profile.id, visit.instance.journey, self.id)
        )
        return Go(share.to, branch=share.label)


class ShareSpec(Spec):
    """`{percent: 20, to: …}`: one way and its share of the people."""

    percent: Percent
    """Share of the people; all of them together are 100."""
    to: Identifier | None = None
    """The step to go to; by default the step's `next`."""
    label: str | None = None
    """Name of the way in step events; by default `way_1`, `way_2`, …"""


class SplitSpec(ForkSpec):
    """`{split: [{percent: 20, to: a}, {percent: 80, to: b}]}`: shares of the people, by chance."""

    model_config = shown({"split": [{"percent": 20, "to": "offer"}, {"percent": 80, "to": "end"}]})

    kind: ClassVar[str] = "split"
    split: Annotated[list[ShareSpec], Field(min_length=2, max_length=limits.MAX_RULES)]
    """The ways and their shares."""

    def compiled(self, step_id: str, following: str) -> Split:
        """Turn into the step that the engine runs."""
        shares = [
            Share(spec.percent, spec.to or following, label)
            for spec, label in zip(self.split, self.labels(), strict=True)
        ]
        return Split(**self.common(step_id, following), shares=shares)

    def labels(self) -> list[str]:
        """Name the ways as step events do."""
        return [spec.label or f"way_{n}" for n, spec in enumerate(self.split, start=1)]

    def shares(self) -> Iterator[tuple[Path, list[float]]]:
        """Name the shares, which must be 100 together."""
        yield ("split",), [spec.percent for spec in self.split]
