"""What can be said about journeys on the running job: the commands of the control topic.

A command is written as one JSON object, and applied by everyone who keeps `Plans` - the job, the
command line and the simulator - through `apply`, which alone decides what follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias, get_args

import orjson
from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    TypeAdapter,
    ValidationError,
)

from journeys import codec
from journeys.bandit import Weights, checked_shares
from journeys.definitions import EventDefinition, ModelDefinition, SharedDefinition
from journeys.errors import JourneyError
from journeys.json_shape import MAX_DEPTH, MAX_KEY_LENGTH, MAX_VALUE_BYTES, too_deep, too_large
from journeys.lifecycle import Lifecycle, Pause, PausedFor, Rehearsal, Turn
from journeys.messages import JsonObject
from journeys.mode import InFlight, Mode
from journeys.plan import Plan
from journeys.plans import Plans

CONTROL_VERSION = 1
TEST_WAIT_MS = 10_000
"""In a test no wait is longer, unless it is said otherwise (`journey-semantics` A.15)."""


class ContradictionError(JourneyError):
    """A command does not fit what holds of its journey."""


class CommandError(JourneyError):
    """A text is no command."""


@dataclass(frozen=True, kw_only=True)
class _OfPlan:
    plan: Annotated[Plan, PlainValidator(codec.load_plan_data), PlainSerializer(codec.dump_plan)]
    """The version."""

    @property
    def journey_id(self) -> str:
        """The journey that it is about."""
        return self.plan.journey


@dataclass(frozen=True, kw_only=True)
class _OfJourney:
    journey: str
    """The journey that it is about."""

    @property
    def journey_id(self) -> str:
        """The journey that it is about."""
        return self.journey


@dataclass(frozen=True, kw_only=True)
class Publish(_OfPlan):
    """Make a version live, or rehearse it."""

    command: Literal["publish"] = "publish"
    mode: Mode = Mode.LIVE
    longest_wait_ms: Annotated[int, Field(ge=0)] | None = None
    """In a test no wait is longer."""


@dataclass(frozen=True, kw_only=True)
class RollBack(_OfPlan):
    """Make a version before live again; people inside newer ones go the way that is said.

    It brings the version along, because the job may have let go of it.
    """

    command: Literal["roll_back"] = "roll_back"
    in_flight: InFlight = "move"
    exceptions: Mapping[str, InFlight] = field(default_factory=dict)
    moves: Mapping[str, str] = field(default_factory=dict)
    """Step of the version that is left to step of the one gone back to."""


@dataclass(frozen=True, kw_only=True)
class PauseJourney(_OfJourney):
    """Let nobody enter and nothing be sent until it is resumed."""

    command: Literal["pause"] = "pause"
    then: PausedFor = "hold"
    until: int | None = None
    """Instant, in milliseconds, at which it ends by itself."""
    why: Annotated[str | None, Field(exclude_if=lambda why: why is None)] = None
    """For people; a pause that an alert has brought says so."""


@dataclass(frozen=True, kw_only=True)
class ResumeJourney(_OfJourney):
    """Go on after a pause."""

    command: Literal["resume"] = "resume"


@dataclass(frozen=True, kw_only=True)
class CloseJourney(_OfJourney):
    """Let nobody enter any more; those inside go on."""

    command: Literal["close"] = "close"


@dataclass(frozen=True, kw_only=True)
class StopJourney(_OfJourney):
    """Let nobody enter any more, and everybody out."""

    command: Literal["stop"] = "stop"


@dataclass(frozen=True, kw_only=True)
class EndRehearsal(_OfJourney):
    """End a test, dry run or shadow: the people of it leave."""

    command: Literal["end_rehearsal"] = "end_rehearsal"


@dataclass(frozen=True, kw_only=True)
class EnterPerson(_OfJourney):
    """Let a person enter as if the event had come that the journey begins with."""

    command: Literal["enter"] = "enter"
    profile_id: str
    """The person."""
    payload: JsonObject = field(default_factory=dict)
    """It stands for the payload of the event."""
    id: str | None = None
    """A second command of the same id is a repeat; by default its place counts."""


@dataclass(frozen=True, kw_only=True)
class QueryPerson:
    """Ask what the job knows of a person; it answers on the topic `answers`."""

    command: Literal["query"] = "query"
    profile_id: str
    """The person."""
    id: str
    """Names the answer."""
    values: bool = False
    """Whether values of attributes are asked for, and not their names only."""
    journey: str | None = None
    """Ask also how the rules of this journey judge the person."""
    payload: JsonObject | None = None
    """Of the event that would begin it."""

    @property
    def journey_id(self) -> str:
        """It changes nothing of any journey."""
        return ""


@dataclass(frozen=True, kw_only=True)
class Weigh(_OfJourney):
    """Take new shares of an experiment. The job says it to itself."""

    command: Literal["weights"] = "weights"
    version: int
    step: str
    shares: Annotated[dict[str, float], AfterValidator(checked_shares)]
    """Arm to its percent of everybody."""

    @property
    def weights(self) -> Weights:
        """The shares, as plans know them."""
        return Weights(self.journey, self.version, self.step, self.shares)


@dataclass(frozen=True, kw_only=True)
class Retire(_OfJourney):
    """Let go of a version that nobody is inside of any more. The job says it to itself."""

    command: Literal["retire"] = "retire"
    version: int


@dataclass(frozen=True, kw_only=True)
class Define:
    """Take a definition that belongs to no journey, in place of the one of its kind and id."""

    command: Literal["define"] = "define"
    definition: Annotated[SharedDefinition, Field(discriminator="kind")]

    @property
    def journey_id(self) -> str:
        """It is about no journey."""
        return ""


ControlCommand: TypeAlias = (
    Publish
    | RollBack
    | PauseJourney
    | ResumeJourney
    | CloseJourney
    | StopJourney
    | EndRehearsal
    | EnterPerson
    | QueryPerson
    | Weigh
    | Retire
    | Define
)
_COMMAND: TypeAdapter[ControlCommand] = TypeAdapter(
    Annotated[ControlCommand, Field(discriminator="command")]
)


COMMANDS = tuple(str(kind.command) for kind in get_args(ControlCommand))
"""The words of all commands."""
_SUBJECTS = {
    "roll_back": "live",
    "pause": "pause",
    "resume": "pause",
    "close": "end",
    "stop": "end",
    "end_rehearsal": "rehearsal",
}
"""What each command speaks of: a later one of the same subject takes its place."""


def key_of(command: ControlCommand) -> str:
    """Give the record key: compaction keeps of each subject of a journey the latest command."""
    match command:
        case Publish(plan=plan):
            return f"{plan.journey}/{plan.version}"
        case Retire(journey=journey, version=version):
            return f"{journey}/{version}/retired"
        case Weigh():
            return f"{command.weights.experiment}/weights"
        case EnterPerson(journey=journey, profile_id=profile_id):
            return f"{journey}/enter/{profile_id}"
        case QueryPerson():
            return ".query"  # one of them is enough to keep: they are over at once
        case Define(definition=definition):
            return f".{definition.kind}/{definition.id}"  # no journey is named so
        case _:
            return f"{command.journey_id}/{_SUBJECTS[command.command]}"


def dump_command(command: ControlCommand) -> bytes:
    """Write a command as it lies on the control topic, under its `key_of`."""
    return orjson.dumps({"v": CONTROL_VERSION, **_COMMAND.dump_python(command, mode="json")})


def load_command(message: JsonObject) -> ControlCommand:
    """Read a command.

    Raises:
        CommandError: it is none of this version.
        CodecError: a plan in it cannot be read.
    """
    fields = {name: value for name, value in message.items() if name != "v"}
    try:
        return _COMMAND.validate_python(fields)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"][1:])
        raise CommandError(f"{place}: {fault['msg']}" if place else fault["msg"]) from error


def publish_message(
    plan: Plan, mode: Mode = Mode.LIVE, longest_wait_ms: int | None = None
) -> Publish:
    """Make the command that publishes a plan, or rehearses it.

    A rehearsal brings its models along: those of everybody else stay as they are.
    """
    brought = plan.alone if mode is Mode.LIVE else plan
    return Publish(plan=brought, mode=mode, longest_wait_ms=longest_wait_ms)


# What follows.


def apply(plans: Plans, command: ControlCommand, revision: int) -> None:
    """Change what holds of a journey as a command says.

    What holds already is not said again: applying a command twice changes nothing more.

    Raises:
        ContradictionError: it does not fit what holds; nothing is changed.
    """
    match command:
        case Publish():
            _publish(plans, command, revision)
        case RollBack():
            _roll_back(plans, command, revision)
        case Retire(journey=journey, version=version):
            plans.retire(journey, version)
        case Weigh():
            plans.weigh(command.weights)
        case EnterPerson():
            _check_entry(plans, command)
        case QueryPerson():
            _check_person(command.profile_id, command.payload or {})
        case Define(definition=definition):
            _define(plans, definition, revision)
        case EndRehearsal(journey=journey):
            plans.say(journey, _known(plans, journey).rehearse(revision, None))
        case _:
            _say(plans, command, revision)


def already(life: Lifecycle, command: ControlCommand, now: int) -> str | None:
    """Say why nothing would follow from a command, if so; it may be said all the same.

    Raises:
        ContradictionError: a journey is to be paused that has ended.
    """
    ended = "is stopped" if life.stopped else "is finished" if life.finished else None
    match command:
        case PauseJourney(journey=journey) if ended is not None:
            message = f"journey '{journey}' {ended}: nobody is inside; a new version begins it anew"
            raise ContradictionError(message)
        case ResumeJourney() if life.paused_at(now) is None:
            return "is not paused"
        case CloseJourney() | StopJourney() if ended is not None:
            return ended
        case CloseJourney() if life.closed:
            return "is closed"
        case EndRehearsal() if life.rehearsal is None:
            return "has no rehearsal"
        case _:
            return None


def _publish(plans: Plans, command: Publish, revision: int) -> None:
    plan = command.plan
    life = plans.life(plan.journey)
    _check_audible(plans, f"journey '{plan.journey}'", plan.heard.values())
    _check_same(plan, plans.find(plan.journey, plan.version), life)
    if command.mode is not Mode.LIVE:
        _check_newer(plan, life)
        longest = command.longest_wait_ms
        if command.mode is Mode.TEST and longest is None:
            longest = TEST_WAIT_MS
        rehearsal = Rehearsal(plan.version, command.mode, longest, revision)
        plans.add(plan, (life or Lifecycle()).rehearse(revision, rehearsal))
        return
    if life is not None and life.live == plan.version:
        return
    _check_newer(plan, life)
    turn = Turn(revision, plan.version, plan.in_flight, plan.exceptions, plan.moves)
    plans.add(plan, (life or Lifecycle()).publish(turn))


def _check_audible(plans: Plans, what: str, events: Iterable[EventDefinition]) -> None:
    if plans.audible is None:
        return
    silent = sorted({e.event_type or "*" for e in events} - plans.audible)
    if silent:
        message = (
            f"{what} listens to events of the type {', '.join(silent)}, which pass this job by: "
            f"`journeys publish` starts the job anew, so that they come"
        )
        raise ContradictionError(message)


def _define(plans: Plans, definition: SharedDefinition, revision: int) -> None:
    """Take a definition; of a model only a higher version takes the place of what is known."""
    if isinstance(definition, ModelDefinition):
        _check_audible(plans, f"model '{definition.id}'", definition.events.values())
    known = plans.models.get(definition.id)
    if isinstance(definition, ModelDefinition) and known is not None and known != definition:
        _check_newer_model(definition, known.version)
    plans.define(definition, revision)


def _check_newer_model(model: ModelDefinition, known: int) -> None:
    if model.version <= known:
        what = "other content" if model.version == known else f"version {known}"
        message = f"model '{model.id}' is published with {what}: raise `version` to {known + 1}"
        raise ContradictionError(message)


def _check_same(plan: Plan, known: Plan | None, life: Lifecycle | None) -> None:
    """Refuse other content for a version in which people may be, also after it was rolled back."""
    if known is None or life is None or not life.was_live(plan.version):
        return
    if codec.dump_plan(known.alone) != codec.dump_plan(plan.alone):
        higher = max(plan.version, life.live or 0) + 1
        _refuse(plan, f"is published with other content: raise `version` to {higher}")


def _check_newer(plan: Plan, life: Lifecycle | None) -> None:
    if life is not None and life.live is not None and plan.version <= life.live:
        why = f"is not newer than version {life.live}, which is published"
        _refuse(plan, f"{why}: raise `version` to {life.live + 1}")


def _refuse(plan: Plan, why: str) -> None:
    message = f"journey '{plan.journey}' version {plan.version} {why}"
    raise ContradictionError(message)


def _roll_back(plans: Plans, command: RollBack, revision: int) -> None:
    plan = command.plan
    life = _known(plans, plan.journey)
    if life.live == plan.version:
        return
    turn = Turn(revision, plan.version, command.in_flight, command.exceptions, command.moves)
    plans.add(plan, life.publish(turn))


def _check_entry(plans: Plans, command: EnterPerson) -> None:
    """Hold the payload against the event that it stands for: what follows is the person's own."""
    _known(plans, command.journey)
    plan = plans.live.get(command.journey)
    definition = plan.events.get(plan.entry.event or "") if plan else None
    if plan is None or definition is None or not plan.entry.is_by_event:
        message = f"journey '{command.journey}' has no live version that begins with an event"
        raise ContradictionError(message)
    _check_person(command.profile_id, command.payload)
    fault = definition.fault(command.payload)
    if fault is not None:
        message = f"the payload contradicts the schema of event '{definition.id}': {fault}"
        raise ContradictionError(message)


def _check_person(profile_id: str, payload: JsonObject) -> None:
    if not 0 < len(profile_id) <= MAX_KEY_LENGTH:
        message = f"a profile id has 1 to {MAX_KEY_LENGTH} characters"
        raise ContradictionError(message)
    if too_large(payload) or too_deep(payload):
        bounds = f"{MAX_VALUE_BYTES} bytes, {MAX_DEPTH} levels"
        message = f"the payload is larger or deeper than that of an event: at most {bounds}"
        raise ContradictionError(message)


def _say(
    plans: Plans,
    command: PauseJourney | ResumeJourney | CloseJourney | StopJourney,
    revision: int,
) -> None:
    life = _known(plans, command.journey)
    match command:
        case PauseJourney(then=then, until=until, why=why):
            life = life.pause_for(revision, Pause(then, until, why))
        case ResumeJourney():
            life = life.resume(revision)
        case CloseJourney():
            life = life.close(revision)
        case StopJourney():
            life = life.stop(revision)
    plans.say(command.journey, life)


def _known(plans: Plans, journey: str) -> Lifecycle:
    life = plans.life(journey)
    if life is None:
        names = ", ".join(f"'{name}'" for name in plans.lives) or "none"
        message = f"journey '{journey}' is not published; known: {names}"
        raise ContradictionError(message)
    return life
