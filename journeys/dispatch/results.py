"""How a call ended, in the words that its journey reads."""

from __future__ import annotations

from journeys.clock import format_duration
from journeys.dispatch.ticket import Ticket
from journeys.errors import PortError
from journeys.messages import ActionResult, ActionStatus, Delivery
from journeys.outcomes import Reason

_WITHHELD = {"egress_denied": Reason.EGRESS_DENIED}
"""Codes of refusals on our own side: nothing was sent."""


def delivered(ticket: Ticket, delivery: Delivery, now: int) -> ActionResult:
    """Say that the provider accepted it."""
    return _result(
        ticket,
        ActionStatus.SUCCEEDED,
        delivery.code,
        now,
        response=delivery.response,
        provider_message_id=delivery.provider_message_id,
    )


def remembered(ticket: Ticket, delivery: Delivery, now: int) -> ActionResult:
    """Say what an equal question was answered: nobody was called for this one."""
    return _result(ticket, ActionStatus.SUCCEEDED, delivery.code, now, response=delivery.response)


def refused(ticket: Ticket, error: PortError, now: int) -> ActionResult:
    """Say that it failed for good."""
    reason = _WITHHELD.get(error.code)
    status = ActionStatus.NOT_SENT if reason else ActionStatus.ERROR
    return _result(
        ticket,
        status,
        error.code,
        now,
        reason=reason,
        detail=str(error),
        response=error.response,
    )


def late(ticket: Ticket, now: int) -> ActionResult:
    """Say that its total time is over."""
    detail = f"no success within {ticket.timeout_ms} ms"
    if ticket.last is not None:
        detail += f"; the last attempt said: {ticket.last}"
    return _result(ticket, ActionStatus.TIMEOUT, "timedout", now, detail=detail)


def unattended(ticket: Ticket, wait_ms: int, now: int) -> ActionResult:
    """Say that its turn did not come in time."""
    detail = f"the endpoint had no room for it within {format_duration(wait_ms)}"
    return _result(ticket, ActionStatus.TIMEOUT, "timedout", now, detail=detail)


def capped(ticket: Ticket, detail: str, now: int) -> ActionResult:
    """Say that it is more than the endpoint may be asked."""
    return _result(ticket, ActionStatus.CAPPED, "capped", now, detail=detail)


def _result(
    ticket: Ticket, status: ActionStatus, code: str, now: int, **fields: object
) -> ActionResult:
    return ActionResult(
        request_id=ticket.request_id,
        profile_id=ticket.profile_id,
        instance_id=ticket.instance_id,
        status=status,
        code=code,
        attempts=ticket.attempts,
        endpoint=ticket.endpoint,
        latency_ms=max(0, now - ticket.first_at) if ticket.attempts else 0,
        queued_ms=max(0, ticket.first_at - ticket.requested_at) if ticket.attempts else None,
        ended_at=now,
        **fields,  # type: ignore[arg-type]  # named fields
    )
