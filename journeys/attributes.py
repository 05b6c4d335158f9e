"""A person's attributes, each with the time since when it is so: what is said later stays.

The same records give the same attributes in whatever order they come, and however often: every
leaf - a text, a number, a list, or the mark that there is nothing - is a register that keeps what
was said last, by the time of what it says and not by its arrival. Of two values of one time the one
whose JSON text is greater stays, and nothing is less than anything. An object is no value of its
own: it is there as long as something lies under it.

Where an object meets a leaf at the same path, the later stays, and what lies under the path where
they are of one time. A leaf clears what lies under its path and is older, and its time stays noted
when something later has turned it into an object, so that what is older still comes to nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import orjson

from journeys.messages import JsonObject, JsonValue

UNKNOWN = -1
"""The time of what was kept before times were: whatever has one is later."""
_NEVER = -2
MAX_REMOVED = 1_000
"""Attributes of a person whose removal is remembered, so that what is older does not bring them
back; beyond it the oldest are forgotten."""
_Register: TypeAlias = tuple[tuple[str, ...], int, JsonValue]
"""Path, time and value; None where there is nothing, or nothing that is seen."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """Attributes and their times. Nothing changes them: a merge gives new ones."""

    values: JsonObject = field(default_factory=dict)
    """What expressions read."""
    at: int = UNKNOWN
    """Since when each leaf is so that has no time of its own: that of most of them."""
    times: JsonObject = field(default_factory=dict)
    """Times of all others, by name as `values` are: a time, an object of what lies under the name,
    or a list of both. Where `values` have no leaf it is that of a removal, or of a leaf of before.
    """

    def __bool__(self) -> bool:
        """Say whether there is anything to keep."""
        return bool(self.values or self.times)

    def merged(self, patch: JsonObject, at: int) -> Attributes:
        """Take in what was so at a time; gives the same object if it says nothing new."""
        merge = _Merge(at, self.at if self else at)
        values, times = merge.inside(self.values, self.times, patch)
        return _settled(values, times, merge.default) if merge.changed else self

    def overridden(self, patch: JsonObject, at: int) -> Attributes:
        """Take in what counts because it comes last: later than all that it touches."""
        return self.merged(patch, max(at, _newest(self, patch) + 1))

    def joined(self, other: Attributes) -> Attributes:
        """Take in all that is known of another person, leaf by leaf."""
        joined = self
        for path, at, value in _registers(other.values, other.times, other.at):
            joined = joined.merged(_nested(path, value), at)
        return joined


class _Merge:
    """One patch on its way into the attributes."""

    def __init__(self, at: int, default: int) -> None:
        self.at = at
        self.default = default
        """The time of leaves without their own."""
        self.changed = False

    def inside(
        self, values: JsonObject, times: JsonObject, patch: JsonObject
    ) -> tuple[JsonObject, JsonObject]:
        """Merge what is said of the names of an object."""
        values, times = {**values}, {**times}
        for name, said in patch.items():
            found, node = self._place(values.get(name), times.get(name), said)
            _put(values, name, found)
            _put(times, name, node)
        return values, times

    def _place(
        self, found: JsonValue, node: JsonValue, said: JsonValue
    ) -> tuple[JsonValue, JsonValue]:
        if found is None and node is None and not isinstance(said, dict):  # as most come
            return self._leaf(said)
        own, under = _parts(node)
        since = _since(found, own, self.default)
        if self.at < since:
            return found, node
        if isinstance(said, dict):
            if not _says_anything(said):
                return found, node
            inside, under = self.inside(_object(found), under, said)
            return inside or None, _node(since if since > UNKNOWN else None, under)
        is_object = isinstance(found, dict) or bool(under)
        if self.at == since and (is_object or not _outranks(said, found)):
            return found, node
        inside, under = self._later(_object(found), under)
        if inside or under:
            self.changed = True
            return inside or None, _node(self.at, under)
        return self._leaf(said)

    def _leaf(self, said: JsonValue) -> tuple[JsonValue, JsonValue]:
        self.changed = True
        is_default = said is not None and self.at == self.default
        return said, None if is_default else self.at

    def _later(self, values: JsonObject, times: JsonObject) -> tuple[JsonObject, JsonObject]:
        """Give what lies under a path and is not older than what is said of the path itself."""
        kept: tuple[JsonObject, JsonObject] = ({}, {})
        for name, found, own, under in _names(values, times):
            since = _since(found, own, self.default)
            if isinstance(found, dict) or under:
                inside, later = self._later(_object(found), under)
                _put(kept[0], name, inside or None)
                _put(kept[1], name, _node(own if since >= self.at else None, later))
            elif since >= self.at:
                _put(kept[0], name, found)
                _put(kept[1], name, own)
        return kept


def _settled(values: JsonObject, times: JsonObject, default: int) -> Attributes:
    """Let the time of most leaves be that of all without their own, and keep to the bound."""
    if not times:
        return Attributes(values, default, times)
    owned = [*_owned(values, times)]
    lives = Counter(at for at, is_removed in owned if not is_removed)
    lives[default] = _leaves(values) - lives.total()
    most = max(lives, key=lambda at: (lives[at], at)) if lives.total() else UNKNOWN
    removed = sorted(at for at, is_removed in owned if is_removed)
    forgotten = removed[-MAX_REMOVED - 1] if len(removed) > MAX_REMOVED else _NEVER
    if most != default or forgotten > _NEVER:
        times = _retimed(values, times, default, most, forgotten)
    return Attributes(values, most, times)


def _owned(values: JsonObject, times: JsonObject) -> Iterator[tuple[int, bool]]:
    """Give the times that are noted, and whether each is of something that is no more."""
    for name, node in times.items():
        found, (own, under) = values.get(name), _parts(node)
        if own is not None:
            yield own, found is None or isinstance(found, dict)
        if under:
            yield from _owned(_object(found), under)


def _leaves(values: JsonObject) -> int:
    return sum(_leaves(value) if isinstance(value, dict) else 1 for value in values.values())


def _retimed(
    values: JsonObject, times: JsonObject, default: int, most: int, forgotten: int
) -> JsonObject:
    """Write the times anew: none for leaves of the default, and for removals until a time."""
    kept: JsonObject = {}
    for name, found, own, under in _names(values, times):
        if found is not None and not isinstance(found, dict):
            since = _since(found, own, default)
            _put(kept, name, None if since == most else since)
        else:
            later = _retimed(_object(found), under, default, most, forgotten)
            _put(kept, name, _node(own if own is not None and own > forgotten else None, later))
    return kept


def _registers(
    values: JsonObject, times: JsonObject, default: int, path: tuple[str, ...] = ()
) -> Iterator[_Register]:
    for name, found, own, under in _names(values, times):
        here = (*path, name)
        if isinstance(found, dict) or under:
            if own is not None:
                yield here, own, None
            yield from _registers(_object(found), under, default, here)
        elif (since := _since(found, own, default)) > _NEVER:
            yield here, since, found


def _newest(attributes: Attributes, patch: JsonObject) -> int:
    """Give the time of the latest of all that a patch touches."""
    return _newest_inside(attributes.values, attributes.times, patch, attributes.at)


def _newest_inside(values: JsonObject, times: JsonObject, patch: JsonObject, default: int) -> int:
    newest = _NEVER
    for name, said in patch.items():
        found, (own, under) = values.get(name), _parts(times.get(name))
        newest = max(newest, _since(found, own, default))
        if isinstance(said, dict):
            newest = max(newest, _newest_inside(_object(found), under, said, default))
        elif isinstance(found, dict) or under:
            beneath = _registers(_object(found), under, default)
            newest = max(newest, max((at for _, at, _ in beneath), default=_NEVER))
    return newest


def _names(
    values: JsonObject, times: JsonObject
) -> Iterator[tuple[str, JsonValue, int | None, JsonObject]]:
    """Give what is known of each name: its value, its own time, and the times under it."""
    for name in dict.fromkeys((*values, *times)):
        yield name, values.get(name), *_parts(times.get(name))


def _parts(node: JsonValue) -> tuple[int | None, JsonObject]:
    if node is None:
        return None, {}
    if isinstance(node, dict):
        return None, node
    if isinstance(node, list):
        return cast("int", node[0]), cast("JsonObject", node[1])
    return cast("int", node), {}


def _node(own: int | None, under: JsonObject) -> JsonValue:
    if not under:
        return own
    return under if own is None else [own, under]


def _since(found: JsonValue, own: int | None, default: int) -> int:
    if own is not None:
        return own
    return _NEVER if found is None or isinstance(found, dict) else default


def _object(found: JsonValue) -> JsonObject:
    return found if isinstance(found, dict) else {}


def _put(where: JsonObject, name: str, value: JsonValue) -> None:
    if value is None:
        where.pop(name, None)
    else:
        where[name] = value


def _says_anything(said: JsonObject) -> bool:
    return any(not isinstance(each, dict) or _says_anything(each) for each in said.values())


def _outranks(said: JsonValue, found: JsonValue) -> bool:
    if said is None or found is None:
        return said is not None
    return _canonical(said) > _canonical(found)


def _canonical(value: JsonValue) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _nested(path: tuple[str, ...], value: JsonValue) -> JsonObject:
    first, *rest = path
    return {first: _nested(tuple(rest), value) if rest else value}
