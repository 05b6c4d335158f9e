"""A shadow beside the live version: for whom do the two decide differently, and where?

Read from step events alone. What both versions decided about one person because of one trigger - an
event, a border of an audience, a jump - is a pair. Of a pair the first thing that tells the two
apart is reported: who entered, then the branch taken at a step that both have, then the actions
asked for in order, then how the walk ended. As long as a walk is under way, what it has not done
yet is no difference.

A shadow sends nothing, so no answer comes to it, nobody reacts to its messages, and attributes that
it would have written are not there. What differs because of that is no decision of the draft: it is
told apart as what cannot be compared, and so are arms, which each version draws anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from journeys.activities import STEPS
from journeys.activities.first_of import FirstOf
from journeys.activities.update_profile import UpdateProfileStep
from journeys.activity import Step
from journeys.effect_step import EffectStep
from journeys.messages import JsonObject
from journeys.mode import Mode
from journeys.outcomes import Outcome, Reason
from journeys.plan import Plan
from journeys.step_event import StepEvent

EXAMPLES = 3
"""People who are named for each difference."""
_EFFECTS = {kind for kind, step in STEPS.items() if issubclass(step, EffectStep)}
_ENDS = (Outcome.COMPLETED, Outcome.EXITED, Outcome.FAILED)
_LEFT = (
    Outcome.PASSED,
    Outcome.SUCCEEDED,
    Outcome.ERROR,
    Outcome.TIMEOUT,
    Outcome.CAPPED,
    Outcome.NOT_SENT,
)
_CUT = (Reason.REHEARSAL_OVER, Reason.FORCED, Reason.STOPPED, Reason.NOT_MAPPED, Reason.PAUSED)
"""Ends that somebody ordered: no decision of the version."""
_UNSENT = (Reason.DRY_RUN, Reason.FREQUENCY_CAP, Reason.QUIET_HOURS)
"""Decided by the version, and withheld by what does not hold for both."""
_ANSWERS = ("result", "feedback")
"""Causes that a walk does not decide."""
_HEARD = ("event", "audience")
"""Causes that come to both walks alike."""


class Kind(StrEnum):
    """What tells a shadow from the live version."""

    ENTRY = "entry"
    """One let the person in, the other did not."""
    BRANCH = "branch"
    """At a step of the same id they went different ways, or one went and the other stayed."""
    ACTIONS = "actions"
    """They asked for other actions, or changed other things."""
    END = "end"
    """They ended otherwise."""
    INCOMPARABLE = "incomparable"
    """They went apart by something that the shadow cannot have."""


class Apart(NamedTuple):
    """One way in which people fare differently."""

    kind: Kind
    live: str
    shadow: str
    step: str | None = None


class Example(NamedTuple):
    """Somebody for whom it is so."""

    profile_id: str
    live_instance: str | None
    shadow_instance: str | None


@dataclass(slots=True)
class Comparison:
    """What comparing a shadow with the live version comes to."""

    journey: str
    shadow: int
    """The version that runs as a shadow."""
    live: set[int] = field(default_factory=set)
    """The versions that were live meanwhile."""
    refused: int = 0
    """Triggers for which both let nobody in."""
    alike: int = 0
    """Walks that are over and were the same."""
    so_far: int = 0
    """Walks that are the same, and at least one of the two is still under way."""
    apart: Counter[Apart] = field(default_factory=Counter)
    examples: dict[Apart, list[Example]] = field(default_factory=dict)
    """The first for whom it is so."""

    @property
    def agreed(self) -> int:
        """Triggers for which both have decided the same."""
        return self.refused + self.alike + self.so_far

    @property
    def differed(self) -> int:
        """Triggers for which they have not."""
        return self.apart.total() - self.incomparable

    @property
    def incomparable(self) -> int:
        """Triggers of which that cannot be said."""
        return sum(n for apart, n in self.apart.items() if apart.kind is Kind.INCOMPARABLE)

    @property
    def rate(self) -> float | None:
        """The part of what can be compared that agrees; None: there is nothing."""
        compared = self.agreed + self.differed
        return self.agreed / compared if compared else None

    def tell(self, apart: Apart, example: Example) -> None:
        """Count somebody for whom the two differ."""
        self.apart[apart] += 1
        named = self.examples.setdefault(apart, [])
        if len(named) < EXAMPLES:
            named.append(example)

    def lines(self) -> Iterator[str]:
        """Write it for people."""
        versions = ", ".join(f"v{version}" for version in sorted(self.live)) or "no version"
        yield f"{self.journey}: v{self.shadow} as a shadow beside {versions}"
        rate = "nothing can be compared yet" if self.rate is None else f"{100 * self.rate:.1f} %"
        if self.rate is not None and self.incomparable:
            rate += f" of the {self.agreed + self.differed} who can be compared"
        yield f"  agreement        {rate}"
        yield f"  agree            {self.agreed}{self._agreed()}"
        yield f"  differ           {self.differed}"
        yield f"  not comparable   {self.incomparable}"
        for kind, title in _TITLES.items():
            found = [(a, n) for a, n in self.apart.most_common() if a.kind is kind]
            if found:
                yield f"  {title}"
            for apart, count in found:
                place = f"{apart.step}: " if apart.step else ""
                who = ", ".join(example.profile_id for example in self.examples[apart])
                more = ", …" if count > len(self.examples[apart]) else ""
                yield f"    {count:>6}  {place}live {apart.live}; shadow {apart.shadow}"
                yield f"            {who}{more}"

    def _agreed(self) -> str:
        parts = {"walked": self.alike, "under way": self.so_far, "not entered": self.refused}
        named = ", ".join(f"{name} {count}" for name, count in parts.items() if count)
        return f" ({named})" if named else ""

    def row(self) -> JsonObject:
        """Give the same as data."""
        return {
            "journey": self.journey,
            "live": [*sorted(self.live)],
            "shadow": self.shadow,
            "agreement": self.rate,
            "agree": {
                "walked": self.alike,
                "under_way": self.so_far,
                "not_entered": self.refused,
            },
            "differ": self.differed,
            "incomparable": self.incomparable,
            "apart": [
                {**apart._asdict(), "count": n, "examples": [e._asdict() for e in named]}
                for apart, n in self.apart.most_common()
                if (named := self.examples[apart])
            ],
        }


_TITLES = {
    Kind.ENTRY: "entered by one only",
    Kind.BRANCH: "another way from the same step",
    Kind.ACTIONS: "other actions, in order",
    Kind.END: "another end",
    Kind.INCOMPARABLE: "cannot be compared: it hangs on what a shadow does not have",
}


# Who is a pair.

_Visit: TypeAlias = tuple[str, int]
_Trigger: TypeAlias = tuple[str, str | None]


def compare(
    step_events: Iterable[StepEvent],
    journey: str,
    version: int | None = None,
    since: int | None = None,
    blind: Mapping[int, Set[str]] | None = None,
) -> Comparison | None:
    """Compare what a shadow and the live version beside it have decided.

    What came before the shadow decided about an entry for the first time, or after the last, is
    left out: it did not run then.

    Args:
        step_events: of any journeys and people, those of one person in order.
        journey: the journey.
        version: of the shadow; by default the highest that has run as one.
        since: instant; entries that were decided before it are left out.
        blind: version to its `blind_steps`, where they are known.

    Returns:
        None: nobody has come to such a version as a shadow.
    """
    ours = [event for event in step_events if event.journey_id == journey]
    versions = (event.journey_version for event in ours if event.mode is Mode.SHADOW)
    number = max(versions, default=0) if version is None else version
    shadows = _entries(
        e
        for e in ours
        if (e.mode, e.journey_version) == (Mode.SHADOW, number) and e.occurred_at >= (since or 0)
    )
    if not shadows:
        return None
    live = _entries(e for e in ours if e.mode is Mode.LIVE)
    walks = _walks(ours)
    began = min(e.occurred_at for e in shadows.values())
    ended = max(e.occurred_at for e in shadows.values())
    found = Comparison(journey, number)
    during = {key: e for key, e in live.items() if began <= e.occurred_at <= ended}
    for key in dict.fromkeys((*shadows, *during)):
        real, silent = live.get(key), shadows.get(key)
        if real is not None:
            found.live.add(real.journey_version)
        _judge(found, walks, real, silent, blind or {})
    return found


def _entries(step_events: Iterable[StepEvent]) -> dict[_Trigger, StepEvent]:
    """Give what was decided about each entry; a repeat of a trigger is no decision of its own."""
    entries: dict[_Trigger, StepEvent] = {}
    for event in step_events:
        if event.outcome in (Outcome.ENTERED, Outcome.NOT_ENTERED):
            entries.setdefault((event.profile_id, event.trigger_event_id), event)
    return entries


def _judge(
    found: Comparison,
    walks: Mapping[str, _Walk],
    real: StepEvent | None,
    silent: StepEvent | None,
    blind: Mapping[int, Set[str]],
) -> None:
    one = walks.get(real.instance_id or "") if real else None
    other = walks.get(silent.instance_id or "") if silent else None
    if one is not None and other is not None:
        apart = _difference(one, other, blind)
        found.alike += apart is None and one.is_over and other.is_over
        found.so_far += apart is None and not (one.is_over and other.is_over)
    elif one is None and other is None:
        apart = None
        found.refused += 1
    else:
        apart = Apart(Kind.ENTRY, _entry(real), _entry(silent))
    person = real or silent
    if apart is not None and person is not None:
        instances = [event.instance_id if event else None for event in (real, silent)]
        found.tell(apart, Example(person.profile_id, *instances))


def _entry(event: StepEvent | None) -> str:
    if event is None:
        return "was not offered"
    if event.outcome is Outcome.ENTERED:
        return "entered"
    return f"not entered ({event.reason})"


# What a walk decided.


@dataclass(slots=True)
class _Walk:
    """One walk, reduced to what it decided."""

    version: int
    stays: dict[_Visit, StepEvent] = field(default_factory=dict)
    """Where it came to wait, and when for the first time."""
    ways: dict[_Visit, StepEvent] = field(default_factory=dict)
    """How it left each step for another."""
    acts: list[str] = field(default_factory=list)
    """What it asked for, or would have."""
    asked: set[_Visit] = field(default_factory=set)
    end: StepEvent | None = None
    is_cut: bool = False
    """Whether it was ended by an order, and so has decided no more."""

    @property
    def is_over(self) -> bool:
        return self.end is not None

    def take(self, event: StepEvent) -> None:
        """Take the next step event."""
        visit = (event.step_id, event.visit)
        if event.outcome in _ENDS:
            self.is_cut = event.reason in _CUT
            self.end = None if self.is_cut else event
        elif event.outcome is Outcome.WAITING:
            self.stays.setdefault(visit, event)
        elif event.outcome in _LEFT and event.next_step_id is not None:
            self.ways[visit] = event
        act = _act(event)
        if act is not None and visit not in self.asked:
            self.asked.add(visit)
            self.acts.append(act)


def _act(event: StepEvent) -> str | None:
    """Name what is asked for by a step event, or would be."""
    is_asked = event.outcome is Outcome.REQUESTED or (
        event.outcome is Outcome.NOT_SENT and event.reason in _UNSENT
    )
    if event.step_kind == "action":
        return event.action_id if is_asked else None
    if event.step_kind in _EFFECTS and event.outcome is Outcome.PASSED:
        return f"{event.step_kind} {event.step_id}" if event.branch is None else None
    return None


def _walks(step_events: Iterable[StepEvent]) -> dict[str, _Walk]:
    walks: dict[str, _Walk] = {}
    for event in {event.event_id: event for event in step_events}.values():
        if event.instance_id is not None:
            walks.setdefault(event.instance_id, _Walk(event.journey_version)).take(event)
    return walks


# What tells two walks apart.


def _difference(live: _Walk, shadow: _Walk, blind: Mapping[int, Set[str]]) -> Apart | None:
    """Find the first thing that tells two walks apart, if anything does."""
    for visit, way in live.ways.items():
        other = shadow.ways.get(visit)
        apart = _way_apart(way, other, blind) if other else _left_alone(way, shadow, visit, "live")
        if apart is not None:
            return apart
    for visit, way in shadow.ways.items():
        if visit not in live.ways and (apart := _left_alone(way, live, visit, "shadow")):
            return apart
    return _end_apart(live, shadow)


def _way_apart(live: StepEvent, shadow: StepEvent, blind: Mapping[int, Set[str]]) -> Apart | None:
    if live.branch == shadow.branch:
        return None
    hangs = (
        shadow.reason is Reason.DRY_RUN
        or "experiment" in (live.step_kind, shadow.step_kind)
        or any(event.explored for event in (live, shadow))
        or any(event.cause in _ANSWERS for event in (live, shadow))
    )
    if hangs and live.next_step_id == shadow.next_step_id:
        return None
    for event in (live, shadow):
        hangs |= event.step_id in blind.get(event.journey_version, ())
    kind = Kind.INCOMPARABLE if hangs else Kind.BRANCH
    return Apart(kind, _way(live), _way(shadow), live.step_id)


def _left_alone(way: StepEvent, stayed: _Walk, visit: _Visit, who: str) -> Apart | None:
    """Say whether something came to both walks, and one went by it while the other stays."""
    since = stayed.stays.get(visit)
    if since is None or stayed.is_over or stayed.is_cut:
        return None
    if way.cause not in _HEARD or way.occurred_at <= since.occurred_at:
        return None
    named = (_way(way), "stays") if who == "live" else ("stays", _way(way))
    return Apart(Kind.BRANCH, *named, way.step_id)


def _way(event: StepEvent) -> str:
    return f"'{event.branch}'" if event.branch is not None else f"to {event.next_step_id}"


def _end_apart(live: _Walk, shadow: _Walk) -> Apart | None:
    one, other = _end(live), _end(shadow)
    failed = next((e for e in (live.end, shadow.end) if e is not None and _by_answer(e)), None)
    if failed is not None and one != other:
        return Apart(Kind.INCOMPARABLE, one, other, failed.step_id)
    pairs = ((live, shadow), (shadow, live))
    if any(_lacks(some, more) for some, more in pairs):
        return Apart(Kind.ACTIONS, _listed(live), _listed(shadow))
    if live.is_over and shadow.is_over and one != other:
        return Apart(Kind.END, one, other)
    return None


def _by_answer(end: StepEvent) -> bool:
    return end.outcome is not Outcome.COMPLETED and end.cause in _ANSWERS


def _lacks(some: _Walk, more: _Walk) -> bool:
    """Say whether a walk has not done, or will not do, what another one has."""
    common = min(len(some.acts), len(more.acts))
    is_short = some.is_over and len(some.acts) < len(more.acts)
    return is_short or some.acts[:common] != more.acts[:common]


def _listed(walk: _Walk) -> str:
    return ", ".join(walk.acts) or "none"


def _end(walk: _Walk) -> str:
    if walk.end is None:
        return "still inside"
    if walk.end.step_kind == "end":  # its reason is that of the latest call, if one has failed
        return str(walk.end.outcome)
    branch = f" by '{walk.end.branch}'" if walk.end.branch is not None else ""
    reason = f" ({walk.end.reason})" if walk.end.reason is not None else ""
    return f"{walk.end.outcome}{branch}{reason}"


# What a shadow does not have.


def blind_steps(plan: Plan) -> frozenset[str]:
    """Name the steps that may decide by what a shadow does not have.

    These are answers of actions, reactions, and attributes that the journey itself writes. Told by
    the texts of a step, so that rather one too many is named.
    """
    written = [step for step in plan.steps.values() if isinstance(step, UpdateProfileStep)]
    names = {name.split(".")[0] for step in written for name in step.values[1]}
    signs = ["@action{", "lastErrorCode", *(f"profile.{name}" for name in sorted(names))]
    if names:
        signs += ["inAudience", "decision"]
    return frozenset(step.id for step in plan.steps.values() if _is_blind(step, signs))


def _is_blind(step: Step, signs: Sequence[str]) -> bool:
    if isinstance(step, FirstOf) and step.reactions:
        return True
    text = repr(step)
    return any(sign in text for sign in signs)
