"""When the value of an expression may change because time passes, and nothing else happens.

Theory of operation. An expression is cut into the smallest parts that tell the clock: comparisons
of something that only grows with it, such as `now()` or the days since a date, with something that
stands still; and parts of the date, such as `hour(now())`. Between two turns of these the value of
the whole cannot change. The next turn of each is found by evaluating it at other instants and
halving the time between, unless it is where two instants are seen to meet; the past stays as it is
meanwhile.

Calendars make this less simple. A month after the 30th of January and a month after the 31st are
the same day, so `nowWithDelta(1, 'months')` goes back at midnight, by up to three days; where
clocks are put back, days do too, by hours. How far is the `slack` of a part: it turns for good at
most so long after its first turn. Within the slack every quarter of an hour is looked at: midnights
and changes of the clocks fall on quarters in all zones. In UTC clocks are never put back, and
midnights are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TypeAlias

from journeys.expressions import tree, types
from journeys.expressions.catalog import OpenCatalog
from journeys.expressions.checker import Checker
from journeys.expressions.codegen import generate
from journeys.expressions.errors import ExpressionError
from journeys.expressions.functions import FUNCTIONS
from journeys.expressions.parser import parse
from journeys.expressions.scope import Scope
from journeys.expressions.temporal import MILLISECOND
from journeys.expressions.tree import Binary, Call, Node, children
from journeys.expressions.types import type_named
from journeys.expressions.values import LimitError, Value, as_instant

END = 16_725_225_600_000
"""The year 2500: turns that come later are not foreseen."""
_QUARTER = 900_000
_DAY = 86_400_000
_STEP = 25 * _DAY
"""No part of a date stays what it is, and is so again, within it: months are longer."""
_ROUND = 2 * 366 * _DAY
"""Parts of a date change within a year, if ever."""
_HOURS_BACK, _DAYS_BACK = 4 * 3_600_000, 4 * _DAY
"""How far clocks, and the ends of months, are put back, and some more."""
_EXACT = frozenset({"hours", "minutes", "seconds"})
_CLOCK = frozenset(f.name for f in FUNCTIONS.values() if f.family == "dates" and f.reads_scope)
_DRAWN = frozenset({"random", "uuid"})
_SAME_TIME = frozenset(
    {"toDateTime", "toInteger", "toDecimal", "toDuration", "updateTimeZone", "round", "ceil"}
    | {"floor", "addTime", "toDateTimeOnly"}
)
"""Functions whose value grows as their first argument does."""
_STEPS = frozenset({"year", "toDateOnly", "truncateTo"})
"""Such whose value also stays for a while."""
_PARTS = frozenset(
    {"month", "day", "dayOfWeek", "hour", "minute", "second", "formatDate", "truncateTo"}
)
"""Functions whose value may come back."""
_ZONED = {"now": 0, "nowWithDelta": 2, "updateTimeZone": 1}
"""Functions that take a zone, and after how many arguments."""
_ORDERS = frozenset({"<", "<=", ">", ">="})


class UnforeseenError(ExpressionError):
    """It cannot be foreseen when a part of an expression changes as time passes."""


_Turned: TypeAlias = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Turning:
    """A part of an expression that changes as time passes."""

    run: Callable[[Scope], Value]
    comes_back: bool
    """Whether its values come again and again: it is a part of a date."""
    slack: int
    """It stays changed from so many milliseconds after its first change on."""
    zones: frozenset[str | None]
    """By whose clocks it goes; None: those of the journey."""
    sides: tuple[Callable[[Scope], Value], Callable[[Scope], Value]] | None = None
    """Of a comparison: what grows with the clock, and what stands still."""

    def next(self, scope: Scope) -> int | None:
        """Give the first instant after the scope's at which its value is another, if any is."""
        now, at = scope.now, partial(_value, self.run, scope)
        try:
            before = at(now)

            def turned(instant: int) -> bool:
                return at(instant) != before

            return _circling(turned, now) if self.comes_back else self._lasting(turned, scope, now)
        finally:
            scope.now = now

    def _lasting(self, turned: _Turned, scope: Scope, now: int) -> int | None:
        """Find the first change of what turns for good."""
        is_utc = all((scope.zone if zone is None else zone) == "UTC" for zone in self.zones)
        slack = 0 if is_utc and self.slack < _DAYS_BACK else self.slack
        grid = _DAY if is_utc else _QUARTER
        first = _wavering(turned, now, now + slack, grid)
        if first is not None:
            return first
        if now >= END or not turned(END):
            return None
        met = (at for at in self._meeting(scope, now) if turned(at) and not turned(at - 1))
        last = next(met, None) or _halved(turned, now, END)
        first = _wavering(turned, max(now, last - slack), last, grid)
        return last if first is None else first

    def _meeting(self, scope: Scope, now: int) -> tuple[int, ...]:
        """Give the instants at which both sides are most likely the same, and no more so."""
        if self.sides is None:
            return ()
        growing, still = (as_instant(_value(side, scope, now)) for side in self.sides)
        if growing is None or still is None:
            return ()
        met = now - (growing - still) // MILLISECOND
        return (met, met + 1) if met > now else ()


def _value(run: Callable[[Scope], Value], scope: Scope, now: int) -> object:
    scope.now = now
    try:
        return run(scope)
    except (LimitError, ValueError, OverflowError, RecursionError):
        return OverflowError  # a bound was passed: equal to itself alone


def _circling(turned: _Turned, now: int) -> int:
    """Find the first change of what comes back: by steps too short to miss it."""
    step, reached = 1, now
    while reached < now + _ROUND:
        following = reached + step
        if turned(following):
            return _halved(turned, reached, following)
        reached, step = following, min(2 * step, _STEP)
    return reached  # to be looked at again


def _halved(turned: _Turned, before: int, after: int) -> int:
    while after - before > 1:
        middle = (before + after) // 2
        if turned(middle):
            after = middle
        else:
            before = middle
    return after


def _wavering(turned: _Turned, start: int, end: int, grid: int) -> int | None:
    """Find a change after the start and by the end; between lines of the grid time only goes on."""
    reached = start
    while reached < end:
        last = min((reached // grid + 1) * grid - 1, end)
        if last > reached and turned(last):
            return _halved(turned, reached, last)
        if last < end and turned(last + 1):
            return last + 1
        reached = last + 1
    return None


@lru_cache(maxsize=1024)
def turnings(text: str, conversions: tuple[tuple[int, str], ...] = ()) -> tuple[Turning, ...]:
    """Give the parts of an expression that change as time passes; most have none.

    Args:
        text: the expression.
        conversions: where it reads dates, durations and decimals, as `Checked.conversions` says.

    Raises:
        ExpressionError: the text is no expression.
        UnforeseenError: of some part it cannot be foreseen when it changes.
    """
    root = parse(text).root
    known = {offset: type_named(name) for offset, name in conversions}
    found: list[_Part] = []
    for part in _parts(root):
        if part not in found:  # each once, where it is written twice
            found.append(part)
    return tuple(_turning(part, known) for part in found)


def _turning(part: _Part, known: Mapping[int, types.Type]) -> Turning:
    run, zones = _program(part.node, known), frozenset(_zones(part.node))
    sides = None
    if isinstance(part.node, Binary):
        left, right = (_program(side, known) for side in (part.node.left, part.node.right))
        sides = (left, right) if _reads_clock(part.node.left) else (right, left)
    return Turning(run, part.comes_back, part.slack, zones, sides)


def _program(node: Node, known: Mapping[int, types.Type]) -> Callable[[Scope], Value]:
    checker = Checker(OpenCatalog(), known)
    checker.type_of(node, {})
    if any(fault.stops for fault in checker.faults):
        raise _unforeseen(node)
    return generate(node, checker.types, checker.conversions)[0]


@dataclass(frozen=True, slots=True)
class _Part:
    node: Node
    comes_back: bool = False
    slack: int = 0


def _parts(node: Node) -> Iterator[_Part]:
    """Give the parts by which a value changes that is used as it is."""
    if not _reads_clock(node):
        return
    match node:
        case Binary(operator="==" | "!=", left=left, right=right) if _one_grows(left, right):
            yield from _borders(left, right)
        case Binary(operator=operator, left=left, right=right) if (
            operator in _ORDERS and _one_grows(left, right)
        ):
            yield from _borders(left, right, operator)
        case Call(name="between", arguments=(value, low, high)):
            yield from _borders(value, low, ">=")
            yield from _borders(value, high, "<=")
        case Call(name=name, arguments=(moment, count)) if name.startswith(("inLast", "inNext")):
            yield from _stretch(node, moment, count)
        case Call(name=name) if name in {*_STEPS, "dateDiff"} and _slack(node) is not None:
            yield _checked(_Part(node, slack=_slack(node) or 0))
        case Call(name=name, arguments=(moment, *rest)) if name in _PARTS:
            if _slack(moment) is None or any(map(_reads_clock, rest)) or _tells_millis(node):
                raise _unforeseen(node)
            yield _checked(_Part(node, comes_back=True))
        case Call(name=name) if name in _CLOCK:
            raise _unforeseen(node)
        case tree.Reference(path=path) | tree.LoopVariable(path=path) if any(
            isinstance(step, tree.Method) and step.argument and _reads_clock(step.argument)
            for step in path
        ):
            raise _unforeseen(node)
        case _:
            for child in children(node):
                yield from _parts(child)


def _stretch(node: Call, moment: Node, count: Node) -> Iterator[_Part]:
    """Take "between now and so long from now" apart: two borders pass by the moment."""
    unit, is_past = node.name[len("inLast") :].lower(), node.name.startswith("inLast")
    sign = tree.Negative(count, count.span) if is_past else count
    words = [tree.Literal(word, types.STRING, node.span) for word in (unit, "UTC")]
    now = Call("now", (words[1],), node.span, node.name_span)
    there = Call("nowWithDelta", (sign, *words), node.span, node.name_span)
    match count:
        case tree.Literal(value=int(number)) if number >= 0:
            first, last = (now, there) if is_past else (there, now)
            yield from _borders(first, moment, ">=")
            yield from _borders(last, moment, ">")
        case _:
            yield from _borders(now, moment)
            yield from _borders(there, moment)


def _borders(left: Node, right: Node, operator: str | None = None) -> Iterator[_Part]:
    """Give the instants at which one side comes to the other, and at which it goes past it."""
    if not _one_grows(left, right):
        if _reads_clock(left) or _reads_clock(right):
            raise _unforeseen(left if _reads_clock(left) else right)
        return
    if operator is None and _reads_clock(right):
        left, right = right, left
    slack = _slack(left if _reads_clock(left) else right) or 0
    if isinstance(left, Call) and left.name == "toDateOnly":  # which has no order by itself
        seconds = tree.Literal("seconds", types.STRING, left.span)
        left = Call("dateDiff", (right, left, seconds), left.span, left.span)
        right = tree.Literal(0, types.INTEGER, left.span)
    orders = [operator] if operator in _ORDERS else [">=", ">"]
    for order in orders:
        yield _checked(_Part(Binary(str(order), left, right, left.span), slack=slack))


def _one_grows(left: Node, right: Node) -> bool:
    """Say whether one of two grows with the clock, and the other does not know it."""
    if _reads_clock(left) is _reads_clock(right):
        return False
    return _slack(left if _reads_clock(left) else right) is not None


def _slack(node: Node) -> int | None:
    """Say how far a value that grows, or shrinks, with the clock may go back; None: it does not."""
    match node:
        case tree.Negative(operand=operand):
            return _slack(operand)
        case Binary(operator="+" | "-" | "*", left=left, right=right) if _reads_clock(
            left
        ) is not _reads_clock(right):
            return _slack(left if _reads_clock(left) else right)
        case Binary(operator="/", left=left, right=right) if not _reads_clock(right):
            return _slack(left)
        case Call(arguments=arguments):
            return _slack_of_call(node.name, *arguments)
        case _:
            return None


def _slack_of_call(name: str, *arguments: Node) -> int | None:
    first, rest = arguments[:1], arguments[1:]
    if name == "dateDiff":
        is_clock = [_reads_clock(argument) for argument in arguments]
        if is_clock.count(True) != 1 or is_clock[-1]:
            return None
        ends = _calendar(arguments[-1], days=0) if is_clock[0] else 0
        return _sum(_slack(arguments[is_clock.index(True)]), ends)
    if any(map(_reads_clock, rest)):
        return None
    if name in {"now", "currentTimeInMillis", "nowWithDelta"}:
        if any(map(_reads_clock, first)):
            return None
        return _calendar(arguments[1]) if name == "nowWithDelta" else 0
    if name not in _SAME_TIME | _STEPS or (name == "truncateTo" and not _is_exact(rest[0])):
        return None  # the first midnight of a year is another instant by the clocks of its summer
    moved = _calendar(rest[1]) if name == "addTime" else 0
    return _sum(_slack(arguments[0]), _HOURS_BACK if name == "toDateTimeOnly" else moved)


def _sum(slack: int | None, more: int | None) -> int | None:
    return None if slack is None or more is None else slack + more


def _tells_millis(node: Call) -> bool:
    """Say whether a text may change with every millisecond."""
    if node.name != "formatDate":
        return False
    pattern = node.arguments[1]
    return not (isinstance(pattern, tree.Literal) and "S" not in str(pattern.value))


def _is_exact(unit: Node) -> bool:
    return isinstance(unit, tree.Literal) and unit.value in _EXACT


def _calendar(unit: Node, days: int = _HOURS_BACK) -> int | None:
    """Say how far back time goes where such units are counted from it."""
    if _is_exact(unit):
        return 0
    match unit:
        case tree.Literal(value="days"):
            return days
        case tree.Literal(value="months" | "years"):
            return _DAYS_BACK
        case _:
            return None


def _zones(node: Node) -> Iterator[str | None]:
    """Name the zones by whose clocks a part of an expression goes; None is the journey's."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        waiting += children(found)
        if isinstance(found, Call) and found.name in _ZONED:
            zone = found.arguments[_ZONED[found.name] :]
            match zone:
                case ():
                    yield None
                case (tree.Literal(value=str(name)),):
                    yield name
                case _:
                    yield ""  # not known before


def _checked(part: _Part) -> _Part:
    if _names(part.node, _DRAWN):
        raise _unforeseen(part.node)
    return part


def _reads_clock(node: Node) -> bool:
    return _names(node, _CLOCK)


def _names(node: Node, names: frozenset[str]) -> bool:
    """Say whether some of these functions is called anywhere in a tree."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Call) and found.name in names:
            return True
        waiting += children(found)
    return False


def _unforeseen(node: Node) -> UnforeseenError:
    message = "nobody can foresee when this changes as time passes"
    hint = (
        "compare the clock with something that stands still, such as "
        "`now() > #{profile.endsAt}`, or use a part of the date, such as `hour(now())`"
    )
    return UnforeseenError(message, node.span, hint)
