"""The rules of an entry, one by one: what each says of a person now, and what would change it.

`journeys.entry` decides; this tells how. Both ask the same functions, in the same order: the first
rule here that keeps the person out is the reason there.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.audiences import joined
from journeys.capping import refused
from journeys.clock import format_duration, format_instant
from journeys.entry import MAX_INSTANCES, TEST_PROFILE, closed_to, heard, mode_of, run_of
from journeys.entry import standing as standing_of
from journeys.expressions import ExpressionError, Scope
from journeys.expressions.explaining import Explained, explain
from journeys.expressions.values import text_of
from journeys.inquiry import Rule
from journeys.known import Known
from journeys.moment import Moment, Occasion
from journeys.outcomes import Reason, Silence
from journeys.plan import Entry, Plan
from journeys.policy import holds_in
from journeys.state import Instance


def entry_rules(
    moment: Moment, plan: Plan, occasion: Occasion, *, values: bool = True
) -> list[Rule]:
    """Say of each rule of an entry whether it lets a person in.

    Args:
        moment: the person, now.
        plan: the version.
        occasion: what would begin the walk.
        values: whether values may be told that the rules read.
    """
    return list(_rules(moment, plan, occasion, values=values))


def _rules(moment: Moment, plan: Plan, occasion: Occasion, *, values: bool) -> Iterator[Rule]:
    entry = plan.entry
    yield _open(moment, plan)
    if plan.start is not None or plan.end is not None:
        yield _dates(moment, plan)
    if entry.max_age_ms is not None:
        longest = format_duration(entry.max_age_ms)
        yield Rule("age", None, f"an event may have happened {longest} ago at most")
    known, key = moment.known(plan), None
    audience = entry.crossing or entry.reading
    if audience is not None:
        yield _membership(moment, plan, audience.audience, values=values)
    if entry.is_by_event and occasion.payload is None:  # nobody can say what it would bring
        yield from _of_the_event(entry)
        yield from _of_the_person(moment, plan, None)
        return
    scope = known.scope(heard(plan, occasion), f"{plan.journey}/{moment.profile.id}/{occasion.id}")
    if entry.when is not None:
        yield condition(known, scope, entry.when, "when", reason=Reason.CONDITION, values=values)
    if entry.key is not None:
        key = _key(known, scope, entry.key)
        said = "it has a value" if key else f"{entry.key} gives no value: the event must have one"
        yield Rule("key", None if key else Reason.NO_KEY, said)
    if entry.key is None or key:
        yield from _of_the_person(moment, plan, key)


def _of_the_event(entry: Entry) -> Iterator[Rule]:
    for name, text in (("when", entry.when), ("key", entry.key)):
        if text is not None:
            yield Rule(name, None, f"depends on the event: {text}")


def _of_the_person(moment: Moment, plan: Plan, key: str | None) -> Iterator[Rule]:
    yield _reentry(moment, plan, key)
    if plan.policies and holds_in(mode_of(moment, plan)):
        yield _policies(moment, plan)


def condition(
    known: Known, scope: Scope, text: str, name: str, *, reason: str, values: bool
) -> Rule:
    """Explain one condition of a plan."""
    conversions = known.rules.conversions.get(text, ())
    try:
        holds = known.evaluate(text, scope) is True
        explained: Explained = explain(text, conversions, scope, values=values)
    except ExpressionError as error:
        return Rule(name, Reason.EXPRESSION_ERROR, str(error))
    said = "holds" if holds else explained.turned_by
    return Rule(name, None if holds else reason, said, explained)


def _open(moment: Moment, plan: Plan) -> Rule:
    reason, life = closed_to(moment, plan), moment.plans.life(plan.journey)
    pause = None if life is None else life.paused_at(moment.now)
    until = "until it is resumed" if pause is None or pause.until is None else (
        f"until {format_instant(pause.until)}"
    )  # fmt: skip
    said = {
        None: f"version {plan.version} lets people in: {mode_of(moment, plan)}",
        Reason.NOT_TEST_PROFILE: f"version {plan.version} is in a test: it needs `{TEST_PROFILE}` "
        f"of the profile to be true",
        Reason.PAUSED: f"the journey is paused {until}: `journeys resume {plan.journey}`",
        Reason.CLOSED: "the journey is closed: a new version opens it again",
        Reason.STOPPED: "the journey is stopped: a new version begins it again",
    }
    return Rule("open", reason, said[reason])


def _dates(moment: Moment, plan: Plan) -> Rule:
    if plan.start is not None and moment.now < plan.start:
        return Rule("dates", Reason.OUTSIDE_DATES, f"it begins at {format_instant(plan.start)}")
    if plan.end is not None and moment.now >= plan.end:
        return Rule("dates", Reason.OUTSIDE_DATES, f"it has ended at {format_instant(plan.end)}")
    return Rule("dates", None, "it has begun, and not ended")


def _membership(moment: Moment, plan: Plan, audience: str, *, values: bool) -> Rule:
    known, rule = moment.known(plan), plan.rules.audiences.get(audience)
    try:
        since = joined(moment, plan, audience, moment.now)
    except ExpressionError as error:
        return Rule("audience", Reason.EXPRESSION_ERROR, str(error))
    way = plan.entry.crossing.way if plan.entry.crossing is not None else "enter"
    if since is not None:
        reason = Silence.NOT_IN_AUDIENCE if way == "exit" else None
        return Rule("audience", reason, f"the person is in '{audience}'")
    reason = Silence.NOT_IN_AUDIENCE if way == "enter" else None
    if rule is None:
        return Rule("audience", reason, f"nobody has said that the person is in '{audience}'")
    scope = known.scope({}, f"{audience}/{moment.profile.id}")
    judged = condition(known, scope, rule.when, "audience", reason=str(reason), values=values)
    said = f"the person is not in '{audience}': {judged.said}"
    return Rule("audience", reason, said, judged.explained)


def _key(known: Known, scope: Scope, text: str) -> str | None:
    try:
        return text_of(known.evaluate(text, scope)) or None
    except ExpressionError:
        return None


def _reentry(moment: Moment, plan: Plan, key: str | None) -> Rule:
    person, entry, run = moment.person, plan.entry, run_of(moment, plan)
    reason = standing_of(moment, plan, key)
    inside = [walk for walk in person.instances if walk.journey == plan.journey]
    begun, left = (at(plan.journey, key, run) for at in (person.begun_at, person.left_at))
    again = (left or 0) + entry.reentry_after_ms
    said = {
        None: "the person is not inside, and may enter",
        Reason.DEBOUNCED: f"the person entered at {_at(begun)}; again from "
        f"{_at((begun or 0) + entry.debounce_ms)} on",
        Reason.ALREADY_INSIDE: f"the person is inside: {_places(inside)}",
        Reason.TOO_MANY_INSTANCES: f"the person is inside {len(inside)} times, and "
        f"{MAX_INSTANCES} are allowed",
        Reason.REENTRY_NOT_ALLOWED: f"the person left at {_at(left)}, and `reentry.allowed` is "
        f"false",
        Reason.REENTRY_TOO_EARLY: f"the person left at {_at(left)}; again from {_at(again)} on",
    }
    return Rule("re-entrance", reason, said[reason])


def _places(inside: list[Instance]) -> str:
    return ", ".join(f"since {_at(walk.entered_at)}, at '{walk.step}'" for walk in inside)


def _at(instant: int | None) -> str:
    return "an unknown time" if instant is None else format_instant(instant)


def _policies(moment: Moment, plan: Plan) -> Rule:
    refusal = refused(moment, plan)
    if refusal is None:
        return Rule("policies", None, "no policy keeps the person out")
    reason, detail = refusal
    counted = sorted(at for log in moment.person.entries.values() for at in log)
    entered = ", ".join(map(format_instant, counted))
    more = f"; counted: {entered}" if reason is Reason.ENTRY_CAP else ""
    return Rule("policies", reason, f"{detail}{more}")
