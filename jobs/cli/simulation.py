"""The verb `simulate`: let one person or a crowd walk through a journey, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import orjson
import typer
from pydantic import TypeAdapter, ValidationError

from jobs.cli.author import FolderArgument, Format, FormatOption
from jobs.cli.console import put
from jobs.cli.findings import faultless
from jobs.folder import Folder
from journeys.clock import format_instant, parse_duration
from journeys.diagnostics import near
from journeys.errors import JourneyError
from journeys.kinds.scenario import ResponseSpec
from journeys.messages import JsonObject
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.rehearsal.play import play
from journeys.rehearsal.population import Crowd, populate
from journeys.rehearsal.statistics import statistics
from journeys.rehearsal.subject import Subject
from journeys.rehearsal.summary import summary, summary_lines
from journeys.rehearsal.trace import after, line_of, row_of
from journeys.simulator import Happening

T = TypeVar("T")
_PROFILE = TypeAdapter(JsonObject)
_ANSWERS = TypeAdapter(dict[str, JsonObject])


def simulate(
    folder: FolderArgument = Path(),
    journey: Annotated[
        str | None, typer.Option(help="Which journey; not needed where there is one.")
    ] = None,
    people: Annotated[int, typer.Option(min=1, help="How many people.")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
    duration: Annotated[str, typer.Option("--for", help="How long, such as P30D.")] = "P30D",
    scenario: Annotated[
        str | None, typer.Option(help="Show the timeline of the person of this scenario.")
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(help="Show the timeline of a person with this JSON profile.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(help="JSON file: step to its answer, as under `respond`.")
    ] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Let people who do not exist walk through a journey, and add up what becomes of them."""
    read = faultless(folder)
    plans = read.compilation.published()
    if scenario is not None:
        known = {each.id: each for each in read.compilation.scenarios}
        chosen = _chosen("scenario", scenario, known)
        played = play(chosen, plans, read.compilation.responses)
        _write_timeline(played.together(chosen.person), chosen.start, form)
        return
    subject = _subject(read, plans, journey)
    crowd = Crowd(
        people=1 if profile else people,
        duration_ms=_duration(duration),
        seed=seed,
        answers=_answers(answers, subject.plan) if answers else (),
        profile=_json(profile, _PROFILE) if profile else None,
    )
    simulator = populate(subject, crowd)
    if profile:
        (person,) = simulator.people.values()
        _write_timeline(person.trace, crowd.start, form)
        return
    found = statistics(subject.plan, simulator)
    if form is Format.JSON:
        put(orjson.dumps(summary(found), option=orjson.OPT_INDENT_2).decode())
        return
    put(f"{subject.plan.journey} v{subject.plan.version}: {people} people, {duration}, seed {seed}")
    for line in summary_lines(found):
        put(line)


# What was given.


def _chosen(what: str, name: str, known: dict[str, T]) -> T:
    if name not in known:
        message = f"there is no {what} '{name}': {near(name, known)}"
        raise typer.BadParameter(message, param_hint=f"--{what}")
    return known[name]


def _subject(read: Folder, plans: Plans, journey: str | None) -> Subject:
    known: dict[str, Plan] = dict(read.compilation.plans)
    if journey is None and len(known) != 1:
        message = f"one journey is simulated: choose it; {near('', known)}"
        raise typer.BadParameter(message, param_hint="--journey")
    plan = _chosen("journey", journey or next(iter(known)), known)
    return Subject(plan, plans, read.compilation.responses, read.profile_schema)


def _duration(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error


def _answers(file: Path, plan: Plan) -> tuple[ResponseSpec, ...]:
    written = _json(file, _ANSWERS)
    for step in written.keys() - plan.steps.keys():
        message = f"{file}: the journey '{plan.journey}' has no step '{step}': "
        raise JourneyError(message + near(step, plan.steps))
    try:
        return tuple(
            ResponseSpec.model_validate({**answer, "step": step})
            for step, answer in written.items()
        )
    except ValidationError as error:
        raise _unfit(file, error) from error


def _json(file: Path, form: TypeAdapter[T]) -> T:
    try:
        return form.validate_python(orjson.loads(file.read_bytes()))
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise JourneyError(message) from error
    except orjson.JSONDecodeError as error:
        message = f"{file} is not JSON: {error}"
        raise JourneyError(message) from error
    except ValidationError as error:
        raise _unfit(file, error) from error


def _unfit(file: Path, error: ValidationError) -> JourneyError:
    """Say the first thing wrong with a file."""
    first = error.errors(include_url=False)[0]
    place = "/".join(map(str, first["loc"]))
    return JourneyError(f"{file}: {place}: {first['msg']}")


# One person.


def _write_timeline(trace: Sequence[Happening], start: int, form: Format) -> None:
    if form is Format.JSON:
        rows = [row for happening in trace if (row := row_of(happening))]
        put(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    for line in _timeline(trace, start):
        put(line)


def _timeline(trace: Sequence[Happening], start: int) -> Iterator[str]:
    said = [(h.at, line) for h in trace if (line := line_of(h, start))]
    width = max((len(after(start, at)) for at, _ in said), default=0)
    for at, line in said:
        yield f"{format_instant(at)}  {after(start, at):<{width}}  {line}"
