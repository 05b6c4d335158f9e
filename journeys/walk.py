"""One walk moving: from a cause until every step blocks or the walk ends. And what is told of it.

Whatever goes wrong inside a walk ends that walk with a reason and touches no other.
"""

from __future__ import annotations

from journeys.activity import (
    END,
    EVENTS,
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
    TimeIsUp,
    Try,
    UpdateProfile,
    Visit,
)
from journeys.clock import format_instant, since
from journeys.command import EmitEvent, Report, RequestAction
from journeys.definitions import ActionDefinition
from journeys.expressions import ExpressionError
from journeys.identifiers import discard_id, emitted_id, step_event_id
from journeys.known import Known
from journeys.lifecycle import Turn
from journeys.messages import ActionRequest, ActionResult, JsonObject
from journeys.moment import Leap, Moment, Occasion
from journeys.move import change_version, destination
from journeys.outcomes import Outcome, Reason
from journeys.plan import Crossing, ExitRule, Plan
from journeys.policy import Contact, count_contact
from journeys.state import MAX_PENDING, Instance, PendingEvent, Trial, Waiting
from journeys.step_event import StepEvent

MAX_MOVES = 1_000
"""Steps that one walk may pass in one activation. The compiler refuses loops without a wait; this
keeps a plan that slipped by from holding a worker."""


class Walk:
    """One instance moving, until it blocks or leaves."""

    def __init__(
        self,
        moment: Moment,
        instance: Instance,
        cause: str,
        occasion: Occasion | None = None,
        due: int | None = None,
    ) -> None:
        self.moment = moment
        self.instance = instance
        self.cause = cause
        self.occasion = occasion
        self.due = due
        """Of a timer: the instant at which it was to fire."""
        self.plan = moment.plans.find(instance.journey, instance.version)
        self.again = False
        """Whether the walk goes on with a step that it was held before."""
        self.known: Known | None = None
        """What the latest decision has read of the person."""

    def begin(self, known: Known | None = None) -> None:
        """Report the entry, which that was read for, enter the first step and go on from there."""
        self.known = known
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

    def move(self, turn: Turn) -> None:
        """Go over to another version: to go on waiting there, or to enter the step anew."""
        plan = self.moment.plans.find(self.instance.journey, turn.version)
        before = self.plan.steps.get(self.instance.step) if self.plan else None
        to = None if plan is None else destination(turn, self.instance, plan)
        if plan is None or to is None:
            self.leave(Leave(Outcome.EXITED, Reason.NOT_MAPPED))
            return
        mark = f"/{turn.revision}"
        self._report(Outcome.MOVED_OUT, mark, next_step_id=to, branch=f"v{turn.version}")
        change_version(self.instance, turn, to, plan.ends_at(self.instance.entered_at))
        self.plan = plan
        step, waiting = plan.steps.get(to), self.instance.waiting
        if step is not None and before is not None and step.kind == before.kind and waiting:
            adopted = step.adopted(self._visit(plan), waiting)
            self._report(Outcome.MOVED_IN, mark, due_at=adopted.due)
            self.instance.waiting = adopted
            return
        self._report(Outcome.MOVED_IN, mark, next_step_id=to)
        self.instance.waiting = None
        if step is None:
            self.leave(Leave(Outcome.COMPLETED))
        else:
            self._guarded(None)

    def join(self, identity: str, link: str) -> None:
        """Report that the walk goes on under another identity than so far."""
        self._report(Outcome.JOINED, f"/{link}", detail=f"walked as '{identity}' before")

    def resume(self, cause: Cause) -> None:
        """Tell the instance what came: it exits, its step goes on, or nothing changes."""
        self._guarded(cause)

    def leave(self, move: Leave) -> None:
        """End the walk."""
        self.instance.waiting = None
        if move.result is not None:
            answer = self._answer(move.result, move.action)
            self._report(Outcome(move.result.status), "", **{**answer, "reason": move.reason})
        self._report(move.outcome, reason=move.reason, branch=move.branch, detail=move.detail)
        counts = move.reason is not Reason.REHEARSAL_OVER
        self.moment.person.leave(self.instance, self.moment.now, counts=counts)

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
            instance.step, cause = move.to, None
            self.cause, self.occasion, self.due = "flow", None, None
        self.leave(Leave(Outcome.FAILED, Reason.STATE_LIMIT))

    def _may_move(self) -> bool:
        moves = self.moment.moves
        moves[self.instance.id] += 1
        return moves[self.instance.id] <= MAX_MOVES

    def _visit(self, plan: Plan) -> Visit:
        moment = self.moment
        person = moment.person
        weights = moment.plans.weights(plan.journey, plan.version, self.instance.step)
        self.known = moment.known(plan)
        return Visit(self.instance, self.known, plan, person, weights)

    def _enter(self, plan: Plan, step: Step, visit: Visit) -> Move:
        met = _criterion_met(plan, visit, AttributesChanged())
        if met is not None:
            return Leave(Outcome.EXITED, Reason.EXIT_CRITERIA, met.label)
        visits = self.instance.visits.get(step.id, 0) + 1
        self.instance.visits[step.id] = visits
        self.instance.since = self.moment.now
        if step.max_visits is None or visits <= step.max_visits:
            self.instance.reactions.pop(step.id, None)  # those to the message of the visit before
            self.instance.requests.pop(step.id, None)
            return self._begin(step, visit)
        if step.on_max_visits is None:
            return Leave(Outcome.EXITED, Reason.MAX_VISITS)
        return Go(step.on_max_visits, branch="max_visits", reason=Reason.MAX_VISITS)

    def _begin(self, step: Step, visit: Visit) -> Move:
        """Do what the step does, unless the journey is paused and it would act."""
        pause = self.moment.pause(self.instance)
        if pause is None or not step.acts():
            return step.enter(visit)
        if pause.then == "discard":
            return Leave(Outcome.EXITED, Reason.PAUSED)
        return Block(Waiting(due=pause.until, held=True), outcome=Outcome.HELD)

    def _released(self, step: Step, visit: Visit, waiting: Waiting, cause: Cause) -> Move | None:
        """Do what was held back, once the pause is over."""
        if not isinstance(cause, TimeIsUp):
            return None
        pause = self.moment.pause(self.instance)
        if pause is None:
            self.again = True
            return step.enter(visit)
        waiting.due = pause.until
        return None

    def _resume(self, plan: Plan, step: Step, visit: Visit, cause: Cause) -> Move | None:
        met = _criterion_met(plan, visit, cause)
        if met is not None:
            return Leave(Outcome.EXITED, Reason.EXIT_CRITERIA, met.label)
        waiting = self.instance.waiting
        if waiting is not None and waiting.held:
            return self._released(step, visit, waiting, cause)
        is_due = isinstance(cause, TimeIsUp) and step.acts()
        if is_due and self.moment.pause(self.instance) is not None:
            return self._begin(step, visit)
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
                self.due = None
                return move
        return None

    # Moves.

    def _block(self, move: Block) -> None:
        waiting, request = move.waiting, move.request
        if waiting.due is not None:
            waiting.due = self.moment.shortened(self.instance, waiting.due)
        self.instance.waiting = waiting
        if request is not None:
            self._ask(request, move.contact)
        if request is None or move.outcome is not Outcome.REQUESTED:
            # One visit can be held more than once, and wait again after it.
            is_again = self.again or move.waiting.held
            mark = f"/{self.instance.revision}" if is_again else ""
            told = {"due_at": move.waiting.due, "reason": move.reason, "explored": move.explored}
            self._report(move.outcome, mark, **told)
            return
        self._report(
            move.outcome,
            action_id=request.action_id,
            channel=request.channel,
            endpoint=request.endpoint,
            request_id=request.request_id,
            language=request.message.get("language"),
        )

    def _ask(self, request: ActionRequest, contact: Contact | None) -> None:
        moment = self.moment
        moment.commands.append(RequestAction(request))
        if contact is not None:
            policies, name = moment.plans.policies, request.request_id
            count_contact(policies, moment.person, contact, name, moment.now)

    def _go(self, move: Go) -> None:
        self.instance.waiting = self.instance.origin = None
        outcome, reason = move.outcome, move.reason
        if move.effect is not None:
            reason = self._withheld(move.effect)
            if reason is None:
                self._cause_effect(move.effect)
        told: dict[str, object] = {
            "reason": reason,
            "branch": move.branch,
            "next_step_id": move.to,
        }
        if move.choice is not None:
            told |= {"score": move.choice.score, "explored": move.choice.explored}
        if move.detail is not None:
            told["detail"] = move.detail
        self._report(outcome, "", **{**self._answer(move.result, move.action), **told})

    def _withheld(self, effect: Effect) -> Reason | None:
        """Say why an effect is not caused, if so; journeys must not wake each other without end."""
        if self.instance.mode.is_silent:
            return Reason.DRY_RUN
        if not isinstance(effect, Emit) or effect.topic != EVENTS:
            return None
        has_room = self.moment.person.echo(self.moment.now)
        return None if has_room else Reason.TOO_MANY_ECHOES

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
            case Try():
                self._try(effect)

    def _try(self, given: Try) -> None:
        moment, instance = self.moment, self.instance
        trial = Trial(
            instance.journey,
            instance.version,
            instance.step,
            given.arm,
            moment.now,
            None if given.within_ms is None else moment.now + given.within_ms,
            instance.id,
            instance.visits[instance.step],
            instance.mode,
        )
        moment.person.give(trial)
        moment.tell(trial, given.bandit, succeeded=False)

    # Reports.

    def _report(self, outcome: Outcome, mark: str = "", **fields: object) -> None:
        instance, occasion = self.instance, self.occasion
        entering = outcome is Outcome.ENTERED
        step_id = "entry" if entering else instance.step
        visit = 1 if entering else instance.visits.get(step_id, 1)
        step_event = StepEvent(
            event_id=_report_id(instance.id, step_id, visit, f"{outcome}{mark}", occasion),
            journey_id=instance.journey,
            journey_version=instance.version,
            profile_id=self.moment.profile.id,
            outcome=outcome,
            occurred_at=self.moment.now,
            instance_id=instance.id,
            step_id=step_id,
            step_kind="entry" if entering else self._kind(),
            visit=visit,
            cause=self.cause,
            event_type=occasion.event_type if occasion else None,
            trigger_event_id=occasion.id if occasion else None,
            mode=instance.mode,
            scores=self.known.decided_by if self.known else None,
            inputs=self.known.inputs_text if self.known else None,
            instance_key=instance.key,
            ingest_ms=since(occasion.came_at, self.moment.now) if occasion else None,
            late_ms=since(self.due, self.moment.now),
            **fields,  # type: ignore[arg-type]  # named fields of StepEvent, checked by its tests
        )
        self.moment.commands.append(Report(step_event))

    def _answer(
        self, result: ActionResult | None, action: ActionDefinition | None
    ) -> dict[str, object]:
        """What a step event says of an action's end; without a result it was not asked for."""
        asked: dict[str, object] = {}
        if action is not None:
            asked = {"action_id": action.id, "channel": action.channel}
        if result is None:
            return asked
        return {
            **asked,
            "request_id": result.request_id,
            "endpoint": result.endpoint or None,
            "code": result.code,
            "attempts": result.attempts,
            "queued_ms": result.queued_ms,
            "latency_ms": result.latency_ms,
            "returned_ms": since(result.ended_at, self.moment.now),
            "provider_message_id": result.provider_message_id,
            "detail": result.detail,
        }

    def _kind(self) -> str:
        """Name the kind of the step; every plan has an end, be it written or not."""
        step = self.plan.steps.get(self.instance.step) if self.plan else None
        if step is None:
            return "end" if self.instance.step == END else "unknown"
        return step.kind


def _report_id(
    instance: str, step: str, visit: int, outcome: str, occasion: Occasion | None
) -> str:
    """Name a report: a visit has each outcome once, but may discard many events."""
    if outcome == Outcome.DISCARDED and occasion is not None:
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
