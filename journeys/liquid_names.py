"""What a Liquid text names, also by names of its own: `item` of a loop is an item of its list.

As `liquid_text`, this is imported where the first Liquid text is met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Final, TypeAlias

import liquid
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, LoopExpression, Path
from liquid.builtin.expressions.filtered import Filter, TernaryFilteredExpression
from liquid.builtin.expressions.logical import (
    GeExpression,
    GtExpression,
    LeExpression,
    LtExpression,
)
from liquid.builtin.expressions.primitive import Literal, StringLiteral
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.expression import Expression

from journeys.liquid_text import Dialect, LiquidError, liquid_template
from journeys.liquid_work import Context


class Part(Enum):
    """In a path: what is not a name."""

    ITEM = "an item of the list"
    LIST = "a list of such"
    """What a filter has made of all items."""


NamePath: TypeAlias = tuple[str | Part, ...]
"""Names from the outermost on, and what is neither: `event.order.items[0]` ends with an item."""
_SAME_LIST: Final = frozenset({
    "compact", "reject", "reverse", "slice", "sort", "sort_natural", "uniq", "where",
})  # fmt: skip
"""Filters that leave items as they are."""
_ONE: Final = frozenset({"find", "first", "last"})
"""Filters that give an item."""
_BY_FIELD: Final = frozenset({
    "compact", "find", "find_index", "has", "map", "reject", "sort", "sort_natural", "sum", "uniq",
    "where",
})  # fmt: skip
"""Filters whose first value names a field of the items."""
_ORDERED: Final = (GeExpression, GtExpression, LeExpression, LtExpression)
_SAMPLES: Final[Sequence[object]] = ("text", 1, ({},), None)
"""What a filter is tried on whose values do not depend on anybody."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that a text mentions."""

    path: NamePath
    """From what the text was given on, whatever the text itself calls it."""
    start: int
    """Where it stands."""
    length: int
    known: int = 0
    """How many parts of the path are told by another mention, to which the text gave a name."""

    @property
    def span(self) -> tuple[int, int]:
        """Give where it begins and ends."""
        return self.start, self.start + self.length


@dataclass(frozen=True, slots=True)
class Misuse:
    """A filter whose values, as the text writes them out, can never be right."""

    filter: Mention
    message: str


@dataclass(frozen=True, slots=True)
class Ordering:
    """A name that is asked whether it is more or less than a constant."""

    name: Mention
    constant: object


@dataclass(frozen=True, slots=True)
class LiquidNames:
    """What a Liquid text names and does not define itself."""

    variables: tuple[Mention, ...]
    filters: tuple[Mention, ...]
    misuses: tuple[Misuse, ...]
    orderings: tuple[Ordering, ...]


@lru_cache(maxsize=4096)
def liquid_names(text: str, dialect: Dialect) -> LiquidNames:
    """List the variables and filters of a Liquid text.

    Raises:
        LiquidError: the text is no Liquid; carries the place.
    """
    template = liquid_template(text, dialect)
    reading = _Reading(Context(template), _given_once(template))
    for node in template.nodes:
        reading.read(node, {})
    used = sorted(reading.filters.items())
    return LiquidNames(
        tuple(sorted(reading.mentions.values(), key=lambda m: m.start)),
        tuple(Mention((f.name,), start, len(f.name)) for start, f in used),
        tuple(_misuses(used, template)),
        tuple(reading.orderings),
    )


def _given_once(template: liquid.BoundTemplate) -> frozenset[str]:
    """Name what the text gives one value only: of others nobody knows which one it has."""
    found = template.analyze().locals
    counted = Counter({name: len(places) for name, places in found.items()})
    return frozenset(name for name, count in counted.items() if count == 1)


@dataclass(slots=True)
class _Reading:
    """A text on the way from its first tag to its last."""

    context: Context
    given_once: frozenset[str]
    mentions: dict[int, Mention] = field(default_factory=dict)
    filters: dict[int, Filter] = field(default_factory=dict)
    orderings: list[Ordering] = field(default_factory=list)
    names: dict[str, NamePath | None] = field(default_factory=dict)
    """What the text has given a name to, as far as it is known what that is."""

    def read(self, node: Node, around: Mapping[str, NamePath | None]) -> None:
        """Read a tag, inside of blocks that have names of their own."""
        within = {**around, **dict.fromkeys(map(str, node.block_scope()))}
        for expression in node.expressions():
            value = self._read(expression, around)
            if isinstance(expression, LoopExpression):
                within[expression.identifier] = None if value is None else (*value, Part.ITEM)
            elif isinstance(node, AssignNode):
                self.names[node.name] = value if node.name in self.given_once else None
        for name in node.template_scope():
            self.names.setdefault(str(name), None)
        for child in node.children(self.context, include_partials=False):
            self.read(child, within)

    def _read(
        self, expression: Expression, around: Mapping[str, NamePath | None]
    ) -> NamePath | None:
        """Read an expression; give what it stands for, if that is something that was given.

        That of a loop is what it goes through.
        """
        if isinstance(expression, Path):
            for below in expression.children():
                self._read(below, around)
            return self._mention(expression, around)
        if isinstance(expression, FilteredExpression):
            value = self._read(expression.left, around)
            return self._filtered(value, expression.filters or (), around)
        if isinstance(expression, TernaryFilteredExpression):
            for inner in (expression.left, *expression.children()):
                self._read(inner, around)
            self._filtered(
                None, (*(expression.filters or ()), *(expression.tail_filters or ())), around
            )
            return None
        values = [self._read(below, around) for below in expression.children()]
        if isinstance(expression, LoopExpression):
            return values[0]
        if isinstance(expression, _ORDERED) and isinstance(expression.left, Path):
            self._compare(expression.left, values[0], expression.right)
        return None

    def _mention(self, written: Path, around: Mapping[str, NamePath | None]) -> NamePath | None:
        head, *rest = written.path
        if not isinstance(head, str):
            return None
        path: list[str | Part] = []
        for segment in rest:
            if isinstance(segment, Path):
                break  # which one is known only when the text is filled
            path.append(Part.ITEM if isinstance(segment, int) else segment)
        given = self._given(head, around)
        if given is None:
            return None
        found = (*given, *path)
        known = 0 if given == (head,) else len(given)
        start = written.token.start_index
        self.mentions.setdefault(start, Mention(found, start, len(str(written)), known))
        return found if len(path) == len(rest) else None

    def _given(self, name: str, around: Mapping[str, NamePath | None]) -> NamePath | None:
        """Say what a name stands for: itself, unless the text has given it to something."""
        return around[name] if name in around else self.names.get(name, (name,))

    def _filtered(
        self,
        value: NamePath | None,
        filters: Iterable[Filter],
        around: Mapping[str, NamePath | None],
    ) -> NamePath | None:
        """Read filters, one after the other; give what they make of a value."""
        for used in filters:
            self.filters[used.token.start_index] = used
            for argument in used.children():
                self._read(argument, around)
            value = None if value is None else self._through(value, used)
        return value

    def _through(self, value: NamePath, used: Filter) -> NamePath | None:
        first = next(iter(used.children()), None)
        named = first.value if isinstance(first, StringLiteral) else None
        if named is not None and used.name in _BY_FIELD:
            start = first.token.start_index if first else 0
            path = (*value, Part.ITEM, named)
            known = len(value) + 1
            self.mentions.setdefault(start, Mention(path, start, len(named), known))
        if used.name in _ONE:
            return (*value, Part.ITEM)
        if used.name == "map":
            return None if named is None else (*value, Part.ITEM, named, Part.LIST)
        return value if used.name in _SAME_LIST else None

    def _compare(self, left: Path, value: NamePath | None, right: Expression) -> None:
        if value is not None and isinstance(right, Literal):
            start = left.token.start_index
            self.orderings.append(Ordering(self.mentions[start], right.value))


def _misuses(
    used: Sequence[tuple[int, Filter]], template: liquid.BoundTemplate
) -> Iterator[Misuse]:
    """Try the filters whose values do not depend on anybody."""
    for start, found in used:
        is_known = found.name in template.env.filters
        if is_known and all(isinstance(v, Literal) for v in found.children()):
            said = [_said(found, sample, Context(template)) for sample in _SAMPLES]
            if all(said):
                mention = Mention((found.name,), start, len(found.name))
                yield Misuse(mention, str(said[-1]))


def _said(used: Filter, value: object, context: Context) -> str | None:
    """Say why a filter cannot be used on a value, if so."""
    try:
        used.evaluate(list(value) if isinstance(value, tuple) else value, context)
    except liquid.exceptions.LiquidTypeError:
        return f"{used.name} takes no such values"
    except LiquidError as error:
        return str(error.message)
    except Exception:  # the library lets through what its filters raise
        return f"{used.name} takes no such values"
    return None
