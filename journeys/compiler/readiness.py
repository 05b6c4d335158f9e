"""What can be written, checked and simulated already, but is not run by the Flink job yet.

Each is a warning when a project is validated, and keeps it from being published: nobody finds out
on a running job. The list shrinks as the job grows; an empty one is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from journeys.activities.cap import CapSpec
from journeys.activities.experiment import ExperimentSpec
from journeys.activities.first_of import AudienceBranchSpec, FirstOfSpec, ReactionBranchSpec
from journeys.compiler.forms import Defined
from journeys.diagnostics import Code, Place
from journeys.expressions.catalog import ReadKind
from journeys.expressions.errors import Severity
from journeys.kinds.journey import JourneySpec
from journeys.project import Project
from journeys.specification import NamedSpec, Path, StepSpec

HINT = "it can be tested and simulated; `journeys publish` refuses it"
UNREAD = {
    ReadKind.AUDIENCE: "audiences",
    ReadKind.DECISION: "models",
    ReadKind.HISTORY: "histories of people",
}
"""What expressions may read that the job does not keep yet."""
_CHANNELS = ("push", "sms")


def report_not_run(project: Project, place: Place, what: str) -> None:
    """Warn of something that the job does not run yet."""
    message = f"the job of this release does not run {what}"
    project.report(place, Code.NOT_RUN_YET, message, HINT, Severity.WARNING)


def check_definition(project: Project, defined: Defined[NamedSpec]) -> None:
    """Warn of a definition other than a journey that the job does nothing with yet."""
    spec = defined.spec
    channel = getattr(spec, "channel", None)
    if channel in _CHANNELS:
        report_not_run(project, defined.document.place(("channel",)), f"the channel '{channel}'")
    if getattr(spec, "kind", None) == "policy":
        report_not_run(project, defined.document.place(("kind",)), "policies")
    if getattr(spec, "cache", None) is not None:
        report_not_run(project, defined.document.place(("cache",)), "caches of sources")


def check_journey(
    project: Project, defined: Defined[JourneySpec], steps: Mapping[str, StepSpec]
) -> None:
    """Warn of what a journey uses that the job does not run yet."""
    for path, what in (*_in_journey(defined.spec), *_in_steps(steps)):
        report_not_run(project, defined.document.place(path), what)


def _in_journey(spec: JourneySpec) -> Iterator[tuple[Path, str]]:
    for kind in ("audience", "read", "business"):
        if getattr(spec.entry, kind) is not None:
            yield ("entry", kind), f"entries by `{kind}`"
    for n, criterion in enumerate(spec.exit):
        if criterion.audience is not None:
            yield ("exit", n, "audience"), "exits by `audience`"
    if spec.in_flight != "finish":
        yield ("in_flight",), f"`in_flight: {spec.in_flight}`"


def _in_steps(steps: Mapping[str, StepSpec]) -> Iterator[tuple[Path, str]]:
    for name, step in steps.items():
        match step:
            case CapSpec():
                yield ("steps", name, "cap"), "caps"
            case ExperimentSpec(experiment=body) if body.method == "bandit":
                yield ("steps", name, "experiment", "method"), "bandits"
            case FirstOfSpec(first_of=branches):
                for n, branch in enumerate(branches):
                    if isinstance(branch, ReactionBranchSpec):
                        yield ("steps", name, "first_of", n), "reactions to messages"
                    if isinstance(branch, AudienceBranchSpec):
                        yield ("steps", name, "first_of", n), "races of audiences"
