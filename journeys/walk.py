"""One walk moving: from a cause until every step blocks or the walk ends. And what is told of it.

Whatever goes wrong inside a walk ends that walk with a reason and touches no other.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from journeys.activity import (
    END,
    AttributesChanged,
    AudienceCrossed,
    Block,
    Cause,
    Effect,
    Emit,
    EventArrived,
    Go,
    Jump,
    Leave,
    Move,
    Step,
    UpdateProfile,
    Visit,
)
from journeys.clock import format_instant
from journeys.command import Command, EmitEvent, Report, RequestAction
from journeys.definitions import ActionDefinition, AudienceRule
from journeys.expressions import ExpressionError
from journeys.expressions.temporal import zone_named
from journeys.identifiers import discard_id, emitted_id, step_event_id
from journeys.known import Known
from journeys.messages import ActionResult, JsonObject
from journeys.outcomes import Outcome, Reason
from journeys.plan import Crossing, ExitRule, Plan, Plans
from journeys.profile import Profile
from journeys.state import MAX_PENDING, Instance, PendingEvent, PersonState
from journeys.step_event import StepEvent

MAX_MOVES = 1_000
"""Steps that one walk may pass in one activation. The compiler refuses loops without a wait; this
keeps a plan that slipped by from holding a worker."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What may begin a walk, or has moved one: an event, an audience, a reading or a jump."""

    cause: str
    """As step events name it."""
    id: str
    """The same on replay, and the same for a repeat."""
    record_id: str
    """The place of the record that brought it."""
    event_type: str | None = None
    payload: JsonObject | None = None
    occurred_at: int | None = None
    """Of an event: when it happened, by its producer; milliseconds."""


@dataclass(frozen=True, slots=True)
class Leap:
    """A jump that has been asked for and is not made yet."""

    journey: str
    occasion: Occasion


@dataclass(slots=True)
class Changes:
    """What has become otherwise about a person, and was not looked at yet."""

    attributes: bool = False
    events: set[str] = field(default_factory=set)
    """Kinds of events that were added to the past."""
    time: bool = False
    """An event may have left the time that some rule looks back over."""

    def __bool__(self) -> bool:
        return self.attributes or self.time or bool(self.events)

    def touch(self, rule: AudienceRule) -> bool:
        """Say whether they may have changed who is in an audience."""
        return self.attributes or self.time or not self.events.isdisjoint(rule.events)


@dataclass(slots=True)
class Moment:
    """One activation of one person: what there is, and what is asked for."""

    plans: Plans
    person: PersonState
    profile: Profile
    now: int
    commands: list[Command] = field(default_factory=list)
    moves: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Instance id to the steps it has passed."""
    leaps: deque[Leap] = field(default_factory=deque)
    """Jumps to be made, in order."""
    changes: Changes = field(default_factory=Changes)
    trigger: str = ""
    """Names what happens just now; the same on replay."""
    crossed: int = 0
    """Borders of audiences that the person has gone over by it."""
    jumps: int = 0
    """Jumps made."""
    rounds: int = 0
    """How often changes were looked at."""

    def begin(self, trigger: str) -> None:
        """Say what happens from here on."""
        self.trigger, self.crossed = trigger, 0

    def zone(self, plan: Plan) -> str:
        """Name the zone that a plan's times are read in; a person's own must be one."""
        if plan.timezone != "profile":
            return plan.timezone
        own = self.profile.attributes.get("timeZone")
        return own if isinstance(own, str) and zone_named(own) is not None else "UTC"

    def known(self, plan: Plan) -> Known:
        """Give what expressions of a plan read of the person."""
        return Known(self.profile, self.person.audiences, plan.rules, self.zone(plan), self.now)

    def apply(self, patch: JsonObject | None) -> None:
        """Change the attributes."""
        self.profile.apply(patch)
        self.changes.attributes = True


class Walk:
    """One instance moving, until it blocks or leaves."""

    def __init__(
        self, moment: Moment, instance: Instance, cause: str, occasion: Occasion | None = None
    ) -> None:
        self.moment = moment
        self.instance = instance
        self.cause = cause
        self.occasion = occasion
        self.plan = moment.plans.find(instance.journey, instance.version)

    def begin(self) -> None:
        """Report the entry, enter the first step and go on from there."""
        self._report(Outcome.ENTERED, next_step_id=self.instance.step)
        self._guarded(None)

    def hear(self, ids: frozenset[str], event: Occasion) -> None:
        """Tell the walk of an event: it acts on it, keeps it while it is busy, or ignores it."""
        waiting, plan = self.instance.waiting, self.plan
        keeps = self._is_busy() and plan is not None and plan.races_for(ids)
        waits = waiting is not None and not ids.isdisjoint(waiting.events)
        if waits or plan is None or len(plan.exits) > 0:
            self.resume(EventArrived(ids, event.payload or {}))
        if keeps and self.instance.waiting is not None:  # it has not exited by it
            self._keep(ids, event)

    def resume(self, cause: Cause) -> None:
        """Tell the instance what came: it exits, its step goes on, or nothing changes."""
        self._guarded(cause)

    def leave(self, move: Leave) -> None:
        """End the walk."""
        self.instance.waiting = None
        if move.result is not None:
            self._report_result(Outcome(move.result.status), move)
        self._report(move.outcome, reason=move.reason, branch=move.branch, detail=move.detail)
        self.moment.person.leave(self.instance, self.moment.now)

    def _guarded(self, cause: Cause | None) -> None:
        if self.plan is None:
            self.leave(Leave(Outcome.FAILED, Reason.PLAN_MISSING))
            return
        try:
            self._move(self.plan, cause)
        except ExpressionError as error:
            self.leave(Leave(Outcome.FAILED, Reason.EXPRESSION_ERROR, detail=str(error)))
        except Exception as error:  # a defect ends this walk and touches nobody else
            detail = f"{type(error).__name__}: {error}"
            self.leave(Leave(Outcome.FAILED, Reason.ENGINE_ERROR, detail=detail))

    def _move(self, plan: Plan, cause: Cause | None) -> None:
        instance = self.instance
        while self._may_move():
            step = plan.steps[instance.step]
            visit = self._visit(plan)
            if cause is None:
                move: Move | None = self._enter(plan, step, visit)
            else:
                move = self._resume(plan, step, visit, cause)
            while isinstance(move, Block):
                self._block(move)
                move = self._offered(step, visit)
            match move:
                case None:
                    return
                case Leave():
                    self.leave(move)
                    return
                case Go():
                    self._go(move)
            if move.to == END and END not in plan.steps:
                self.leave(Leave(Outcome.COMPLETED))
                return
            instance.step, cause, self.cause, self.occasion = move.to, None, "flow", None
        self.leave(Leave(Outcome.FAILED, Reason.STATE_LIMIT))

    def _may_move(self) -> bool:
        moves = self.moment.moves
        moves[self.instance.id] += 1
        return moves[self.instance.id] <= MAX_MOVES

    def _visit(self, plan: Plan) -> Visit:
        return Visit(self.instance, self.moment.known(plan), plan.actions, plan.sources)

    def _enter(self, plan: Plan, step: Step, visit: Visit) -> Move:
        met = _criterion_met(plan, visit, AttributesChanged())
        if met is not None:
            return Leave(Outcome.EXITED, Reason.EXIT_CRITERIA, met.label)
        visits = self.instance.visits.get(step.id, 0) + 1
        self.instance.visits[step.id] = visits
        if step.max_visits is None or visits <= step.max_visits:
            self.instance.reactions.pop(step.id, None)  # those to the message of the visit before
            return step.enter(visit)
        if step.on_max_visits is None:
            return Leave(Outcome.EXITED, Reason.MAX_VISITS)
        return Go(step.on_max_visits, branch="max_visits", reason=Reason.MAX_VISITS)

    def _resume(self, plan: Plan, step: Step, visit: Visit, cause: Cause) -> Move | None:
        met = _criterion_met(plan, visit, cause)
        if met is not None:
            return Leave(Outcome.EXITED, Reason.EXIT_CRITERIA, met.label)
        waiting = self.instance.waiting
        if isinstance(cause, EventArrived) and (
            waiting is None or cause.ids.isdisjoint(waiting.events)
        ):
            return None
        return step.resume(visit, cause)

    # Events that come while the walk is busy.

    def _is_busy(self) -> bool:
        waiting = self.instance.waiting
        step = self.plan.steps.get(self.instance.step) if self.plan else None
        return waiting is not None and step is not None and step.is_busy(waiting)

    def _keep(self, ids: frozenset[str], event: Occasion) -> None:
        """Keep an event until the walk listens again, as far as there is room."""
        pending, payload = self.instance.pending, event.payload or {}
        if len(pending) < MAX_PENDING:
            names = (event.id, event.record_id, event.event_type or "")
            pending.append(PendingEvent(sorted(ids), payload, *names))
            return
        self._report(Outcome.DISCARDED, reason=Reason.TOO_MANY_PENDING)

    def _offered(self, step: Step, visit: Visit) -> Move | None:
        """Let what was kept come to the step that the walk has stopped at, in order.

        It comes now: after a wait that has ended before, and to this step only. Exit criteria have
        judged it when it arrived.
        """
        instance, now = self.instance, self.moment.now
        waiting = instance.waiting
        if waiting is None or self._is_busy() or (waiting.due is not None and waiting.due < now):
            return None
        while instance.pending:
            kept = instance.pending.pop(0)
            if set(kept.ids).isdisjoint(waiting.events):
                continue
            move = step.resume(visit, EventArrived(frozenset(kept.ids), kept.payload))
            if move is not None:
                names = (kept.event_id, kept.record_id, kept.event_type, kept.payload)
                self.cause, self.occasion = "event", Occasion("event", *names)
                return move
        return None

    # Moves.

    def _block(self, move: Block) -> None:
        self.instance.waiting = move.waiting
        request = move.request
        if request is not None:
            self.moment.commands.append(RequestAction(request))
        if request is None or move.outcome is not Outcome.REQUESTED:
            self._report(move.outcome, due_at=move.waiting.due)
            return
        self._report(
            move.outcome,
            action_id=request.action_id,
            channel=request.channel,
            request_id=request.request_id,
        )

    def _go(self, move: Go) -> None:
        self.instance.waiting = None
        if move.effect is not None:
            self._cause_effect(move.effect)
        if move.result is None:
            self._report(move.outcome, branch=move.branch, reason=move.reason, next_step_id=move.to)
        else:
            self._report_result(move.outcome, move, branch=move.branch, next_step_id=move.to)

    def _cause_effect(self, effect: Effect) -> None:
        moment, instance = self.moment, self.instance
        name = emitted_id(instance.id, instance.step, instance.visits[instance.step])
        match effect:
            case UpdateProfile(patch):
                moment.apply(patch)
            case Emit(topic, event_type, payload):
                envelope: JsonObject = {
                    "_id": name,
                    "eventType": event_type,
                    "timestamp": format_instant(moment.now),
                }
                moment.commands.append(EmitEvent(topic, {**payload, **envelope}))
            case Jump(journey, payload):
                moment.leaps.append(Leap(journey, Occasion("jump", name, name, None, payload)))

    # Reports.

    def _report_result(self, outcome: Outcome, move: Go | Leave, **fields: object) -> None:
        answer = _answer(move.result, move.action)
        self._report(outcome, **{**answer, "reason": move.reason, **fields})

    def _report(self, outcome: Outcome, **fields: object) -> None:
        instance, occasion = self.instance, self.occasion
        entering = outcome is Outcome.ENTERED
        step = self.plan.steps.get(instance.step) if self.plan and not entering else None
        step_id = "entry" if entering else instance.step
        visit = 1 if entering else instance.visits.get(step_id, 1)
        step_event = StepEvent(
            event_id=_report_id(instance.id, step_id, visit, outcome, occasion),
            journey_id=instance.journey,
            journey_version=instance.version,
            profile_id=self.moment.profile.id,
            outcome=outcome,
            occurred_at=self.moment.now,
            instance_id=instance.id,
            step_id=step_id,
            step_kind="entry" if entering else (step.kind if step else "unknown"),
            visit=visit,
            cause=self.cause,
            event_type=occasion.event_type if occasion else None,
            trigger_event_id=occasion.id if occasion else None,
            mode=instance.mode,
            **fields,  # type: ignore[arg-type]  # named fields of StepEvent, checked by its tests
        )
        self.moment.commands.append(Report(step_event))


def _report_id(
    instance: str, step: str, visit: int, outcome: Outcome, occasion: Occasion | None
) -> str:
    """Name a report: a visit has each outcome once, but may discard many events."""
    if outcome is Outcome.DISCARDED and occasion is not None:
        return discard_id(instance, occasion.record_id)
    return step_event_id(instance, step, visit, outcome)


def _criterion_met(plan: Plan, visit: Visit, cause: Cause) -> ExitRule | None:
    """Find the first exit criterion that a cause meets."""
    for rule in plan.exits:
        match cause:
            case EventArrived(ids, payload):
                met = rule.event in ids and visit.accepts(str(rule.event), payload, rule.when)
            case AudienceCrossed(audience, crossing):
                met = rule.crossing == Crossing(audience, crossing) and visit.holds(rule.when)
            case AttributesChanged():
                met = rule.event is None and rule.crossing is None and visit.holds(rule.when)
            case _:
                return None
        if met:
            return rule
    return None


def _answer(result: ActionResult | None, action: ActionDefinition | None) -> dict[str, object]:
    """What a step event says of an action's end."""
    if result is None or action is None:
        return {}
    return {
        "action_id": action.id,
        "channel": action.channel,
        "request_id": result.request_id,
        "code": result.code,
        "attempts": result.attempts,
        "latency_ms": result.latency_ms,
        "provider_message_id": result.provider_message_id,
        "detail": result.detail,
    }
