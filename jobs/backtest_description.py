"""The description of a backtest, as one JSON file: what walks, over which records, and when.

Knows no Flink: the same description is carried out by a job, or here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from jobs.ingest_description import DescribedFile
from jobs.job import JobDescription
from journeys.backtest.answers import Model
from journeys.backtest.recording import Clock, Recorded
from journeys.backtest.tally import Tally, dump_tallies, load_tallies
from journeys.backtest.trial import Trial
from journeys.backtest.walking import Backtest, Tell, Terms
from journeys.codec import dump_step_event
from journeys.control import ControlCommand, Define, dump_command, publish_message
from journeys.definitions import SharedDefinition
from journeys.errors import JourneyError
from journeys.lifecycle import Change
from journeys.messages import JsonObject
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.records import restate
from journeys.tables import Table, Tables

TALLY = "tally-{}.json"
"""What a subtask has counted, by its number."""
STEP_EVENTS = "step-events-{}.jsonl"
"""What a subtask has told, by its number."""


class DescriptionError(JourneyError):
    """What is described cannot be carried out."""


class Side(BaseModel):
    """What is published on one side of a backtest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """As people know it."""
    said: list[str]
    """Commands, as on the topic `control`."""
    tables: dict[str, dict[str, str]] = {}
    """Dataset to its rows of reference data, each as JSON under its key."""

    @classmethod
    def of(
        cls,
        name: str,
        plans: Iterable[Plan],
        shared: Iterable[SharedDefinition],
        tables: Mapping[str, Table],
    ) -> Side:
        """Write down what is published."""
        commands: list[ControlCommand] = [
            *(Define(definition=each) for each in shared),
            *map(publish_message, plans),
        ]
        rows = {
            dataset: {key: row.decode() for key, row in table.texts()}
            for dataset, table in tables.items()
        }
        return cls(name=name, said=[dump_command(each).decode() for each in commands], tables=rows)

    @property
    def plans(self) -> Plans:
        """What is published.

        Raises:
            DescriptionError: it cannot be read.
        """
        plans = Plans()
        for number, text in enumerate(self.said):
            found = restate(plans, number, text)
            if not isinstance(found, Change):
                why = "" if found is None else f": {found.detail}"
                message = f"what '{self.name}' publishes cannot be read{why}"
                raise DescriptionError(message)
        by_dataset: dict[str, Table] = {}
        for dataset, rows in self.tables.items():
            table = by_dataset[dataset] = Table()
            for key, row in rows.items():
                table.put(key, row.encode())
        plans.tables = Tables(by_dataset)
        return plans


class BacktestDescription(BaseModel):
    """What is tried, and on whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: JobDescription
    """Name, Kafka, topics and parallelism; its journeys and channels are not looked at."""
    sides: list[Side]
    """The draft, and what it is compared with."""
    responses: dict[str, JsonObject] = {}
    """Action or source to the JSON Schema of its response."""
    answers: dict[str, list[JsonObject]] = {}
    """Action or source to its answers, as somebody says."""
    until: int
    """Nothing happens from here on; milliseconds."""
    clock: Clock = Clock.EVENT
    files: list[DescribedFile] = []
    """Where records are read from, instead of the topics."""
    told: Path | None = None
    """The folder where step events are written, one file for each subtask; None: they are not."""
    kept: Path
    """The folder where subtasks keep what they have counted; all of them reach it."""

    @classmethod
    def read(cls, file: Path) -> BacktestDescription:
        """Read a description.

        Raises:
            pydantic.ValidationError: the file is no description; names every fault.
        """
        return cls.model_validate_json(file.read_bytes())

    def trial(self, tell: Tell | None = None) -> Trial:
        """Begin what is described, with nobody.

        Args:
            tell: told every step event of the first side.

        Raises:
            AnswersError: what is said of answers cannot be read.
            DescriptionError: what is published cannot be read.
        """
        terms = Terms(self.until, self.clock)
        known = [side.plans for side in self.sides]
        models = (Model(plans, self.responses, self.answers) for plans in known)
        told = (tell, None)  # one side or two
        return Trial(
            [Backtest(p, m, terms, t) for p, m, t in zip(known, models, told, strict=False)]
        )

    @contextmanager
    def step_events(self, number: int) -> Iterator[Tell | None]:
        """Give what writes the step events of a part, if they are to be written.

        The file has its name once all of them are in it.
        """
        if self.told is None:
            yield None
            return
        self.told.mkdir(parents=True, exist_ok=True)
        whole = self.told / STEP_EVENTS.format(number)
        partial = whole.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as file:
            yield lambda event: print(dump_step_event(event), file=file)
        partial.replace(whole)

    def listened(self) -> list[str] | None:
        """Name the types of events that anything listens to; None: any may be."""
        listened = [side.plans.listened for side in self.sides]
        types = set().union(*(one for one in listened if one is not None))
        is_known = None not in listened and all(map(str.isascii, types))
        return sorted(types) if is_known else None

    @property
    def parts(self) -> list[Path]:
        """What subtasks have kept."""
        return sorted(self.kept.glob(TALLY.format("*")))

    def tallies(self) -> list[Tally]:
        """Add up what subtasks have counted, side by side."""
        sums = [Tally() for _ in self.sides]
        for file in self.parts:
            for total, part in zip(sums, load_tallies(file.read_bytes()), strict=True):
                total.update(part)
        return sums


class Part:
    """The part of the people that one subtask lets walk."""

    def __init__(self, description: BacktestDescription, number: int) -> None:
        self._told = ExitStack()
        tell = self._told.enter_context(description.step_events(number))
        self._trial = description.trial(tell)
        self._kept = description.kept / TALLY.format(number)

    def take(self, person: str, recorded: Iterable[Recorded]) -> None:
        """Let everything happen that was recorded of a person."""
        self._trial.take(person, recorded)

    def end(self) -> None:
        """Keep what was counted: all of it, or what was kept before."""
        self._told.close()
        self._kept.parent.mkdir(parents=True, exist_ok=True)
        partial = self._kept.with_suffix(".partial")
        partial.write_bytes(dump_tallies(self._trial.tallies))
        partial.replace(self._kept)


def part_of(file: Path, number: int) -> Part:
    """Begin the part of a subtask, where the description lies."""
    return Part(BacktestDescription.read(file), number)
