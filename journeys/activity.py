"""What an activity is: a step as an author writes it, and the same step as the engine runs it.

One file in `journeys.activities` per kind holds both. A step is entered once per visit; if it
blocks, it is resumed with each cause that its `Waiting` names until it no longer blocks:

    enter(visit) -> Go | Block | Leave          resume(visit, cause) -> Go | Leave | None (stay)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from journeys.bandit import Bandit
from journeys.definitions import ActionDefinition
from journeys.expressions import Scope, Type, Value
from journeys.expressions.types import INTEGER, STRING
from journeys.fixed import fixed
from journeys.identifiers import request_id
from journeys.known import Known
from journeys.messages import ActionRequest, ActionResult, JsonObject, JsonValue
from journeys.outcomes import Outcome, Reason
from journeys.policy import Contact, Policy, Refusal
from journeys.profile import Profile
from journeys.state import Instance, PersonState, Waiting
from journeys.template import Names

END = "end"
"""The step that every journey has: the walk is complete."""
EVENTS = "events"
"""The topic that journeys listen to."""


@fixed
class UpdateProfile:
    """Change the person's attributes by a merge patch (RFC 7386)."""

    patch: JsonObject


@fixed
class Emit:
    """Send an event of this person to a topic."""

    topic: str
    event_type: str
    payload: JsonObject


@fixed
class Jump:
    """Let the person begin a walk in another journey, with the payload of its entry event."""

    journey: str
    payload: JsonObject


@fixed
class Try:
    """Give the person an arm of an experiment, and watch whether they succeed with it."""

    arm: str
    within_ms: int | None
    """How long a success counts; None: until the walk ends."""
    bandit: Bandit | None
    """Whose counter is told; None: nobody's."""


Effect: TypeAlias = UpdateProfile | Emit | Jump | Try


@fixed
class Choice:
    """How a way was chosen among several that were weighed."""

    score: float
    """What the way is worth for the person."""
    explored: bool
    """Whether it was taken by chance, and not for its score."""


@fixed
class Go:
    """Leave this step for another."""

    to: str
    outcome: Outcome = Outcome.PASSED
    branch: str | None = None
    reason: Reason | None = None
    result: ActionResult | None = None
    action: ActionDefinition | None = None
    """Whose result it is."""
    effect: Effect | None = None
    """What happens to the person on the way."""
    choice: Choice | None = None
    detail: str | None = None
    """One sentence for a person."""


@fixed
class Block:
    """Stay at this step until one of the things waited for comes."""

    waiting: Waiting
    request: ActionRequest | None = None
    outcome: Outcome = Outcome.WAITING
    """What is told of it."""
    reason: Reason | None = None
    contact: Contact | None = None
    """What policies count the request as, if they do."""
    explored: bool | None = None
    """Of a wait for the best instant: whether chance chose it."""


@fixed
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


@fixed
class EventArrived:
    """A record came that is one or more of the events waited for."""

    ids: frozenset[str]
    payload: JsonObject


@fixed
class TimeIsUp:
    """The instant waited for has come."""


@fixed
class ResultArrived:
    """The action asked for has ended."""

    result: ActionResult


@fixed
class Reacted:
    """The person reacted to a message that this walk sent."""

    step: str
    """The step whose action sent it."""
    reaction: str
    """What the person did, such as `clicked`."""


@fixed
class AudienceCrossed:
    """The person went into an audience, or out of it."""

    audience: str
    crossing: str
    """`enter` or `exit`."""


@fixed
class AttributesChanged:
    """The person's attributes changed."""


Cause: TypeAlias = (
    EventArrived | TimeIsUp | ResultArrived | Reacted | AudienceCrossed | AttributesChanged
)


class Surroundings(Protocol):
    """What a step sees of the plan that it is part of."""

    @property
    def steps(self) -> Mapping[str, Step]:
        """Give all steps of the journey."""

    @property
    def actions(self) -> Mapping[str, ActionDefinition]:
        """Give the actions that its steps ask for."""

    @property
    def sources(self) -> Mapping[str, ActionDefinition]:
        """Give the sources that its steps look up."""

    @property
    def policies(self) -> Sequence[Policy]:
        """Give those that hold for its messages or its walks."""


class Visit:
    """One person at one step at one moment: all that a step may look at."""

    __slots__ = ("_scope", "instance", "known", "person", "plan", "weights")

    def __init__(
        self,
        instance: Instance,
        known: Known,
        plan: Surroundings,
        person: PersonState,
        weights: Mapping[str, float],
    ) -> None:
        self.instance = instance
        self.known = known
        self.plan = plan
        self.person = person
        self.weights = weights
        """Arm to its percent at present, where a bandit has moved it."""
        self._scope: Scope | None = None

    @property
    def profile(self) -> Profile:
        """The person's attributes and past."""
        return self.known.profile

    @property
    def now(self) -> int:
        """The instant, in milliseconds."""
        return self.known.now

    @property
    def zone(self) -> str:
        """The zone that times are read in."""
        return self.known.zone

    @property
    def scope(self) -> Scope:
        """What expressions read; built when the first one asks."""
        if self._scope is None:
            instance = self.instance
            seed = f"{instance.id}/{instance.step}/{instance.visits.get(instance.step)}"
            self._scope = self.known.scope(instance.events, seed)
            self._scope.sources = instance.sources
            self._scope.actions = instance.actions
            self._scope.properties = _properties(instance, self.profile.id)
            self._scope.supplemental_id = instance.key
        return self._scope

    def names(self, arguments: Mapping[str, JsonValue] | None = None) -> Names:
        """Give what templates may name."""
        return Names(self.scope, arguments or {}, self.known.rules.conversions)

    def request_id(self, step: str) -> str:
        """Name what a step asks for on this visit; the same on replay."""
        return request_id(self.instance.id, step, self.instance.visits[step])

    def request(self, step: str, asked: ActionDefinition, message: JsonObject) -> ActionRequest:
        """Write what a step asks for on this visit."""
        instance = self.instance
        return ActionRequest(
            request_id=self.request_id(step),
            profile_id=self.profile.id,
            instance_id=instance.id,
            journey_id=instance.journey,
            journey_version=instance.version,
            step_id=step,
            action_id=asked.id,
            channel=asked.channel,
            endpoint=asked.endpoint,
            message=message,
            timeout_ms=asked.timeout_ms,
            max_attempts=asked.max_attempts,
            requested_at=self.now,
            category=asked.category,
            cache_ms=asked.cache_ms,
        )

    def evaluate(self, expression: str) -> Value:
        """Evaluate an expression of the plan.

        Raises:
            ExpressionError: a value went past a bound.
        """
        return self.known.evaluate(expression, self.scope)

    def holds(self, expression: str | None) -> bool:
        """Evaluate a condition; null counts as false, and no condition at all as true."""
        return expression is None or self.known.holds(expression, self.scope)

    def accepts(self, event: str, payload: JsonObject, condition: str | None) -> bool:
        """Say whether a condition holds for an event, and keep its payload only if it does."""
        events = self.instance.events
        before = events.get(event)
        events[event] = payload
        if self.holds(condition):
            return True
        if before is None:
            del events[event]
        else:
            events[event] = before
        return False


PROPERTIES: Mapping[str, Type] = {
    "journeyUID": STRING,
    "journeyVersion": INTEGER,
    "instanceUID": STRING,
    "externalKey": STRING,
    "profileId": STRING,
    "currentNodeId": STRING,
    "lastErrorCode": STRING,
}
"""The properties of a journey that expressions read (`journey-semantics` A.19, last line)."""


def _properties(instance: Instance, profile_id: str) -> JsonObject:
    return {
        "journeyUID": instance.journey,
        "journeyVersion": instance.version,
        "instanceUID": instance.id,
        "externalKey": instance.key,
        "profileId": profile_id,
        "currentNodeId": instance.step,
        "lastErrorCode": instance.last_error,
    }


@fixed
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
    max_visits: int | None = field(default=None, kw_only=True)
    """How often one walk may come here."""
    on_max_visits: str | None = field(default=None, kw_only=True)
    """Where a walk goes that comes more often; None: it exits."""

    def branches(self) -> list[Branch]:
        """Give every way out of this step, in the order in which an author wrote them."""
        ways = self.usual_branches()
        if self.on_max_visits is not None:
            ways.append(Branch(self.on_max_visits, "max_visits"))
        return ways

    def usual_branches(self) -> list[Branch]:
        """Give the ways out that this kind of step has."""
        return [Branch(self.next)]

    def acts(self) -> bool:
        """Say whether it does something outside the walk: it is held back in a pause."""
        return False

    def adopted(self, visit: Visit, waiting: Waiting) -> Waiting:
        """Say what a person waits for who comes here from the same kind of step elsewhere."""
        del visit
        return waiting

    def watches(self) -> set[str]:
        """Name the audiences whose border this step watches."""
        return set()

    def listens(self) -> set[str]:
        """Name the events that this step listens for."""
        return set()

    def emits(self) -> set[str]:
        """Name the topics that this step sends events to."""
        return set()

    def times(self) -> set[str]:
        """Name the channels of which it asks when the person opens messages."""
        return set()

    def sends(self) -> str | None:
        """Name the action that this step asks for, if it asks for one."""
        return None

    def is_busy(self, waiting: Waiting) -> bool:
        """Say whether a walk that waits here so cannot listen: events that come are kept for it."""
        return waiting.held

    def refusal(self, visit: Visit) -> Refusal | None:
        """Say why the step would not do now what it is there for; None: nothing keeps it."""
        del visit
        return None

    def enter(self, visit: Visit) -> Move:
        """Begin a visit of this step."""
        raise NotImplementedError

    def resume(self, visit: Visit, cause: Cause) -> Move | None:
        """Go on after a cause that the step waits for; None stays."""
        return None
