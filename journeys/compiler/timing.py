"""Time in a journey: steps that nobody lives to see, clocks whose zone nobody chose, idle rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from journeys.actions import ACTIONS
from journeys.activities.condition import ConditionSpec, RuleSpec
from journeys.activities.first_of import FirstOfSpec
from journeys.activities.wait import WaitSpec
from journeys.clock import format_duration
from journeys.compiler.forms import Defined
from journeys.compiler.routes import Routes
from journeys.deadline import AtSpec, DeadlineSpec, SendTimeSpec
from journeys.diagnostics import Code, near
from journeys.expressions.errors import Severity
from journeys.kinds.journey import JourneySpec
from journeys.openings import OPENED
from journeys.project import Project
from journeys.specification import Path, StepSpec


def check_timeout(defined: Defined[JourneySpec], project: Project, routes: Routes) -> None:
    """Warn of each step that no walk comes to before the journey's timeout ends it.

    Steps after such a one are not named, nor those behind a single wait that is too long.
    """
    timeout = defined.spec.timeout
    for name, steps_ms in routes.earliest_ms.items():
        if steps_ms >= timeout or name not in routes.ways:
            continue
        for way in routes.ways[name]:
            too_late = routes.earliest_ms[way.to] >= timeout > way.takes_ms
            if too_late and way.to in routes.ways:
                message = (
                    f"nobody comes to step '{way.to}': the waits before it take "
                    f"{format_duration(routes.earliest_ms[way.to])}, "
                    f"and the journey's timeout is {format_duration(timeout)}"
                )
                hint = "wait less, or give the journey a longer `timeout`"
                place = defined.document.place(("steps", way.to), key=True)
                project.report(place, Code.AFTER_TIMEOUT, message, hint, Severity.WARNING)


def check_entry(defined: Defined[JourneySpec], project: Project) -> None:
    """Warn of rules of the entry that can refuse nobody."""
    entry, document = defined.spec.entry, defined.document
    if entry.max_age is not None and entry.event is None:
        place = document.place(("entry", "max_age"))
        message = "`max_age` refuses nobody: only an event has an age"
        hint = "remove it, or begin with an `event`"
        project.report(place, Code.IDLE_RULE, message, hint, Severity.WARNING)
    if entry.read is not None and entry.read.incremental and entry.read.every is None:
        place = document.place(("entry", "read", "incremental"))
        message = "`incremental` leaves nobody out: the audience is read once"
        hint = "say how often with `every`, or remove it"
        project.report(place, Code.IDLE_RULE, message, hint, Severity.WARNING)
    reentry = entry.reentry
    if entry.debounce and (not reentry.allowed or entry.debounce <= reentry.after):
        why, hint = "each person walks once", "remove it"
        if reentry.allowed:
            why = f"`after` is {format_duration(reentry.after)}"
            hint = "remove it, or make it longer than `reentry.after`"
        place = document.place(("entry", "debounce"))
        message = f"`debounce` refuses nobody whom `reentry` lets in: {why}"
        project.report(place, Code.IDLE_RULE, message, hint, Severity.WARNING)


def check_send_times(
    defined: Defined[JourneySpec], project: Project, steps: Mapping[str, StepSpec]
) -> None:
    """Report waits for a best hour that nobody has, or that comes too late."""
    for name, step in steps.items():
        for path, wait in _deadlines(step):
            if isinstance(wait, SendTimeSpec):
                _check_send_time(defined, project, ("steps", name, *path), wait)


def _check_send_time(
    defined: Defined[JourneySpec], project: Project, at: Path, wait: SendTimeSpec
) -> None:
    document, channel = defined.document, wait.send_time
    if channel not in ACTIONS:
        place, message = document.place((*at, "send_time")), f"'{channel}' is no channel"
        project.report(place, Code.UNKNOWN_CHANNEL, message, near(channel, ACTIONS))
    elif ACTIONS[channel].reactions.isdisjoint(OPENED):
        place = document.place((*at, "send_time"))
        message = f"nothing is learnt: the channel '{channel}' does not report who opens messages"
        able = sorted(name for name in ACTIONS if not ACTIONS[name].reactions.isdisjoint(OPENED))
        hint = f"name one that does: {', '.join(able)}"
        project.report(place, Code.NEVER_COMES, message, hint, Severity.WARNING)
    if wait.within >= defined.spec.timeout:
        named = "within" if "within" in wait.model_fields_set else "send_time"
        message = "the journey's timeout may come before this wait is over"
        hint = "give a shorter `within`, or give the journey a longer `timeout`"
        project.report(document.place((*at, named)), Code.WAIT_TOO_LONG, message, hint)


def _deadlines(step: StepSpec) -> Iterator[tuple[Path, DeadlineSpec]]:
    match step:
        case WaitSpec():
            yield ("wait",), step.wait
        case FirstOfSpec():
            for n, branch in step.waits():
                yield ("first_of", n, "wait"), branch.wait


def check_clocks(
    defined: Defined[JourneySpec],
    project: Project,
    steps: Mapping[str, StepSpec],
    zoneless: list[Path],
) -> None:
    """Warn once where a journey goes by clocks and does not say by which ones.

    Args:
        defined: the journey.
        project: takes the fault.
        steps: its steps.
        zoneless: where an instant is waited for whose value has no zone.
    """
    if "timezone" in defined.spec.model_fields_set:
        return
    read = [("steps", name, *path) for name, step in steps.items() for path in _clocks(step)]
    places = [defined.document.place(path) for path in (*read, *zoneless)]
    if places:
        message = "the journey writes no `timezone`, so this goes by the clocks of UTC"
        hint = "write `timezone: Europe/Paris`, or `profile` for each person's own"
        project.report(min(places), Code.NO_ZONE, message, hint, Severity.WARNING)


def _clocks(step: StepSpec) -> Iterator[Path]:
    """Name every time of day, weekday and date of a step."""
    for path, wait in _deadlines(step):
        if isinstance(wait, AtSpec):
            yield (*path, "at")
        elif isinstance(wait, SendTimeSpec) and wait.otherwise is not None:
            yield (*path, "otherwise")
    for n, rule in enumerate(step.condition if isinstance(step, ConditionSpec) else ()):
        names = ("hours", "days", "dates") if isinstance(rule, RuleSpec) else ()
        given = [name for name in names if getattr(rule, name) is not None]
        yield from (("condition", n, name) for name in given)
