"""How what the dispatch of calls is told, keeps and says becomes text and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from journeys import codec
from journeys.clock import format_instant
from journeys.command import WithdrawCalls
from journeys.dispatch.rates import Taken
from journeys.endpoint import Limited
from journeys.formats import MESSAGE_VERSION, QUOTA_VERSION, shaped, stored, to_text
from journeys.messages import ActionRequest, ActionResult


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A request that may have been carried out before a failure."""

    request: ActionRequest


_LIMITED: TypeAdapter[Limited] = TypeAdapter(Limited)
_TAKEN: TypeAdapter[Taken] = TypeAdapter(Taken)


def dump_withdrawal(withdrawn: WithdrawCalls) -> str:
    """Write that whatever is asked for in the name of an identity is given up."""
    return to_text({"v": MESSAGE_VERSION, "withdrawn": withdrawn})


def dump_limited(limited: Limited) -> str:
    """Write that other limits hold for an endpoint."""
    return to_text({"v": MESSAGE_VERSION, "limited": limited})


def dump_doubtful(request: ActionRequest) -> str:
    """Write a request that may have been carried out before a failure."""
    return to_text({"v": MESSAGE_VERSION, "request": request, "doubtful": True})


def load_asked(
    text: str | bytes,
) -> ActionRequest | Doubtful | ActionResult | WithdrawCalls | Limited:
    """Read what the dispatch of calls is asked for, or told.

    Raises:
        CodecError: the text is no such message.
        UnknownVersionError: a newer release wrote it.
    """
    value: dict[str, Any] = stored("message", text, MESSAGE_VERSION)
    if "withdrawn" in value:
        return shaped("withdrawal", lambda: WithdrawCalls(**value["withdrawn"]))
    if "limited" in value:
        return shaped("limits", lambda: _LIMITED.validate_python(value["limited"]))
    if "result" in value:
        return codec.result_of(value)
    request = codec.request_of(value)
    return Doubtful(request) if value.get("doubtful") else request


def dump_quota(limited: Limited | None, taken: Taken) -> str:
    """Write what outlives a desk: its limits, and what was taken of them."""
    kept = {"next_at": taken.next_at, "counted": taken.counted}
    return to_text({"v": QUOTA_VERSION, "limited": limited, "taken": kept})


def load_quota(text: str | None) -> tuple[Limited | None, Taken]:
    """Read what outlives a desk; nothing stored is nothing said, and nothing taken.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    if text is None:
        return None, Taken()
    value: dict[str, Any] = stored("quota", text, QUOTA_VERSION)
    return shaped("quota", lambda: _quota(value))


def _quota(value: dict[str, Any]) -> tuple[Limited | None, Taken]:
    said = value["limited"]
    limited = None if said is None else _LIMITED.validate_python(said)
    return limited, _TAKEN.validate_python(value["taken"])


def dump_breaker(endpoint: str, *, is_open: bool, at: int) -> str:
    """Write that an endpoint is left alone, or no more, as a metric."""
    return to_text(
        {
            "metric": "journeys_endpoint_open",
            "endpoint": endpoint,
            "value": int(is_open),
            "at": format_instant(at),
        }
    )
