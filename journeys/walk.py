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
    TimeIsUp,
    Try,
    UpdateProfile,
    Visit,
)
from journeys.bandit import Bandit, TrialReport
from journeys.clock import format_instant
from journeys.command import Command, CountTrial, EmitEvent, Report, RequestAction
from journeys.definitions import ActionDefinition, AudienceRule
from journeys.expressions import ExpressionError
from journeys.identifiers import emitted_id, step_event_id
from journeys.known import Known
from journeys.lifecycle import Pause, Turn
from journeys.messages import ActionRequest, ActionResult, JsonObject
from journeys.mode import Mode
from journeys.move import change_version, destination
from journeys.outcomes import Outcome, Reason
from journeys.plan import Crossing, ExitRule, Plan, Plans
from journeys.policy import Contact, count_contact
from journeys.profile import Profile
from journeys.state import Instance, PersonState, Trial, Waiting
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
        return self.profile.zone or "UTC"

    def known(self, plan: Plan) -> Known:
        """Give what expressions of a plan read of the person."""
        return Known(self.profile, self.person.audiences, plan.rules, self.zone(plan), self.now)

    def in_order(self) -> list[Instance]:
        """Give the walks under way, those first that go before others where both want one thing."""
        return sorted(self.person.instances, key=self.rank)

    def rank(self, instance: Instance) -> tuple[int, str]:
        """Say how early a walk comes among others: by its journey's priority, then by name."""
        plan = self.plans.find(instance.journey, instance.version)
        return plan.rank if plan is not None else (0, instance.journey)

    def apply(self, patch: JsonObject | None) -> None:
        """Change the attributes."""
        self.profile.apply(patch)
        self.changes.attributes = True

    def pause(self, instance: Instance) -> Pause | None:
        """Give the pause that a walk is in; rehearsals know none."""
        life = self.plans.life(instance.journey)
        return None if life is None or instance.mode is not Mode.LIVE else life.paused_at(self.now)

    def shortened(self, instance: Instance, due: int) -> int:
        """Give when a wait ends: in a test none is longer than the test allows."""
        life = self.plans.life(instance.journey) if instance.mode is Mode.TEST else None
        rehearsal = None if life is None else life.rehearsal
        if rehearsal is None or rehearsal.longest_wait_ms is None:
            return due
        return min(due, self.now + rehearsal.longest_wait_ms)

    def tell(self, trial: Trial, bandit: Bandit | None, *, succeeded: bool) -> None:
        """Tell the counter of a bandit of a trial, if it is one for real."""
        if bandit is not None and trial.mode is Mode.LIVE:
            experiment = (trial.journey, trial.version, trial.step)
            self.commands.append(CountTrial(TrialReport(*experiment, trial.arm, succeeded, bandit)))


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
        self.again = False
        """Whether the walk goes on with a step that it was held before."""

    def begin(self) -> None:
        """Report the entry, enter the first step and go on from there."""
        self._report(Outcome.ENTERED, next_step_id=self.instance.step)
        self._guarded(None)

    def hears(self, events: set[str]) -> bool:
        """Say whether an event may move this walk: its step waits for it, or it may exit by it."""
        waiting = self.instance.waiting
        waits = waiting is not None and not events.isdisjoint(waiting.events)
        return waits or self.plan is None or len(self.plan.exits) > 0

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
            self._report(Outcome.MOVED_IN, mark)
            self.instance.waiting = step.adopted(self._visit(plan), waiting)
            return
        self._report(Outcome.MOVED_IN, mark, next_step_id=to)
        self.instance.waiting = None
        if step is None:
            self.leave(Leave(Outcome.COMPLETED))
        else:
            self._guarded(None)

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
            match move:
                case None:
                    return
                case Block():
                    self._block(move)
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
        moment = self.moment
        person = moment.person
        weights = moment.plans.weights(plan.journey, plan.version, self.instance.step)
        known, calls = moment.known(plan), (plan.actions, plan.sources)
        return Visit(self.instance, known, *calls, plan.policies, person, weights)

    def _enter(self, plan: Plan, step: Step, visit: Visit) -> Move:
        met = _criterion_met(plan, visit, AttributesChanged())
        if met is not None:
            return Leave(Outcome.EXITED, Reason.EXIT_CRITERIA, met.label)
        visits = self.instance.visits.get(step.id, 0) + 1
        self.instance.visits[step.id] = visits
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
            self._report(move.outcome, mark, due_at=move.waiting.due, reason=move.reason)
            return
        self._report(
            move.outcome,
            action_id=request.action_id,
            channel=request.channel,
            request_id=request.request_id,
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
        if move.effect is not None and self.instance.mode.is_silent:
            reason = Reason.DRY_RUN
        elif move.effect is not None:
            self._cause_effect(move.effect)
        if move.result is None:
            self._report(outcome, branch=move.branch, reason=reason, next_step_id=move.to)
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

    def _report_result(self, outcome: Outcome, move: Go | Leave, **fields: object) -> None:
        answer = _answer(move.result, move.action)
        self._report(outcome, "", **{**answer, "reason": move.reason, **fields})

    def _report(self, outcome: Outcome, mark: str = "", **fields: object) -> None:
        instance, occasion = self.instance, self.occasion
        entering = outcome is Outcome.ENTERED
        step = self.plan.steps.get(instance.step) if self.plan and not entering else None
        step_id = "entry" if entering else instance.step
        visit = 1 if entering else instance.visits.get(step_id, 1)
        step_event = StepEvent(
            event_id=step_event_id(instance.id, step_id, visit, f"{outcome}{mark}"),
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
