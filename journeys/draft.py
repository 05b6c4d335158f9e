"""What an action would send to one person, or why nothing would leave; and one call by itself.

Sends nothing. A message is written by the very code that a step of a journey writes it by, for a
person, a past and answers that are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from journeys.actions import ACTIONS
from journeys.activities.action import Action, refusal_of_person
from journeys.activities.lookup import Lookup
from journeys.activity import END, Block, Go, Leave, Move, ResultArrived, Step, Visit
from journeys.call import WithheldError, message_of
from journeys.definitions import ActionDefinition, Rules
from journeys.known import Known
from journeys.messages import ActionRequest, ActionResult, ActionStatus, JsonObject
from journeys.outcomes import Reason
from journeys.plan import Entry, Plan
from journeys.policy import Refusal
from journeys.profile import Profile
from journeys.state import Instance, PersonState
from journeys.tables import Tables
from journeys.template import parse_template

DRAFT: Final = "draft"
"""Stands for the journey, and for the step, of what belongs to none."""
_NAMES: Final = (
    DRAFT,
    1,
    "",
    "profile",
    Entry(reentry_allowed=True, reentry_after_ms=0),
    DRAFT,
)


@dataclass(frozen=True, slots=True)
class Situation:
    """A person at a step: all that a message may name."""

    profile: Profile
    now: int
    """The instant, in milliseconds."""
    events: Mapping[str, JsonObject] = field(default_factory=dict)
    """Event id to its payload."""
    actions: Mapping[str, JsonObject] = field(default_factory=dict)
    """Step id to the response of its action."""
    sources: Mapping[str, JsonObject] = field(default_factory=dict)
    """Source id to its answer."""
    arguments: JsonObject = field(default_factory=dict)
    """What the step gives under `with`."""
    rules: Rules = field(default_factory=Rules)
    """What expressions are computed by."""
    id: str = ""
    """Names the call: another one is another call to whoever is called; empty: person and instant.
    """


@dataclass(frozen=True, slots=True)
class Draft:
    """A message, and what keeps it from being sent."""

    request: ActionRequest | None = None
    """As the channel would get it; None where the message could not be written."""
    refusal: Refusal | None = None
    """Why it would not be sent, and what is wrong; None: it would be."""


def draft(asked: ActionDefinition, situation: Situation) -> Draft:
    """Write what an action, or a source, would send to a person."""
    visit = _visit(situation, Plan(*_NAMES, steps={}, events={}, actions={}), DRAFT)
    try:
        message = message_of(asked, visit.names(situation.arguments))
    except WithheldError as withheld:
        return Draft(refusal=(withheld.reason, withheld.detail))
    refusal = refusal_of_person(asked, situation.profile.attributes)
    return Draft(
        visit.request(DRAFT, asked, message),
        refusal or ACTIONS[asked.channel].refusal(message),
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """What a journey would make of the end of a call."""

    result: ActionResult
    """As it counts."""
    reason: Reason | None
    """Why it was no success."""
    read: JsonObject
    """What `@action{…}` reads of it."""


class SingleCall:
    """A visit of the one step that asks for an action, or a source, without a journey around it."""

    def __init__(
        self, kind: Literal["action", "source"], asked: ActionDefinition, situation: Situation
    ) -> None:
        name, values = asked.id, parse_template(situation.arguments)
        self._step: Step = (
            Action(name, "action", END, action=name, arguments=values)
            if kind == "action"
            else Lookup(name, "lookup", END, source=name, arguments=values)
        )
        called = {name: asked}
        plan = Plan(*_NAMES, steps={name: self._step}, events={}, actions=called, sources=called)
        self._visit = _visit(situation, plan, name)

    def ask(self) -> ActionRequest | Ended:
        """Write the request, or say why nothing is sent."""
        move = self._step.enter(self._visit)
        if isinstance(move, Block) and move.request is not None:
            return move.request
        return self._ended(move)

    def take(self, result: ActionResult) -> Ended:
        """Take the result of the request."""
        return self._ended(self._step.resume(self._visit, ResultArrived(result)))

    def _ended(self, move: Move | None) -> Ended:
        if not isinstance(move, Go | Leave) or move.result is None:
            message = "the step did not take the result of its own request"
            raise RuntimeError(message)
        status = move.result.status
        reason = None if status is ActionStatus.SUCCEEDED else move.reason
        return Ended(move.result, reason, self._visit.instance.actions[self._step.id])


def _visit(situation: Situation, plan: Plan, step: str) -> Visit:
    profile, now, rules = situation.profile, situation.now, situation.rules
    instance = Instance(
        id=situation.id or f"{DRAFT}/{profile.id}/{now}",
        journey=DRAFT,
        version=1,
        entered_at=now,
        step=step,
        visits={step: 1},
        events=dict(situation.events),
        actions=dict(situation.actions),
        sources=dict(situation.sources),
    )
    known = Known(profile, {}, rules, profile.zone or "UTC", now, Tables(), rules.models)
    return Visit(instance, known, plan, PersonState(), {})
