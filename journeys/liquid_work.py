"""What a Liquid text may cost: all that it does for one person is counted, and stops at a bound.

The library bounds what comes out, and the turns of one loop within another. This counts the rest:
turns of loops one after the other, what filters read and make, and what is kept on the way. Nothing
here measures time, so that a text which is stopped on one machine is stopped on all.
"""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Final, TextIO

from liquid import BoundTemplate, RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.builtin.tags.tablerow_tag import TablerowNode, TablerowTag
from liquid.exceptions import (
    LoopIterationLimitError,
    OutputStreamLimitError,
    ResourceLimitError,
)
from liquid.stream import TokenStream
from liquid.token import Token
from liquid.undefined import UNDEFINED

from journeys.limits import MAX_DATE, MAX_LOOPS, MAX_NUMBER, MAX_OUTPUT, MAX_WORK

_PER_ITEM: Final = 20
"""What an item of a list costs beside its characters."""
_PER_SOURCE: Final = 8
"""What a character of a template costs in each turn of a loop: to run it takes longer than to copy
one."""
_SLOW: Final = {
    "strip_html": 50, "escapejs": 10, "url_encode": 5, "number": 100, "money": 50, "in_zone": 10,
}  # fmt: skip
"""Filters that take so many times longer for a character than the others."""
_CHECKED: Final = frozenset({"date", "join", "replace"})
"""Filters whose result may be longer than all that they read, or that take far too long over it."""
_BY_KEY: Final = frozenset({
    "compact", "find", "find_index", "has", "map", "reject", "sort", "sort_natural", "sum", "uniq",
    "where",
})  # fmt: skip
"""Filters that read their arguments again for each item."""
_COMPARED: Final = 4
"""How many items are compared in the time in which one character is copied by other filters."""
_BITS_PER_DIGIT: Final = 3.32


class Context(RenderContext):
    """What is known while a text is filled, and what that has cost so far."""

    work = 0
    turns = 0
    """Of all loops."""
    language = "en"
    """What the text is written in."""
    zone = "UTC"
    """Where times are read that say no zone of their own."""

    def spend(self, cost: int) -> None:
        """Count work.

        Raises:
            ResourceLimitError: it is more than a text may do.
        """
        self.work += cost
        if self.work > MAX_WORK:
            message = f"it takes more work than {MAX_WORK:,} characters read and written"
            raise ResourceLimitError(message, token=None)

    def turn(self, cost: int) -> None:
        """Count a turn of a loop, of whichever loop."""
        self.turns += 1
        if self.turns > MAX_LOOPS:
            raise _too_many_turns()
        self.spend(cost)

    def get(
        self, path: list[object], *, token: Token | None, default: object = UNDEFINED
    ) -> object:
        """Count what is looked up: it will be compared, searched or written."""
        value = super().get(path, token=token, default=default)
        self.spend(len(value) if isinstance(value, (str, list)) else 1)
        return value

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """Count what a filter reads and makes; what would grow too much is not even made."""
        found = super().filter(name, token)

        def counted(left: object, *arguments: object, **named: object) -> object:
            if arguments or named or name in _SLOW or not isinstance(left, str):
                self.spend(_cost(name, left, (*arguments, *named.values())))
                _check(name, left, arguments, named)
            else:
                self.spend(len(left))
            result = found(left, *arguments, **named)
            self.spend(len(result) if isinstance(result, str) else weight(result))
            _check_result(name, result)
            return result

        return counted

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        """Give a place to write to for a part of the text that is kept."""
        return Output(self, MAX_OUTPUT - (buf.size if isinstance(buf, Output) else 0))

    def stopindex(self, key: str, index: int | None = None) -> int:
        """Refuse a loop that reaches too far, before the library makes a list of its items."""
        if index is not None and index > MAX_LOOPS:
            raise _too_many_turns()
        return super().stopindex(key, index)


class Output(StringIO):
    """A place to write to that counts, and takes no more than a text may become."""

    def __init__(self, context: Context, limit: int = MAX_OUTPUT) -> None:
        super().__init__()
        self.size = 0
        self._context = context
        self._limit = limit

    def write(self, text: str) -> int:
        """Write, and count it."""
        length = len(text)
        self.size += length
        if self.size > self._limit:
            message = f"it becomes more than {MAX_OUTPUT:,} characters"
            raise OutputStreamLimitError(message, token=None)
        self._context.spend(length)
        return super().write(text)


class Template(BoundTemplate):
    """A parsed text that counts what filling it costs."""

    context_class = Context

    def render(self, language: str, zone: str, /, **names: object) -> str:
        """Fill the text for one person, in a language and by the clocks of a zone."""
        context = Context(self, globals=self.make_globals(names))
        context.language, context.zone = language, zone
        output = Output(context)
        self.render_with_context(context, output)
        return output.getvalue()


class _Turn(Node):
    """Stands first in the body of a loop, and counts."""

    __slots__ = ("_cost",)

    def __init__(self, token: Token, cost: int) -> None:
        super().__init__(token)
        self._cost = cost

    def __str__(self) -> str:
        return ""

    def render_to_output(self, context: Context, buffer: object) -> int:  # type: ignore[override]  # the only context there is
        """Write nothing."""
        del buffer
        context.turn(self._cost)
        return 0


class For(ForTag):
    """The tag `for`, counted."""

    def parse(self, stream: TokenStream) -> Node:
        """Parse the loop."""
        node = super().parse(stream)
        if isinstance(node, ForNode):
            _count_turns(node.block, node.token, stream)
        return node


class TableRow(TablerowTag):
    """The tag `tablerow`, counted."""

    def parse(self, stream: TokenStream) -> TablerowNode:
        """Parse the loop."""
        node = super().parse(stream)
        _count_turns(node.block, node.token, stream)
        return node


def _count_turns(body: BlockNode, begin: Token, stream: TokenStream) -> None:
    """Let each turn of a loop cost what stands in its body."""
    length = stream.current.start_index - begin.start_index
    body.nodes.insert(0, _Turn(begin, _PER_SOURCE * length))


def weight(value: object) -> int:
    """Say what it costs to go through a value; stops counting where it is too much anyway."""
    if isinstance(value, str):
        return len(value)
    total, rest = 0, [value]
    while rest and total <= MAX_WORK:
        item = rest.pop()
        if isinstance(item, range):
            total += _PER_ITEM * max(item.stop - item.start, 0)
        elif isinstance(item, (list, tuple, dict)):
            total += _PER_ITEM * len(item)
            for inner in item:
                if isinstance(inner, str):
                    total += len(inner)
                else:
                    rest.append(inner)
            if isinstance(item, dict):
                rest.append(list(item.values()))
        else:
            total += len(item) if isinstance(item, str) else 1
    return total


def _cost(name: str, left: object, arguments: tuple[object, ...]) -> int:
    """Say what a filter costs before it runs."""
    read = sum(map(weight, arguments))
    cost = _SLOW.get(name, 1) * (weight(left) + read)
    if name in _BY_KEY and isinstance(left, (list, tuple)):
        # `uniq` compares each item with each.
        per_item = read + len(left) if name == "uniq" else read
        cost += len(left) * per_item // _COMPARED
    return cost


def _too_many_turns() -> LoopIterationLimitError:
    return LoopIterationLimitError(f"its loops take more than {MAX_LOOPS:,} turns", token=None)


def _check(
    name: str, left: object, arguments: tuple[object, ...], named: dict[str, object]
) -> None:
    """Refuse what a filter would make far too much of, or take far too long over."""
    if name not in _CHECKED:
        return
    if named:
        message = f"{name}: its values have no names"
        raise ResourceLimitError(message, token=None)
    made = 0
    match name, left, arguments:
        case "replace", _, [old, new, *_]:
            text = str(left)
            made = len(text) + text.count(str(old)) * len(str(new))
        case "join", list() | tuple() | range(), [separator, *_]:
            made = len(str(separator)) * _leaves(left)
        case "date", _, _ if any(
            isinstance(v, str) and len(v) > MAX_DATE for v in (left, *arguments)
        ):
            message = f"date: a text or a format of more than {MAX_DATE} characters"
            raise ResourceLimitError(message, token=None)
    if made > MAX_OUTPUT:
        raise _too_large(name)


def _leaves(value: object) -> int:
    if isinstance(value, range):
        return len(value)
    return sum(map(_leaves, value)) if isinstance(value, (list, tuple)) else 1


def _check_result(name: str, result: object) -> None:
    if isinstance(result, str) and len(result) > MAX_OUTPUT:
        raise _too_large(name)
    if isinstance(result, int) and result.bit_length() > MAX_NUMBER * _BITS_PER_DIGIT:
        message = f"{name}: a number of more than {MAX_NUMBER} digits"
        raise ResourceLimitError(message, token=None)


def _too_large(name: str) -> ResourceLimitError:
    message = f"{name}: a text of more than {MAX_OUTPUT:,} characters"
    return ResourceLimitError(message, token=None)
