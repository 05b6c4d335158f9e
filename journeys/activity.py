"""What an activity is: a step as an author writes it, and the same step as the engine runs it.

One file in `journeys.activities` per kind holds both. A step is entered once per visit; if it
blocks, it is resumed with each cause that its `Waiting` names until it no longer blocks:

    enter(visit) -> Go | Block | Leave          resume(visit, cause) -> Go | Leave | None (stay)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from journeys.definitions import ActionDefinition, Conversions, EventDefinition
from journeys.expressions import Scope, compile_expression
from journeys.messages import ActionRequest, ActionResult, JsonObject
from journeys.outcomes import Outcome, Reason
from journeys.profile import Profile
from journeys.state import Instance, Waiting

END = "end"
"""The step that every journey has: the walk is complete."""


@dataclass(frozen=True, slots=True)
class Go:
    """Leave this step for another."""

    to: str
    outcome: Outcome = Outcome.PASSED
    branch: str | None = None
    reason: Reason | None = None
    result: ActionResult | None = None
    action: ActionDefinition | None = None
    """Whose result it is."""


@dataclass(frozen=True, slots=True)
class Block:
    """Stay at this step until one of the things waited for comes."""

    waiting: Waiting
    request: ActionRequest | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """End the walk here."""

    outcome: Outcome
    reason: Reason | None = None
    branch: str | None = None
    result: ActionResult | None = None
    action: ActionDefinition | None = None
    """Whose result it is."""
    detail: str | None = None


Move: TypeAlias = Go | Block | Leave


@dataclass(frozen=True, slots=True)
class EventArrived:
    """A record came that is one or more of the events waited for."""

    ids: frozenset[str]
    payload: JsonObject


@dataclass(frozen=True, slots=True)
class TimeIsUp:
    """The instant waited for has come."""


@dataclass(frozen=True, slots=True)
class ResultArrived:
    """The action asked for has ended."""

    result: ActionResult


Cause: TypeAlias = EventArrived | TimeIsUp | ResultArrived


class Visit:
    """One person at one step at one moment: all that a step may look at."""

    __slots__ = ("_scope", "actions", "conversions", "events", "instance", "now", "profile", "zone")

    def __init__(
        self,
        instance: Instance,
        profile: Profile,
        definitions: tuple[Mapping[str, EventDefinition], Mapping[str, ActionDefinition]],
        conversions: Mapping[str, Conversions],
        zone: str,
        now: int,
    ) -> None:
        self.instance = instance
        self.profile = profile
        self.events, self.actions = definitions
        self.conversions = conversions
        self.zone = zone
        self.now = now
        self._scope: Scope | None = None

    @property
    def scope(self) -> Scope:
        """What expressions read; built when the first one asks."""
        if self._scope is None:
            instance = self.instance
            self._scope = Scope(
                events=instance.events,
                profile={**self.profile.attributes, "id": self.profile.id},
                actions=instance.actions,
                now=self.now,
                zone=self.zone,
                seed=f"{instance.id}/{instance.step}/{instance.visits.get(instance.step)}",
            )
        return self._scope

    def holds(self, expression: str) -> bool:
        """Evaluate a condition; null counts as false."""
        return (
            compile_expression(expression, self.conversions.get(expression, ()))(self.scope) is True
        )


@dataclass(frozen=True, slots=True)
class Branch:
    """One way out of a step, named as step events name it."""

    to: str
    """A step, or `END`."""
    label: str | None = None
    """None where the step has only one way for everybody."""


@dataclass(frozen=True)
class Step:
    """A step as the engine runs it. Subclasses add what their kind needs, as plain data."""

    id: str
    kind: str
    next: str
    """Where the step leads if no branch says otherwise."""
    label: str | None = field(default=None, kw_only=True)

    def branches(self) -> list[Branch]:
        """Give every way out of this step, in the order in which an author wrote them."""
        return [Branch(self.next)]

    def enter(self, visit: Visit) -> Move:
        """Begin a visit of this step."""
        raise NotImplementedError

    def resume(self, visit: Visit, cause: Cause) -> Move | None:
        """Go on after a cause that the step waits for; None stays."""
        return None
