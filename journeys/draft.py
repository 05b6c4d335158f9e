"""What an action would send to one person, or why nothing would leave. Sends nothing.

A message is written by the very code that a step of a journey writes it by, for a person, a past
and answers that are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from journeys.actions import ACTIONS
from journeys.activities.action import refusal_of_person
from journeys.activity import Visit
from journeys.call import WithheldError, message_of
from journeys.definitions import ActionDefinition, Rules
from journeys.known import Known
from journeys.messages import ActionRequest, JsonObject
from journeys.plan import Entry, Plan
from journeys.policy import Refusal
from journeys.profile import Profile
from journeys.state import Instance, PersonState
from journeys.tables import Tables

DRAFT: Final = "draft"
"""Stands for the journey, and for the step, of what belongs to none."""


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


@dataclass(frozen=True, slots=True)
class Draft:
    """A message, and what keeps it from being sent."""

    request: ActionRequest | None = None
    """As the channel would get it; None where the message could not be written."""
    refusal: Refusal | None = None
    """Why it would not be sent, and what is wrong; None: it would be."""


def draft(asked: ActionDefinition, situation: Situation) -> Draft:
    """Write what an action, or a source, would send to a person."""
    visit = _visit(situation)
    try:
        message = message_of(asked, visit.names(situation.arguments))
    except WithheldError as withheld:
        return Draft(refusal=(withheld.reason, withheld.detail))
    refusal = refusal_of_person(asked, situation.profile.attributes)
    return Draft(
        visit.request(DRAFT, asked, message),
        refusal or ACTIONS[asked.channel].refusal(message),
    )


def _visit(situation: Situation) -> Visit:
    profile, now, rules = situation.profile, situation.now, situation.rules
    instance = Instance(
        id=f"{DRAFT}/{profile.id}/{now}",
        journey=DRAFT,
        version=1,
        entered_at=now,
        step=DRAFT,
        visits={DRAFT: 1},
        events=dict(situation.events),
        actions=dict(situation.actions),
        sources=dict(situation.sources),
    )
    known = Known(profile, {}, rules, profile.zone or "UTC", now, Tables(), rules.models)
    plan = Plan(
        DRAFT, 1, "", "profile", Entry(reentry_allowed=True, reentry_after_ms=0), DRAFT, {}, {}, {}
    )
    return Visit(instance, known, plan, PersonState(), {})
