"""What can be written, checked and simulated already, but is not run by the Flink job yet.

Each is a warning when a project is validated, and keeps it from being published: nobody finds out
on a running job. The list shrinks as the job grows; an empty one is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from journeys.actions.push import PushAction
from journeys.actions.sms import SmsAction
from journeys.activities.experiment import ExperimentSpec
from journeys.activities.first_of import AudienceBranchSpec, FirstOfSpec
from journeys.compiler.forms import Defined
from journeys.diagnostics import Code
from journeys.expressions.errors import Severity
from journeys.kinds.audience import AudienceSpec
from journeys.kinds.journey import JourneySpec
from journeys.kinds.model import ModelSpec
from journeys.kinds.policy import PolicySpec
from journeys.kinds.source import SourceSpec
from journeys.project import Project
from journeys.specification import NamedSpec, Path, StepSpec

SIMULATED = "it can be tested and simulated; `journeys publish` refuses it"
CHECKED = "it is checked, and no more; `journeys publish` refuses it"


def check_definition(project: Project, defined: Defined[NamedSpec]) -> None:
    """Warn of a definition other than a journey that the job does nothing with yet."""
    match defined.spec:
        case PolicySpec():
            _report(project, defined, ("kind",), "policies", CHECKED)
        case ModelSpec(onnx=str()):
            _report(project, defined, ("onnx",), "ONNX models", CHECKED)
        case AudienceSpec(members=str()):
            _report(project, defined, ("members",), "audiences from lists", SIMULATED)
        case SourceSpec(cache=int()):
            _report(project, defined, ("cache",), "caches of sources", SIMULATED)
        case SmsAction(channel=channel) | PushAction(channel=channel):
            _report(project, defined, ("channel",), f"the channel '{channel}'", SIMULATED)


def _report(project: Project, defined: Defined[Any], path: Path, what: str, hint: str) -> None:
    place = defined.document.place(path)
    message = f"the job of this release does not run {what}"
    project.report(place, Code.NOT_RUN_YET, message, hint, Severity.WARNING)


def check_journey(
    project: Project, defined: Defined[JourneySpec], steps: Mapping[str, StepSpec]
) -> None:
    """Warn of what a journey uses that the job does not run yet."""
    for path, what in (*_in_journey(defined.spec), *_in_steps(steps)):
        _report(project, defined, path, what, SIMULATED)


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
            case ExperimentSpec(experiment=body) if body.method == "bandit":
                yield ("steps", name, "experiment", "method"), "bandits"
            case FirstOfSpec(first_of=branches):
                for n, branch in enumerate(branches):
                    if isinstance(branch, AudienceBranchSpec):
                        yield ("steps", name, "first_of", n), "races of audiences"
