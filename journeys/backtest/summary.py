"""What a backtest has counted, for people and for programs: one outline, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from journeys.backtest.tally import Fact, Kind, Tally, of_kind
from journeys.messages import JsonObject, JsonValue
from journeys.outcomes import Outcome, Reason

MANY = 5
"""People who would get at least so many messages are counted together."""
_WAYS = (Outcome.NOT_ENTERED, Outcome.EXITED, Outcome.FAILED)
"""Outcomes of which the reason says all."""
_ENDS = (Outcome.ENTERED, Outcome.COMPLETED, *_WAYS)
_LATER = (Outcome.WAITING, Outcome.NOT_SENT, Outcome.CAPPED)
"""Outcomes by which something is not sent, or not yet, where a reason stands."""


def summary(tally: Tally) -> JsonObject:
    """Give what was counted as data."""
    return {
        "records": _named(tally, Kind.RECORD),
        "left_out": _named(tally, Kind.LEFT_OUT),
        "people": tally[Kind.PERSON,],
        "journeys": _journeys(tally),
        "messages": _named(tally, Kind.MESSAGE),
        "messages_of_a_person": _messages_of_a_person(tally),
        "held_back": _held_back(tally),
        "places": {
            str(cap).partition("/")[2]: {"places": places, "asked_for": asked}
            for (cap, places), asked in sorted(of_kind(tally, Kind.PLACE), key=_by_name)
        },
        "answers": _named(tally, Kind.ANSWER),
        "only_here": {
            str(journey): {"people": people, "such_as": _examples(tally, journey)}
            for (journey,), people in sorted(of_kind(tally, Kind.ONLY_HERE), key=_by_name)
        },
    }


def _by_name(found: tuple[Fact, int]) -> str:
    return "/".join(map(str, found[0]))


def _named(tally: Tally, kind: Kind) -> JsonObject:
    return {str(fact[0]): n for fact, n in sorted(of_kind(tally, kind), key=_by_name)}


def _examples(tally: Tally, journey: object) -> list[JsonValue]:
    found = of_kind(tally, Kind.EXAMPLE)
    return [*sorted(str(person) for (name, person), _ in found if name == journey)]


def _messages_of_a_person(tally: Tally) -> JsonObject:
    people = Counter[int]()
    for (messages,), count in of_kind(tally, Kind.MESSAGES):
        people[min(int(str(messages)), MANY)] += count
    return {f"{n} or more" if n == MANY else str(n): people[n] for n in sorted(people)}


def _held_back(tally: Tally) -> JsonObject:
    held = Counter[str]()
    for (*_, outcome, _, reason), count in of_kind(tally, Kind.STEP):
        if reason is not None and (outcome in _LATER or reason == Reason.CAP):
            held[str(reason)] += count
    return dict(sorted(held.items()))


def _journeys(tally: Tally) -> JsonObject:
    names = {str(fact[0]) for fact, _ in of_kind(tally, Kind.STEP)}
    return {name: _journey(tally, name) for name in sorted(names)}


def _journey(tally: Tally, journey: str) -> JsonObject:
    versions: set[int] = set()
    ends: dict[str, Counter[str]] = {outcome.value: Counter() for outcome in _ENDS}
    steps: dict[str, Counter[str]] = {}
    for (name, version, step, outcome, branch, reason), count in of_kind(tally, Kind.STEP):
        if name != journey:
            continue
        versions.add(int(str(version)))
        if outcome in _ENDS:
            ends[str(outcome)][str(reason)] += count
        else:
            ways = steps.setdefault(str(step), Counter())
            ways[_way(outcome, branch, reason)] += count
    ledger: JsonObject = {
        "version": ", ".join(map(str, sorted(versions))),
        "people": sum(n for (name, _), n in of_kind(tally, Kind.ENTERED) if name == journey),
        "inside": {
            str(step): n for (name, _, step), n in of_kind(tally, Kind.INSIDE) if name == journey
        },
    }
    for outcome, reasons in ends.items():
        ledger[outcome] = dict(reasons) if outcome in _WAYS else reasons.total()
    return ledger | {"steps": {step: dict(ways) for step, ways in steps.items()}}


def _way(outcome: object, branch: object, reason: object) -> str:
    named = (outcome, None if branch == outcome else branch, reason)
    return ":".join(str(each) for each in named if each is not None)


# For people.


def lines(summaries: Sequence[JsonObject], names: Sequence[str]) -> Iterator[str]:
    """Write one or two summaries as an outline, with a column for each."""
    rows = [*_rows(summaries, 0)]
    width = max((len(label) for label, _ in rows), default=0)
    if len(names) > 1:
        yield _line("", [*names, "difference"], width)
    for label, cells in rows:
        yield _line(label, cells, width)


def _line(label: str, cells: Sequence[str], width: int) -> str:
    return f"{label:<{width}}  {'  '.join(f'{cell:>10}' for cell in cells)}".rstrip()


def _rows(parts: Sequence[JsonObject], depth: int) -> Iterator[tuple[str, list[str]]]:
    for name in dict.fromkeys(name for part in parts for name in part):
        found = [part.get(name) for part in parts]
        label = f"{'  ' * depth}{name.replace('_', ' ') if depth == 0 else name}"
        inner = [each if isinstance(each, dict) else {} for each in found]
        if any(inner):
            yield label, []
            yield from _rows(inner, depth + 1)
        elif not any(isinstance(each, dict) for each in found):
            yield label, _cells(found)


def _cells(found: Iterable[JsonValue]) -> list[str]:
    values = list(found)
    if any(isinstance(value, list) for value in values):
        named = (value if isinstance(value, list) else [] for value in values)
        return [", ".join(map(str, value)) or "-" for value in named]
    if any(isinstance(value, str) for value in values):
        return ["-" if value is None else str(value) for value in values]
    numbers = [int(str(value or 0)) for value in values]
    change = [f"{numbers[0] - numbers[1]:+,}"] if len(numbers) > 1 else []
    return [*(f"{number:,}" for number in numbers), *change]
