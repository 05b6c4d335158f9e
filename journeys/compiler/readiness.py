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
from journeys.expressions import ExpressionError, parse
from journeys.expressions.errors import Severity
from journeys.expressions.functions import FUNCTIONS
from journeys.expressions.tree import Call, Node, children
from journeys.kinds.audience import AudienceSpec
from journeys.kinds.journey import JourneySpec
from journeys.kinds.source import SourceSpec
from journeys.project import Project
from journeys.specification import NamedSpec, Path, StepSpec

SIMULATED = "it can be tested and simulated; `journeys publish` refuses it"
_CLOCK = frozenset(f.name for f in FUNCTIONS.values() if f.family == "dates" and f.reads_scope)
"""Functions whose value changes as time passes."""


def check_definition(project: Project, defined: Defined[NamedSpec]) -> None:
    """Warn of a definition other than a journey that the job does nothing with yet."""
    match defined.spec:
        case AudienceSpec(members=str()):
            _report(project, defined, ("members",), "audiences from lists", SIMULATED)
        case SourceSpec(cache=int()):
            _report(project, defined, ("cache",), "caches of sources", SIMULATED)


def _report(project: Project, defined: Defined[Any], path: Path, what: str, hint: str) -> None:
    place = defined.document.place(path)
    message = f"the job of this release does not run {what}"
    project.report(place, Code.NOT_RUN_YET, message, hint, Severity.WARNING)


def check_journey(
    vocabulary: Vocabulary, defined: Defined[JourneySpec], steps: Mapping[str, StepSpec]
) -> None:
    """Warn of what a journey uses that the job does not run yet."""
    by_clock = (
        (path, "borders of audiences that a clock moves")
        for path, name in _crossed(defined.spec, steps)
        if name in vocabulary.audiences and _reads_clock(vocabulary.audiences[name][0])
    )
    for path, what in by_clock:
        _report(vocabulary.project, defined, path, what, SIMULATED)


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


def _reads_clock(rule: str) -> bool:
    """Say whether a rule may change although nothing happens: nobody is woken for that."""
    try:
        waiting: list[Node] = [parse(rule).root]
    except ExpressionError:
        return False
    while waiting:
        node = waiting.pop()
        if isinstance(node, Call) and node.name in _CLOCK:
            return True
        waiting += children(node)
    return False
