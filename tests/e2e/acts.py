"""What a scenario is made of: things that happen to people, and waits for what comes of them.

An act says what it does to a stage and knows neither Kafka nor the simulator. Both are a `Stage`:
topics that records are written to, and step events that are told. An act that a topic can carry is
therefore played by both; a new one is a dataclass with `on` and a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import orjson

from journeys.clock import format_instant
from journeys.control import (
    ControlCommand,
    EnterPerson,
    PauseJourney,
    dump_command,
    publish_message,
)
from journeys.messages import JsonObject, JsonValue
from journeys.mode import Mode
from journeys.plans import Plans
from journeys.rollback import Rollback, rolled_back
from tests.e2e.plans import first_plans, later_plan

BETWEEN_TOPICS_S = 1.5
"""There is no order between topics: time for a record to arrive before one of another topic."""


class Stage(Protocol):
    """Where a scenario is played, by people of its own."""

    @property
    def begun(self) -> int:
        """Give the instant at which the play began, the same on both stages."""

    def name(self, who: str) -> str:
        """Give the profile id of a person."""

    def write(self, topic: str, who: str, value: JsonObject | None) -> None:
        """Write a record of a person."""

    def load(self, table: str, key: str, row: JsonObject | None) -> None:
        """Say what a row of a table is from now on; None: it is no more."""

    def told(self, who: str) -> Sequence[JsonObject]:
        """Give the step events of a person so far, as they stand on the topic."""

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Let time pass until something holds."""

    def let_pass(self, seconds: float) -> None:
        """Let time pass."""

    def say(self, command: ControlCommand) -> None:
        """Say something of a journey while it runs."""


class Act(Protocol):
    """One thing that happens."""

    def on(self, stage: Stage) -> None:
        """Let it happen."""


@dataclass(frozen=True)
class In:
    """In a payload: the instant so many seconds after the play began."""

    seconds: int

    def __str__(self) -> str:
        return f"begin {self.seconds:+} s"


@dataclass(frozen=True)
class Event:
    """A person does something."""

    type: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    who: str = "ann"
    id: str | None = None

    def on(self, stage: Stage) -> None:
        written = {
            name: format_instant(stage.begun + 1000 * value.seconds)
            if isinstance(value, In)
            else value
            for name, value in self.payload.items()
        }
        named = {} if self.id is None else {"_id": self.id}
        stage.write("events", self.who, {"eventType": self.type, **named, **written})

    def __str__(self) -> str:
        named = "" if self.id is None else f" (id {self.id})"
        return f"{self.who}: event `{self.type}`{_said(self.payload)}{named}"


@dataclass(frozen=True)
class Profile:
    """Attributes of a person change."""

    patch: JsonObject
    who: str = "ann"

    def on(self, stage: Stage) -> None:
        stage.write("profiles", self.who, self.patch)
        stage.let_pass(BETWEEN_TOPICS_S)

    def __str__(self) -> str:
        return f"{self.who}: profile{_said(self.patch)}"


@dataclass(frozen=True)
class TableRow:
    """A row of reference data is another from now on, or is no more."""

    table: str
    key: str
    row: JsonObject | None

    def on(self, stage: Stage) -> None:
        stage.load(self.table, self.key, self.row)
        stage.let_pass(BETWEEN_TOPICS_S)

    def __str__(self) -> str:
        says = "no more" if self.row is None else f"is{_said(self.row)}"
        return f"row `{self.key}` of `{self.table}` {says}"


@dataclass(frozen=True)
class Erasure:
    """A person is erased."""

    who: str = "ann"

    def on(self, stage: Stage) -> None:
        stage.write("profiles", self.who, None)
        stage.let_pass(BETWEEN_TOPICS_S)

    def __str__(self) -> str:
        return f"{self.who}: erased"


@dataclass(frozen=True)
class Link:
    """An identity is linked to a person, who is known by another."""

    who: str
    primary: str = "ann"

    def on(self, stage: Stage) -> None:
        identities: list[JsonValue] = [
            {"id": stage.name(self.primary), "primary": True},
            {"id": stage.name(self.who)},
        ]
        stage.write("profiles", self.who, {"identityMap": {"ecid": identities}})
        stage.let_pass(BETWEEN_TOPICS_S)

    def __str__(self) -> str:
        return f"{self.who}: one more identity of {self.primary}"


@dataclass(frozen=True)
class Reaction:
    """A person does something with the message that a step sent last."""

    step: str
    reaction: str
    who: str = "ann"

    def on(self, stage: Stage) -> None:
        told = stage.told(self.who)
        sent = [t for t in told if (t["step_id"], t["outcome"]) == (self.step, "requested")]
        request = sent[-1]["request_id"]
        stage.write("feedback", self.who, {"request_id": request, "reaction": self.reaction})

    def __str__(self) -> str:
        return f"{self.who}: `{self.reaction}`, the message of `{self.step}`"


@dataclass(frozen=True)
class Until:
    """Time passes until a step event is told."""

    step: str
    outcome: str = "waiting"
    who: str = "ann"

    def on(self, stage: Stage) -> None:
        wanted = (self.step, self.outcome)
        stage.until(
            lambda: any((t["step_id"], t["outcome"]) == wanted for t in stage.told(self.who)),
            str(self),
        )

    def __str__(self) -> str:
        return f"until {self.who} is `{self.outcome}` at `{self.step}`"


@dataclass(frozen=True)
class Pause:
    """Time passes."""

    seconds: float

    def on(self, stage: Stage) -> None:
        stage.let_pass(self.seconds)

    def __str__(self) -> str:
        return f"after {self.seconds:g} s"


@dataclass(frozen=True)
class Publish:
    """The journey of a file of the folder `later` is published, or rehearsed."""

    file: str
    mode: Mode = Mode.LIVE
    longest_wait_ms: int | None = None

    def on(self, stage: Stage) -> None:
        plan = later_plan(self.file, stage.begun)
        stage.say(publish_message(plan, self.mode, self.longest_wait_ms))
        stage.let_pass(BETWEEN_TOPICS_S)

    def __str__(self) -> str:
        how = "" if self.mode is Mode.LIVE else f" as {self.mode.replace('_', ' ')}"
        longest = self.longest_wait_ms
        waits = "" if longest is None else f", no wait longer than {longest / 1000:g} s"
        return f"`{self.file}` published{how}{waits}"


@dataclass(frozen=True)
class GoBack:
    """The journey of a file of the folder `later` goes back to the version before that."""

    file: str

    def on(self, stage: Stage) -> None:
        plan = later_plan(self.file, stage.begun)
        plans = Plans([*first_plans(), plan])
        said = [dump_command(publish_message(known)).decode() for known in plans]
        command, _ = rolled_back(said, plans, plan.journey, None, Rollback.MOVE)
        stage.say(command)
        stage.let_pass(BETWEEN_TOPICS_S)

    def __str__(self) -> str:
        return f"`{self.file}` rolled back"


@dataclass(frozen=True)
class Say:
    """Something else is said of a journey."""

    command: ControlCommand
    until: In | None = None
    """When a pause ends by itself."""

    def on(self, stage: Stage) -> None:
        command = self.command
        if isinstance(command, PauseJourney) and self.until is not None:
            command = replace(command, until=stage.begun + 1000 * self.until.seconds)
        stage.say(command)
        stage.let_pass(BETWEEN_TOPICS_S)

    def __str__(self) -> str:
        command, how = self.command, ""
        if isinstance(command, PauseJourney):
            how = f" ({command.then})" + (f" until {self.until}" if self.until else "")
        return f"`{command.journey_id}`: {command.command.replace('_', ' ')}{how}"


@dataclass(frozen=True)
class Enter:
    """Somebody asks that a person enters a journey."""

    journey: str
    payload: JsonObject = field(default_factory=dict)
    who: str = "ann"
    id: str | None = None

    def on(self, stage: Stage) -> None:
        person = stage.name(self.who)
        stage.say(
            EnterPerson(journey=self.journey, profile_id=person, payload=self.payload, id=self.id)
        )

    def __str__(self) -> str:
        named = "" if self.id is None else f" (id {self.id})"
        return f"{self.who}: asked for to enter `{self.journey}`{_said(self.payload)}{named}"


@dataclass(frozen=True)
class Row:
    """A scenario of the table: what it shows, and the acts in order."""

    id: str
    shows: str
    acts: Sequence[Act]
    free: bool = False
    """Whether it is left open who of the people has which of the traces."""

    @property
    def people(self) -> list[str]:
        """Name everybody who plays."""
        return sorted({who for act in self.acts if (who := getattr(act, "who", None))})


def everybody(count: int, act: Callable[[str], Act]) -> list[Act]:
    """Let so many people do the same."""
    return [act(f"p{number:02d}") for number in range(count)]


_SHOWN = 60
"""Characters of a payload that a page shows."""


def _said(values: Mapping[str, Any]) -> str:
    if not values:
        return ""
    text = orjson.dumps(values, default=str, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()
    return f" `{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}`"
