"""One activation of one person: what there is, what has changed, and what is asked for."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from journeys.bandit import Bandit, TrialReport
from journeys.command import Command, CountTrial
from journeys.fixed import fixed
from journeys.known import Known
from journeys.lifecycle import Pause
from journeys.memberships import split
from journeys.messages import JsonObject
from journeys.mode import Mode
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.profile import Profile
from journeys.state import Instance, PersonState, Trial


@fixed
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
    came_at: int | None = None
    """Of an event: the timestamp of its record, in milliseconds."""


@fixed
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
    memberships: dict[str, int | None] = field(default_factory=dict)
    """Audiences that the person was told to be in, and since when; None: not to be in."""

    def __bool__(self) -> bool:
        return self.attributes or self.time or bool(self.events) or bool(self.memberships)


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
        told, zone, models = self.person.audiences, self.zone(plan), self.plans.models_of(plan)
        known = Known(self.profile, told, plan.rules, zone, self.now, self.plans.tables, models)
        if self.plans.tells_inputs:
            known.inputs = {}
        return known

    def in_order(self) -> list[Instance]:
        """Give the walks under way, those first that go before others where both want one thing."""
        return sorted(self.person.instances, key=self.rank)

    def rank(self, instance: Instance) -> tuple[int, str, bool]:
        """Say how early a walk comes among others: by its journey's priority, then by name.

        Of one journey a silent walk comes first: it reads what holds before the real one changes
        it, and takes nothing from it.
        """
        plan = self.plans.find(instance.journey, instance.version)
        first = plan.rank if plan is not None else (0, instance.journey)
        return *first, not instance.mode.is_silent

    def apply(self, patch: JsonObject, at: int | None = None, *, timed: bool = False) -> None:
        """Change the attributes, and what is told of audiences.

        Of what is timed, only what is not known to be so later changes attributes.
        """
        rest, told = split(patch)
        self.changes.memberships.update(told)
        if rest:
            before = self.profile.kept
            self.profile.apply(rest, self.now if at is None else at, timed=timed)
            self.changes.attributes |= self.profile.kept is not before

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
