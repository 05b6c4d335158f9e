"""The verb `plan`: what publishing the project would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

import orjson
import typer

from jobs.cli.author import FolderArgument, Format, FormatOption
from jobs.cli.console import FINDINGS, put, say
from jobs.cli.findings import faultless, tell_not_run
from jobs.folder import Folder
from journeys import codec
from journeys.activity import END
from journeys.definitions import ModelDefinition
from journeys.difference import (
    Change,
    DefinitionDifference,
    Difference,
    Fate,
    ModelDifference,
    Standing,
    compare,
    compare_definitions,
    compare_models,
)
from journeys.errors import CodecError, JourneyError
from journeys.field_change import FieldChange
from journeys.phrases import ELLIPSIS, cut, name_of, value_of
from journeys.plan import Plan
from journeys.plans import Plans

CHANGES = 2
"""Exit code with `--detailed-exitcode` where publishing would change something."""
_REFUSED = (Standing.CONFLICT, Standing.OLDER)
_CHANGES = (Standing.NEW, Standing.NEW_VERSION, Standing.CHANGED)
_Told: TypeAlias = Difference | ModelDifference | DefinitionDifference
_LONGEST = 72
_SHOWN_BEFORE = 12
"""How many characters are shown of what two long values have in common."""


def plan(
    folder: FolderArgument = Path(),
    against: Annotated[
        typer.FileBinaryRead | None,
        typer.Option(
            metavar="<file>",
            help="Compare with this output of `journeys compile`; - is standard input.",
        ),
    ] = None,
    form: FormatOption = Format.TEXT,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="End with 2 where something would change.")
    ] = False,
) -> None:
    """Show what publishing the project's journeys would change.

    Compares with what is published to the project's running job, or with a file.
    """
    read = faultless(folder)
    published = _published(read) if against is None else _plans_in(against)
    own = {d.id: d for d in read.compilation.shared if isinstance(d, ModelDefinition)}
    differences = compare(published.live, read.compilation.plans)
    models = compare_models(_models(published), own)
    # The output of `compile` says nothing of what belongs to no journey.
    others = [] if against else compare_definitions(published, read.compilation.shared)
    found: list[_Told] = [*differences, *models, *others]
    if form is Format.JSON:
        put(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        for line in _lines(differences, models, others):
            put(line)
    counts = Counter(each.standing for each in found)
    say(", ".join(f"{n} {name_of(standing)}" for standing, n in counts.items()) or "no journeys")
    if read.compilation.not_run:
        tell_not_run(read)
    is_refused = any(counts[standing] for standing in _REFUSED)
    is_refused |= any(d.fate is not None and d.fate.lost for d in differences)
    if read.compilation.not_run or is_refused:
        raise typer.Exit(FINDINGS)
    changes = sum(counts[standing] for standing in _CHANGES)
    if changes and against is None:
        _tell_restart(read)
    if detailed_exitcode and changes:
        raise typer.Exit(CHANGES)


def _published(read: Folder) -> Plans:
    from jobs import control_topic, local  # noqa: PLC0415  # Kafka's client, which a file needs not

    found = control_topic.read_control_topic(local.bootstrap_of(read), read.settings.topics)
    return found.plans


def _tell_restart(read: Folder) -> None:
    from jobs import local  # noqa: PLC0415  # as above

    if local.running_here(read) and (more := local.unheard(read)):
        say(f"The job would start anew from a savepoint, to listen to events of {more}.")


def _models(published: Plans) -> Mapping[str, ModelDefinition]:
    """Give the models that are published, or that plans in a file brought along."""
    brought = {n: model for plan in published for n, model in plan.rules.models.items()}
    return {**brought, **published.models}


def _plans_in(file: typer.FileBinaryRead) -> Plans:
    plans: dict[str, Plan] = {}
    for number, line in enumerate(file, start=1):
        try:
            found = codec.load_plan(line)
        except CodecError as error:
            message = f"{file.name}:{number} is no output of `journeys compile`: {error}"
            raise JourneyError(message) from error
        plans[found.journey] = found
    return Plans(plans.values())


# Text.


def _lines(
    differences: list[Difference],
    models: list[ModelDifference],
    others: list[DefinitionDifference],
) -> Iterator[str]:
    for difference in differences:
        yield from text_of(difference)
    for model in models:
        yield from text_of_model(model)
    for other in others:
        yield f"{other.kind} {other.definition}: {name_of(other.standing)}"


def text_of_model(difference: ModelDifference) -> Iterator[str]:
    """Tell in lines what publishing would change of a model."""
    changed = bool(difference.fields)
    yield f"model {difference.model}: {_headline(difference, changed=changed)}"
    yield from (f"  ~ {_field(field)}" for field in difference.fields)
    if difference.standing is Standing.NEW_VERSION:
        yield "  it decides from then on, also for people inside"


def text_of(difference: Difference) -> Iterator[str]:
    """Tell in lines what publishing would change of a journey."""
    changed = bool(difference.changes)
    yield f"{difference.journey}: {_headline(difference, changed=changed)}"
    for change in difference.changes:
        yield from _change_lines(change)
    if difference.fate is not None:
        yield from (f"  {line}" for line in _fate_lines(difference.fate, difference.published))


def _headline(difference: Difference | ModelDifference, *, changed: bool) -> str:
    before, after = difference.published or 0, difference.version or 0
    raised = f"raise `version` to {before + 1}"
    match difference.standing:
        case Standing.NEW:
            return f"new, version {after}"
        case Standing.NEW_VERSION:
            nothing = "" if changed else ", with nothing else changed"
            return f"new version, {before} → {after}{nothing}"
        case Standing.UNCHANGED:
            return f"unchanged, version {after}"
        case Standing.CONFLICT:
            return f"version {after} is published with other content: {raised}"
        case Standing.OLDER:
            return f"version {after} is older than the published {before}: {raised}"
        case _:
            return f"not in this project, stays published as version {before}"


def _change_lines(change: Change) -> Iterator[str]:
    kind = f" ({change.kind})" if change.kind else ""
    yield f"  {change.sign} {change.what} {change.name}{kind}"
    for line in change.does:
        yield f"      {cut(line, _LONGEST)}"
    for field in change.fields:
        yield f"      {_field(field)}"


def _field(field: FieldChange) -> str:
    name = field.path.rpartition(".")[2]
    return f"{name_of(field.path)}: {_names(field) or _values(name, field.before, field.after)}"


def _names(field: FieldChange) -> str:
    """Say which names left a list and which came to it."""
    before, after = field.before, field.after
    if not (isinstance(before, list) and isinstance(after, list)):
        return ""
    left = [f"- {name}" for name in before if name not in after]
    came = [f"+ {name}" for name in after if name not in before]
    return ", ".join([*left, *came])


def _values(name: str, old: object, new: object) -> str:
    """Show two values from shortly before the place where they part."""
    before, after = value_of(name, old), value_of(name, new)
    start = _common(before, after) - _SHOWN_BEFORE
    if start > 0 and max(len(before), len(after)) > _LONGEST:
        before, after = ELLIPSIS + before[start:], ELLIPSIS + after[start:]
    return f"{cut(before, _LONGEST)} → {cut(after, _LONGEST)}"


def _common(one: str, other: str) -> int:
    """Count the characters with which both begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


_FATES = {
    "finish": "finish it",
    "exit": "exit",
    "move": "move to the same step of the new version",
}


def _fate_lines(fate: Fate, version: int | None) -> Iterator[str]:
    people = f"people inside version {version}"
    yield f"{people} {_FATES[fate.in_flight]}"
    for name, what in fate.exceptions.items():
        yield f"  those at {name} {_FATES[what]}"
    for before, after in fate.moves.items():
        yield f"  those at {before} {_moved(after)}"
    for name in fate.lost:
        yield f"  those at {name} have nowhere to go: map it, or name it under `in_flight`"


def _moved(to: str) -> str:
    return "complete" if to == END else f"move to {to}"
