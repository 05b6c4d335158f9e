"""Functions that ask who the profile belongs to."""

from __future__ import annotations

from journeys.expressions.function import OnNull, function
from journeys.expressions.scope import Scope
from journeys.expressions.values import Value


@function(
    "inAudience(audience: string) -> boolean",
    examples=[("inAudience('big_spenders')", False)],
    on_null=OnNull.FALSE,
    reads_scope=True,
    constants=["audience"],
)
def in_audience(scope: Scope, audience: str) -> Value:
    """Say whether the profile is in an audience now. The audience is given as a literal."""
    return scope.audiences.get(audience) == "realized"


@function(
    "inSegment(segment: string) -> boolean",
    examples=[("inSegment('big_spenders')", False)],
    on_null=OnNull.FALSE,
    reads_scope=True,
    constants=["segment"],
)
def in_segment(scope: Scope, segment: str) -> Value:
    """Say whether the profile is in an audience, newly or since before (older name)."""
    return scope.audiences.get(segment) in {"realized", "existing"}
