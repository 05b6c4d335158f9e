"""Responses that a call takes for a success, drawn from its schema and tried by its own rule."""

from __future__ import annotations

from collections.abc import Callable

from journeys.call import judged
from journeys.definitions import ActionDefinition
from journeys.messages import ActionRequest, ActionResult, ActionStatus, JsonObject
from journeys.plans import Plans
from journeys.simulator import succeed

TRIES = 200
"""So many responses are drawn until one is a success."""


def asked_of(plans: Plans, request: ActionRequest) -> ActionDefinition | None:
    """Give the action or source of a request."""
    plan = plans.find(request.journey_id, request.journey_version)
    if plan is None:
        return None
    return plan.actions.get(request.action_id) or plan.sources.get(request.action_id)


def success(
    definition: ActionDefinition | None, request: ActionRequest, draw: Callable[[int], JsonObject]
) -> JsonObject:
    """Draw responses until one is a success; where none is, give the first.

    Args:
        definition: what is called.
        request: the call.
        draw: gives the response of a try, counted from 0.
    """
    first = draw(0)
    if definition is None or definition.expected is None:
        return first
    tried = (first if number == 0 else draw(number) for number in range(TRIES))
    return next((each for each in tried if _is_success(definition, request, each)), first)


def _is_success(definition: ActionDefinition, request: ActionRequest, response: JsonObject) -> bool:
    result = ActionResult(
        request_id=request.request_id,
        profile_id=request.profile_id,
        instance_id=request.instance_id,
        status=ActionStatus.SUCCEEDED,
        code=succeed(request).code,
        response=response,
    )
    return judged(result, definition, request.requested_at).status is ActionStatus.SUCCEEDED
