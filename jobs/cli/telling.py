"""What the job knows of one person, written for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from journeys.clock import format_instant
from journeys.inquiry import LiveState, Rule, WalkState
from journeys.step_event import StepEvent

_NAMES = 12
"""Names of attributes, and ids of events, that are shown."""


def live_lines(state: LiveState, step_events: Sequence[StepEvent] = ()) -> Iterator[str]:
    """Write the live state of a person.

    Args:
        state: what the job has answered.
        step_events: of the person, by which calls and messages are named.
    """
    yield f"{state.profile_id} at {format_instant(state.at)}, as the job knows them"
    if state.merged_into is not None:
        yield f"  belongs to {state.merged_into}: nothing else is kept here"
        return
    if state.identities:
        yield f"  identities   {', '.join(state.identities)}"
    asked = {event.request_id: event for event in step_events}
    for walk in state.walks:
        yield f"  inside       {_walk(walk)}"
        yield from (f"    {line}" for line in stay_lines(walk, asked))
    if not state.walks:
        yield "  inside       no journey"
    yield f"  next timer   {_at(state.next_timer) if state.next_timer is not None else 'none'}"
    yield from _known(state)


def _walk(walk: WalkState) -> str:
    rehearsed = "" if walk.mode == "live" else f" ({walk.mode})"
    key = "" if walk.key is None else f", key {walk.key}"
    return (
        f"{walk.journey} v{walk.version}{rehearsed}, walk {walk.instance_id}{key}, "
        f"entered {_at(walk.entered_at)}"
    )


def stay_lines(
    walk: WalkState, asked: Mapping[str | None, StepEvent] | None = None
) -> Iterator[str]:
    """Write where a walk stands, and what it waits for."""
    since = "" if walk.since is None else f" since {_at(walk.since)}"
    kind = f" ({walk.step_kind})" if walk.step_kind else ""
    yield f"at '{walk.step}'{kind}{since}"
    if walk.held:
        yield "held: the journey is paused"
    if walk.call is not None:
        event = (asked or {}).get(walk.call.request_id)
        what = f" of {event.channel} {event.action_id}" if event and event.action_id else ""
        since = "" if walk.call.since is None else f", since {_at(walk.call.since)}"
        yield f"waits for the call {walk.call.request_id}{what}{since}"
    if walk.events:
        yield f"waits for {', '.join(walk.events)}"
    if walk.until is not None:
        yield f"waits until {_at(walk.until)}"
    if walk.ways:
        yield f"ways out: {', '.join(walk.ways)}"
    if walk.pending:
        yield f"{walk.pending} events are kept until it listens again"
    if walk.ends_at is not None:
        yield f"ends at the latest {_at(walk.ends_at)}"


def _known(state: LiveState) -> Iterator[str]:
    if state.values is not None:
        yield from (f"  attribute    {name}: {value}" for name, value in _leaves(state.values))
    else:
        yield f"  attributes   {_some(state.attributes)}"
    audiences = [f"{name} since {_at(since)}" for name, since in state.audiences.items()]
    yield f"  audiences    {', '.join(audiences) or 'none that is followed'}"
    for end in state.ended:
        key = "" if end.key is None else f", key {end.key}"
        yield f"  left         {end.journey}{key}, {_at(end.at)}"
    for name, instants in state.messages_counted.items():
        yield f"  counted      messages {name}: {', '.join(map(_at, instants))}"
    for name, instants in state.entries_counted.items():
        yield f"  counted      entries into {name}: {', '.join(map(_at, instants))}"
    if state.refused_channels:
        yield f"  no consent   to marketing by {', '.join(state.refused_channels)}"
    if state.suppressed_channels:
        yield f"  suppressed   {', '.join(state.suppressed_channels)}"
    yield f"  last events  {_some(state.recent_events[::-1])}"


def _leaves(values: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return f"{', '.join(names[:_NAMES])}{more}" if names else "none"


def _at(instant: int) -> str:
    return format_instant(instant)


def rule_lines(rules: Iterable[Rule]) -> Iterator[str]:
    """Write rules: whether each holds, what it says, and the parts of its condition."""
    rules = list(rules)
    width = max((len(rule.name) for rule in rules), default=0)
    for rule in rules:
        mark = "✗" if rule.reason else "✓"
        word = f" ({rule.reason})" if rule.reason else ""
        yield f"  {mark} {rule.name:<{width}}  {rule.said}{word}"
        if rule.explained is not None and rule.explained.parts:
            yield from rule.explained.lines("      ")
