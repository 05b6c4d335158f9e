"""One call by itself, written and judged as a step of a journey would, without a journey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from journeys.activities.action import Action
from journeys.activities.lookup import Lookup
from journeys.activity import END, Block, Go, Leave, Move, ResultArrived, Step, Visit
from journeys.attributes import Attributes
from journeys.compiler import Compilation
from journeys.definitions import ActionDefinition, AudienceRule, ModelDefinition, Rules
from journeys.kinds.scenario import PERSON
from journeys.known import Known
from journeys.messages import ActionRequest, ActionResult, ActionStatus, JsonObject
from journeys.outcomes import Reason
from journeys.policy import Policy
from journeys.profile import Profile
from journeys.state import Instance, PersonState
from journeys.tables import Tables
from journeys.template import parse_template

JOURNEY = "try"
"""The journey that the request of such a call names."""


@dataclass(frozen=True, slots=True)
class Given:
    """For whom, and in what circumstances."""

    id: str
    """Names the call: another one is another call to whoever is called."""
    now: int
    """Milliseconds since 1970-01-01 UTC."""
    attributes: JsonObject = field(default_factory=dict)
    """Of the person; `id` names them."""
    events: Mapping[str, JsonObject] = field(default_factory=dict)
    """Id of an event to its payload."""
    arguments: JsonObject = field(default_factory=dict)
    """Values for this use, as under `with` of a step."""


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
    """A visit of one step, of which all else is made up."""

    def __init__(
        self, compilation: Compilation, kind: Literal["action", "source"], name: str, given: Given
    ) -> None:
        """Prepare a call.

        Args:
            compilation: the project.
            kind: what is called.
            name: its id.
            given: for whom.
        """
        self._step = _step(kind, name, given.arguments)
        instance = Instance(given.id, JOURNEY, 1, given.now, name, visits={name: 1})
        instance.events.update(given.events)
        plan = _Alone({name: self._step}, compilation.actions, compilation.sources)
        self._visit = Visit(instance, _known(compilation, given), plan, PersonState(), {})

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


def _step(kind: str, name: str, arguments: JsonObject) -> Step:
    values = parse_template(arguments)
    if kind == "source":
        return Lookup(name, "lookup", END, source=name, arguments=values)
    return Action(name, "action", END, action=name, arguments=values)


@dataclass(frozen=True, slots=True)
class _Alone:
    """What a step sees of the plan around it, where there is none."""

    steps: Mapping[str, Step]
    actions: Mapping[str, ActionDefinition]
    sources: Mapping[str, ActionDefinition]
    policies: Sequence[Policy] = ()


def _known(compilation: Compilation, given: Given) -> Known:
    """Give what is known of the person: audiences and scores by the rules of the project."""
    attributes = {name: value for name, value in given.attributes.items() if name != "id"}
    profile = Profile(str(given.attributes.get("id", PERSON)), lambda: Attributes(attributes))
    audiences: dict[str, AudienceRule] = {}
    for plan in compilation.plans.values():
        audiences |= plan.rules.audiences
    models = {d.id: d for d in compilation.shared if isinstance(d, ModelDefinition)}
    rules = Rules(compilation.rules.conversions, models, audiences=audiences)
    return Known(profile, {}, rules, profile.zone or "UTC", given.now, Tables(), models)
