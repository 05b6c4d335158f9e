"""Places that a `cap` gives away: who counts them, decides by this and nothing else."""

from __future__ import annotations

from journeys.messages import ActionRequest, ActionResult, ActionStatus

PLACED, FULL = "placed", "full"
"""Codes of the two answers, as `jo_status_code` would read them."""


def claim(taken: int, request: ActionRequest) -> tuple[int, ActionResult]:
    """Answer one claim for a place.

    Args:
        taken: places given away before.
        request: the claim; its message says how many places there are.

    Returns:
        Places given away now, and the answer.
    """
    limit = request.message.get("limit")
    is_free = isinstance(limit, int) and taken < limit
    result = ActionResult(
        request_id=request.request_id,
        profile_id=request.profile_id,
        instance_id=request.instance_id,
        status=ActionStatus.SUCCEEDED if is_free else ActionStatus.NOT_SENT,
        code=PLACED if is_free else FULL,
        attempts=0,
    )
    return taken + is_free, result
