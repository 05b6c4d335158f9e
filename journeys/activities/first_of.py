"""First of: a race of events, reactions, audiences and a wait; whichever comes first wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import Discriminator, Field, Tag

from journeys import limits
from journeys.activity import (
    AudienceCrossed,
    Block,
    Branch,
    Cause,
    EventArrived,
    Go,
    Move,
    Reacted,
    Step,
    TimeIsUp,
    Visit,
)
from journeys.deadline import (
    Deadline,
    DeadlineSpec,
    UntilSpec,
    compiled_deadline,
    holds,
)
from journeys.messages import Reaction
from journeys.specification import (
    CrossingSpec,
    Expression,
    ForkSpec,
    Identifier,
    Path,
    Spec,
    shown,
)
from journeys.state import Waiting


@dataclass(frozen=True)
class EventBranch:
    """Taken when the event comes and its condition, if any, holds."""

    event: str
    to: str
    label: str
    when: str | None = None


@dataclass(frozen=True)
class ReactionBranch:
    """Taken when the person reacts to a message of this walk."""

    step: str
    reaction: str
    to: str
    label: str

    def is_met(self, visit: Visit) -> bool:
        """Say whether the person has reacted so; each reaction wins one race."""
        reactions = visit.instance.reactions.get(self.step, [])
        if self.reaction not in reactions:
            return False
        reactions.remove(self.reaction)
        return True


@dataclass(frozen=True)
class AudienceBranch:
    """Taken when the person goes into an audience, or out of it."""

    audience: str
    crossing: str
    to: str
    label: str


@dataclass(frozen=True)
class WaitBranch:
    """Taken when nothing else came in time."""

    deadline: Deadline
    to: str
    label: str


@dataclass(frozen=True)
class FirstOf(Step):
    """Hold a person until one of several things happens, or the time is up."""

    events: list[EventBranch] = field(default_factory=list)
    reactions: list[ReactionBranch] = field(default_factory=list)
    audiences: list[AudienceBranch] = field(default_factory=list)
    wait: WaitBranch | None = None

    def usual_branches(self) -> list[Branch]:
        """Everything raced for is a way, and the wait."""
        return [Branch(raced.to, raced.label) for raced in self._raced()]

    def _raced(self) -> Iterator[EventBranch | ReactionBranch | AudienceBranch | WaitBranch]:
        yield from self.events
        yield from self.reactions
        yield from self.audiences
        if self.wait is not None:
            yield self.wait

    def watches(self) -> set[str]:
        """Those that are raced for."""
        return {branch.audience for branch in self.audiences}

    def listens(self) -> set[str]:
        """Those that are raced for."""
        return {branch.event for branch in self.events}

    def times(self) -> set[str]:
        """That of the wait."""
        return set() if self.wait is None else self.wait.deadline.times()

    def enter(self, visit: Visit) -> Move:
        """Begin to listen; what came before does not count, but for reactions."""
        for branch in self.reactions:
            if branch.is_met(visit):
                return Go(branch.to, branch=branch.label)
        if self.wait is None:
            return Block(Waiting(events=self._listened()))
        found = self.wait.deadline.reckon(visit)
        if found.due is None:
            return Go(self.wait.to, branch=self.wait.label, reason=found.reason)
        waiting = Waiting(due=found.due, events=self._listened())
        return Block(waiting, reason=found.reason, explored=found.explored)

    def adopted(self, visit: Visit, waiting: Waiting) -> Waiting:
        """Listen to what is raced for here; a time that runs already runs on."""
        due = None
        if self.wait is not None:
            due = waiting.due if waiting.due is not None else self.wait.deadline.reckon(visit).due
        return Waiting(due=due, events=self._listened())

    def _listened(self) -> list[str]:
        return list(dict.fromkeys(branch.event for branch in self.events))

    def resume(self, visit: Visit, cause: Cause) -> Move | None:
        """Take the branch of what came; an event whose condition does not hold changes nothing."""
        branch = self._won(visit, cause)
        return None if branch is None else Go(branch.to, branch=branch.label)

    def _won(
        self, visit: Visit, cause: Cause
    ) -> EventBranch | ReactionBranch | AudienceBranch | WaitBranch | None:
        match cause:
            case TimeIsUp():
                return self.wait
            case EventArrived(ids, payload):
                for branch in self.events:
                    if branch.event in ids and visit.accepts(branch.event, payload, branch.when):
                        return branch
                return None
            case Reacted():
                return next((b for b in self.reactions if b.is_met(visit)), None)
            case AudienceCrossed(audience, crossing):
                crossed = (
                    b for b in self.audiences if (b.audience, b.crossing) == (audience, crossing)
                )
                return next(crossed, None)
            case _:
                return None


class _BranchSpec(Spec):
    to: Identifier | None = None
    """The step to go to; by default the step's `next`."""
    label: str | None = None
    """Name of the branch in step events; by default what it waits for: the event, the reaction,
    `enter_` or `exit_` and the audience, or `wait`."""


class EventBranchSpec(_BranchSpec):
    """`{event: purchase, when: …, to: …}`: taken when the event comes."""

    event: Identifier
    """Id of an event of the project."""
    when: Expression | None = None
    """An expression that must be true for the branch to be taken."""

    @property
    def name(self) -> str:
        """What step events call it."""
        return self.label or self.event


class ReactionSpec(Spec):
    """`{step: mail, is: clicked}`: what became of a message of this walk."""

    step: Identifier
    """A step of this journey that sends a message."""
    reaction: Reaction = Field(alias="is")
    """What the person, or the provider, did with the message."""


class ReactionBranchSpec(_BranchSpec):
    """`{reaction: {step: mail, is: clicked}, to: …}`: taken when the person reacts."""

    reaction: ReactionSpec
    """What the person did with which message."""

    @property
    def name(self) -> str:
        """What step events call it."""
        return self.label or self.reaction.reaction


class AudienceBranchSpec(_BranchSpec):
    """`{audience: {id: loyal, on: exit}, to: …}`: taken when the person crosses its border."""

    audience: CrossingSpec
    """Which audience, and which way over its border."""

    @property
    def name(self) -> str:
        """What step events call it."""
        return self.label or f"{self.audience.on}_{self.audience.id}"


class WaitBranchSpec(_BranchSpec):
    """`{wait: P2D, to: …}`: taken when nothing else came in time."""

    wait: DeadlineSpec
    """How long the race lasts at most."""

    @property
    def name(self) -> str:
        """What step events call it."""
        return self.label or "wait"


_FORMS: dict[str, type[_BranchSpec]] = {
    "wait": WaitBranchSpec,
    "reaction": ReactionBranchSpec,
    "audience": AudienceBranchSpec,
    "event": EventBranchSpec,
}


def _form(value: object) -> str:
    """Name the form; `#` keeps the name apart from fields where faults are placed."""
    if isinstance(value, dict):
        return next((f"#{name}" for name in _FORMS if name in value), "#event")
    return next((f"#{name}" for name, form in _FORMS.items() if isinstance(value, form)), "#event")


BranchSpec = Annotated[
    Annotated[EventBranchSpec, Tag("#event")]
    | Annotated[ReactionBranchSpec, Tag("#reaction")]
    | Annotated[AudienceBranchSpec, Tag("#audience")]
    | Annotated[WaitBranchSpec, Tag("#wait")],
    Discriminator(_form),
]


class FirstOfSpec(ForkSpec):
    """`{first_of: [{event, when, to}, …, {wait, to}]}`: a race with at most one wait."""

    model_config = shown(
        {
            "first_of": [
                {"event": "purchase", "to": "thank"},
                {"wait": "P2D", "to": "remind"},
            ]
        }
    )

    kind: ClassVar[str] = "first_of"
    first_of: Annotated[list[BranchSpec], Field(min_length=1, max_length=limits.MAX_RACERS)]
    """What is raced for: whichever comes first says where to go. At most one wait."""

    def labels(self) -> list[str]:
        """Name the ways as step events do."""
        return [branch.name for branch in self.first_of]

    def holds(self) -> bool:
        """A race keeps a person until something happens, unless its wait has no length."""
        return all(holds(b.wait) for b in self.first_of if isinstance(b, WaitBranchSpec))

    def waits(self) -> list[tuple[int, WaitBranchSpec]]:
        """Say at which places a wait stands; more than one makes no sense."""
        return [(n, b) for n, b in enumerate(self.first_of) if isinstance(b, WaitBranchSpec)]

    def fixed_waits(self) -> Iterator[tuple[Path, int]]:
        """Name the wait, where its length is written."""
        for n, branch in self.waits():
            if isinstance(branch.wait, int):
                yield ("first_of", n, "wait"), branch.wait

    def compiled(self, step_id: str, following: str) -> FirstOf:
        """Turn into the step that the engine runs."""
        events, reactions, audiences, waits = [], [], [], []
        for spec in self.first_of:
            to = spec.to or following
            match spec:
                case EventBranchSpec(event=event):
                    events.append(EventBranch(event, to, spec.name, spec.when))
                case ReactionBranchSpec(reaction=of):
                    reactions.append(ReactionBranch(of.step, of.reaction, to, spec.name))
                case AudienceBranchSpec(audience=of):
                    audiences.append(AudienceBranch(of.id, of.on, to, spec.name))
                case WaitBranchSpec(wait=wait):
                    waits.append(WaitBranch(compiled_deadline(wait), to, spec.name))
        return FirstOf(
            **self.common(step_id, following),
            events=events,
            reactions=reactions,
            audiences=audiences,
            wait=waits[0] if waits else None,
        )

    def instants(self) -> Iterator[tuple[Path, str]]:
        """Name the expression that ends the race, if one does."""
        for n, branch in self.waits():
            if isinstance(branch.wait, UntilSpec):
                yield ("first_of", n, "wait", "until"), branch.wait.until

    def reactions(self) -> Iterator[tuple[Path, ReactionSpec]]:
        """Name the reactions raced for."""
        for n, branch in enumerate(self.first_of):
            if isinstance(branch, ReactionBranchSpec):
                yield ("first_of", n, "reaction"), branch.reaction

    def uses(self) -> Iterator[tuple[Path, str, str]]:
        """Name the events and audiences of the branches."""
        for n, branch in enumerate(self.first_of):
            if isinstance(branch, EventBranchSpec):
                yield ("first_of", n, "event"), "event", branch.event
            elif isinstance(branch, AudienceBranchSpec):
                yield ("first_of", n, "audience", "id"), "audience", branch.audience.id
