"""Branches of one step against each other: those that nobody takes, and those that are missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from journeys.activities.choose import CandidateSpec, ChooseSpec
from journeys.activities.condition import ConditionSpec, ElseSpec, RuleSpec
from journeys.activities.first_of import (
    AudienceBranchSpec,
    BranchSpec,
    EventBranchSpec,
    FirstOfSpec,
    ReactionBranchSpec,
)
from journeys.compiler.conditions import Rule, is_never, rule
from journeys.compiler.forms import Defined
from journeys.diagnostics import Code
from journeys.expressions.errors import Severity
from journeys.kinds.journey import JourneySpec
from journeys.local_time import WEEKDAYS, read_hours
from journeys.project import Project
from journeys.specification import Path, StepSpec

Fault: TypeAlias = tuple[Path, str, str]
"""Where, why a branch is never taken, and what to do."""
_REMOVE = "change it, or remove it"


def check_branches(
    defined: Defined[JourneySpec], project: Project, steps: Mapping[str, StepSpec]
) -> None:
    """Warn of branches that nobody takes, and of people for whom there is none."""
    document, spec = defined.document, defined.spec
    never = [(path, why, hint) for path, why, hint in _closed_doors(spec)]
    for name, step in steps.items():
        at: Path = ("steps", name)
        never += [((*at, *path), why, hint) for path, why, hint in _never_taken(spec, step)]
        left_over = _left_over(step)
        if left_over is not None:
            place = document.place(at, key=True)
            message = f"whoever {left_over} leaves the journey here"
            hint = "add `- { else: true, to: … }` and say where they go, even if to `end`"
            project.report(place, Code.NO_ELSE, message, hint, Severity.WARNING)
    for path, why, hint in never:
        project.report(document.place(path), Code.NEVER_TAKEN, why, hint, Severity.WARNING)


def _left_over(step: StepSpec) -> str | None:
    """Say for whom a step has no way, if there is such a person."""
    match step:
        case ConditionSpec() if not _takes_everybody(step):
            return "meets none of these rules"
        case ChooseSpec() if not any(isinstance(way, ElseSpec) for way in step.choose):
            return "is eligible for none of these ways"
        case _:
            return None


def _closed_doors(spec: JourneySpec) -> Iterator[Fault]:
    if is_never(spec.entry.when):
        yield ("entry", "when"), "nobody begins this journey: the rule never holds", _REMOVE
    for n, criterion in enumerate(spec.exit):
        if is_never(criterion.when):
            yield ("exit", n, "when"), "nobody exits by this: the rule never holds", _REMOVE


def _never_taken(spec: JourneySpec, step: StepSpec) -> Iterator[Fault]:
    """Give the branches of a step that nobody takes."""
    if step.next is not None and not step.flows_on():
        message = "`next` is never taken: the step ends the journey, or every way says `to`"
        yield ("next",), message, "remove it, or a `to`"
    if step.on.max_visits is not None and step.max_visits is None:
        message = "this way is never taken: nothing says how often a walk may come here"
        yield ("on", "max_visits"), message, "give the step `max_visits: 3` or another number"
    match step:
        case ChooseSpec():
            for n, way in enumerate(step.choose):
                if isinstance(way, CandidateSpec) and is_never(way.when):
                    path: Path = ("choose", n, "when")
                    yield path, "this way is never taken: the rule never holds", _REMOVE
        case ConditionSpec():
            yield from _needless_rules(step)
        case FirstOfSpec():
            yield from _needless_racers(spec, step)


# Conditions.


def _needless_rules(step: ConditionSpec) -> Iterator[Fault]:
    taken: dict[tuple[object, ...], int] = {}
    everybody: int | None = None
    for n, way in enumerate(step.condition):
        path: Path = ("condition", n)
        if everybody is not None:
            message = f"this way is never taken: way {everybody} takes everybody"
            yield path, message, "write `else: true` instead of a rule that always holds, and last"
            return
        if isinstance(way, ElseSpec) or (way.when is None and way.window() is None):
            continue
        found = rule(way.when)
        if found is not None and found.always is False:
            yield (*path, "when"), "this way is never taken: the rule never holds", _REMOVE
        text = found.text if found else way.when
        same = (text, way.hours, tuple(way.days or ()), way.dates)
        earlier = taken.get(same, taken.get((text, None, (), None)))
        if earlier is not None:
            message = f"this way is never taken: way {earlier} takes everybody for whom it holds"
            yield path, message, _REMOVE
        taken.setdefault(same, n + 1)
        if found is not None and found.always and way.window() is None:
            everybody = n + 1


def _takes_everybody(step: ConditionSpec) -> bool:
    """Say whether some way is open for everybody at any time, as far as that is plain."""
    ways = step.condition
    if any(isinstance(way, ElseSpec) for way in ways):
        return True
    rules = [way for way in ways if isinstance(way, RuleSpec)]
    found = [rule(way.when) for way in rules if way.when and way.window() is None]
    known = [each for each in found if each is not None]
    if any(each.always for each in known) or _are_opposite(known):
        return True
    timed = [way for way in rules if way.when is None]
    return _cover_the_week(timed) or _cover_the_day(timed)


def _are_opposite(rules: list[Rule]) -> bool:
    texts = {each.text for each in rules}
    return any(each.opposite in texts for each in rules)


def _cover_the_week(rules: list[RuleSpec]) -> bool:
    days = [day for way in rules if not way.hours and not way.dates for day in way.days or ()]
    return set(days) == set(WEEKDAYS)


def _cover_the_day(rules: list[RuleSpec]) -> bool:
    hours = {read_hours(way.hours) for way in rules if way.hours and not way.days and not way.dates}
    return any((end, start) in hours for start, end in hours)


# Races.


def _needless_racers(spec: JourneySpec, step: FirstOfSpec) -> Iterator[Fault]:
    exits = {_key(out.event, out.audience) for out in spec.exit if out.when is None}
    taken: dict[tuple[object, ...], int] = {}
    for n, branch in enumerate(step.first_of):
        path: Path = ("first_of", n)
        subject = _subject(branch)
        if subject is None:
            continue
        when = branch.when if isinstance(branch, EventBranchSpec) else None
        found = rule(when)
        earlier = taken.get((subject, None), taken.get((subject, found and found.text)))
        if subject in exits:
            message = "this branch is never taken: the same is an exit criterion of the journey"
            yield path, message, "give the criterion a `when`, or remove one of the two"
        elif found is not None and found.always is False:
            yield (*path, "when"), "this branch is never taken: the rule never holds", _REMOVE
        elif earlier is not None:
            message = f"this branch is never taken: branch {earlier} takes the same first"
            yield path, message, "write the one with the narrower rule first"
        always = found is None or found.always
        taken.setdefault((subject, None if always else found and found.text), n + 1)
    yield from _over_at_once(step)


def _over_at_once(step: FirstOfSpec) -> Iterator[Fault]:
    """What has come before does not count, but for reactions: those can still win."""
    awaited = [b for b in step.first_of if isinstance(b, EventBranchSpec | AudienceBranchSpec)]
    for path, length in step.fixed_waits():
        if length == 0 and awaited:
            message = "the race is over as it begins: no other branch is ever taken"
            yield path, message, "wait longer, as in P2D"


def _subject(branch: BranchSpec) -> tuple[object, ...] | None:
    """Give what a branch waits for, unless it is a time."""
    match branch:
        case EventBranchSpec(event=event):
            return _key(event, None)
        case AudienceBranchSpec(audience=audience):
            return _key(None, audience)
        case ReactionBranchSpec(reaction=reaction):
            return ("reaction", reaction.step, reaction.reaction)
        case _:
            return None


def _key(event: str | None, audience: object) -> tuple[object, ...]:
    return ("event", event) if audience is None else ("audience", audience)
