"""What crosses a boundary: the request and the result of an action. Knows no transport."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import InstanceOf, SkipValidation
from typing_extensions import TypeAliasType

# Named, so that pydantic can follow the recursion.
JsonValue = TypeAliasType(
    "JsonValue", "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
)
JsonObject: TypeAlias = dict[str, JsonValue]


Reaction = Literal["delivered", "bounced", "opened", "clicked", "unsubscribed", "complained"]
"""What can become of a message (`journey-semantics` A.2)."""
REACTIONS: tuple[str, ...] = get_args(Reaction)


Category = Literal["marketing", "transactional"]


class ActionStatus(StrEnum):
    """How an action ended, once no further attempt will be made."""

    SUCCEEDED = "succeeded"
    ERROR = "error"
    TIMEOUT = "timeout"
    CAPPED = "capped"
    NOT_SENT = "not_sent"


@dataclass
class ActionRequest:
    """One action for one person, complete: no template and no expression is left in it.

    Secrets stay references (`${secret:NAME}`) until the moment of the call. Nobody changes it; it
    is neither frozen nor slotted, to be made and written four times as fast, as `StepEvent`.
    """

    request_id: str
    """Deterministic: the same decision always asks under the same id. Travels to the provider."""
    profile_id: str
    instance_id: str
    journey_id: str
    journey_version: int
    step_id: str
    action_id: str
    channel: str
    endpoint: str
    """What this call shares limits with: a host and port, or a named mail server."""
    # Read from JSON, it holds nothing else: to look through it took longer than all the rest.
    message: Annotated[JsonObject, InstanceOf()]
    """The channel's own message, as its `Message` class writes it."""
    timeout_ms: int
    """Total time for all attempts, counted from the first."""
    max_attempts: int
    requested_at: int
    """Milliseconds since 1970-01-01 UTC."""
    category: Category = "transactional"
    """Transactional calls have their turn before marketing."""
    cache_ms: int | None = None
    """How long the answer may serve equal requests; None: each is made for itself."""


@dataclass(frozen=True, slots=True)
class ActionResult:
    """How one request ended."""

    request_id: str
    profile_id: str
    instance_id: str
    status: ActionStatus
    code: str
    """What expressions read as `jo_status_code`: `http_200`, `smtp_250`, `timedout`, …"""
    reason: str | None = None
    """For `not_sent` and `error`: a member of the closed vocabulary in `journeys.outcomes`."""
    detail: str | None = None
    """One sentence for a person: what the provider or the network said. Never holds a secret."""
    response: Annotated[JsonValue, SkipValidation] = None  # as `message`
    attempts: int = 1
    """0 where nobody was called: it was withheld or capped, or an equal request was answered."""
    latency_ms: int = 0
    """From the first attempt to the end of the last."""
    provider_message_id: str | None = None
    endpoint: str = ""
    """What was called."""
    queued_ms: int | None = None
    """From its request to its first attempt; None where nobody was called."""
    ended_at: int | None = None
    """When it ended, in milliseconds; None: a release before said it not."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a channel reports of one attempt that the provider accepted."""

    code: str
    response: JsonValue = None
    provider_message_id: str | None = None
