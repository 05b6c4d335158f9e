"""What can be written, checked and simulated already, but is not run by the Flink job yet.

Each is a warning when a project is validated, and keeps it from being published: nobody finds out
on a running job. The list shrinks as the job grows; an empty one is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from journeys.compiler.forms import Defined
from journeys.compiler.vocabulary import Vocabulary
from journeys.diagnostics import Code
from journeys.expressions import ExpressionError
from journeys.expressions.catalog import ReadKind
from journeys.expressions.errors import Severity
from journeys.expressions.turning import UnforeseenError, turnings
from journeys.kinds.journey import JourneySpec
from journeys.project import Project
from journeys.specification import Path, StepSpec


def _report(project: Project, defined: Defined[Any], path: Path, what: str, hint: str) -> None:
    place = defined.document.place(path)
    message = f"the job of this release does not run {what}"
    project.report(place, Code.NOT_RUN_YET, message, hint, Severity.WARNING)


def check_journey(
    vocabulary: Vocabulary, defined: Defined[JourneySpec], steps: Mapping[str, StepSpec]
) -> None:
    """Warn of what a journey uses that the job does not run yet."""
    for path, name in _crossed(defined.spec, steps):
        unforeseen = _unforeseen(vocabulary, name)
        if unforeseen is not None:
            what = "borders of audiences of which nobody can foresee when a clock moves them"
            _report(vocabulary.project, defined, path, what, f"in its rule, {unforeseen.hint}")


def _crossed(spec: JourneySpec, steps: Mapping[str, StepSpec]) -> Iterator[tuple[Path, str]]:
    """Name the audiences of which the journey must know since when somebody is in them."""
    read = spec.entry.read
    for path, name in spec.audiences():
        is_asked = path[1] == "business" or (path[1] == "read" and read and not read.incremental)
        if not is_asked:  # when the audience is read
            yield path, name
    for step_id, step in steps.items():
        for path, kind, name in step.uses():
            if kind == "audience":
                yield ("steps", step_id, *path), name


def _unforeseen(vocabulary: Vocabulary, audience: str) -> UnforeseenError | None:
    """Say which part of a rule, or of a score that it reads, changes nobody can foresee when."""
    if audience not in vocabulary.audiences:
        return None
    when, names = vocabulary.audiences[audience]
    texts = {when: names.conversions.get(when, ())}
    scored = (read.name for read in names.reads if read.kind is ReadKind.DECISION)
    for model in (vocabulary.models[name] for name in scored if name in vocabulary.models):
        texts |= {text: model.conversions.get(text, ()) for text in model.expressions}
    for text, conversions in texts.items():
        try:
            turnings(text, conversions)
        except UnforeseenError as error:
            return error
        except ExpressionError:
            continue  # reported where it is written
    return None
