"""Show a scenario that failed: what was not met, what came nearest, and all that happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from journeys.diagnostics import Code, Diagnostic, Place
from journeys.kinds.scenario import Expectation, NoAction
from journeys.messages import JsonValue
from journeys.rehearsal.trace import after, line_of
from journeys.rehearsal.verdict import Verdict

_LONGEST = 80
"""Characters of an expectation in a sentence."""
_WIDEST = 44
"""Characters of the column of expectations."""


def fault_of(verdict: Verdict) -> Diagnostic | None:
    """Say which expectation was not met, where it is written, and what came nearest to it."""
    if verdict.unmet is None:
        return None
    scenario = verdict.scenario
    expected = scenario.expect[verdict.unmet]
    written = _cut(_written(verdict, verdict.unmet), _LONGEST)
    what = "did happen" if isinstance(expected, NoAction) else "did not happen"
    message = f"scenario '{scenario.id}': `{written}` {what}"
    place = Place(scenario.id)
    if scenario.document is not None:
        place = scenario.document.place(("expect", verdict.unmet, expected.kind), key=True)
    return Diagnostic(place, Code.EXPECTATION, message, _hint(verdict, expected))


def _hint(verdict: Verdict, expected: Expectation) -> str:
    """Say what came nearest, and field by field why it was not that."""
    nearest, start = verdict.nearest, verdict.scenario.start
    if nearest is None:
        return "nothing of this kind happened"
    happening = verdict.trace[nearest.index]
    what = f"{after(start, happening.at)} {line_of(happening, start) or 'profile'}"
    if isinstance(expected, NoAction):
        return what
    if not nearest.misfits:
        return f"it happened before what stands above it: {what}"
    return f"nearest: {what}; {'; '.join(map(str, nearest.misfits))}"


def difference(verdict: Verdict) -> str:
    """Write what was expected beside what happened, instants counted from the start."""
    return "\n".join(_columns(verdict))


def _columns(verdict: Verdict) -> Iterator[str]:
    rows = list(_rows(verdict))
    width = min(max((len(left) for left, _, _ in rows), default=0), _WIDEST)
    times = max((len(at) for _, at, _ in rows), default=0)
    yield f"  {'expected':<{width}}  {'happened'}"
    for left, at, right in rows:
        yield f"  {_cut(left, width):<{width}}  {at:<{times}}  {right}".rstrip()


def _rows(verdict: Verdict) -> Iterator[tuple[str, str, str]]:
    """Give each line: what was expected, when something happened, and what."""
    scenario = verdict.scenario
    for place, happening in enumerate(verdict.trace):
        line = line_of(happening, scenario.start)
        met = [f"✓ {_written(verdict, n)}" for n, at in verdict.met.items() if at == place]
        if line is not None or met:
            first, *more = met or [""]
            yield first, after(scenario.start, happening.at), line or "profile"
            yield from ((another, "", "") for another in more)
    if verdict.unmet is not None:
        for n in range(verdict.unmet, len(scenario.expect)):
            yield f"{'✗' if n == verdict.unmet else '·'} {_written(verdict, n)}", "", ""


def _written(verdict: Verdict, number: int) -> str:
    """Write an expectation in one line, as its author did."""
    document = verdict.scenario.document
    expected = verdict.scenario.expect[number]
    if document is None:
        return expected.kind
    value: Any = document.value
    return flow_text(value["expect"][number])


def flow_text(value: JsonValue) -> str:
    """Write a value as YAML in one line, without the braces around it all."""
    text = yaml.safe_dump(
        value, default_flow_style=True, width=10**6, allow_unicode=True, sort_keys=False
    )
    return text.strip().removeprefix("{").removesuffix("}")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
