"""What a person did before, as far as expressions ask for it: exact, bounded, and expiring."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from journeys.json_shape import value_at
from journeys.messages import JsonObject, JsonValue

MAX_EVENTS = 1_000
"""Events of one kind remembered of a person; beyond it the oldest is forgotten."""
MAX_BYTES = 262_144
"""Bytes that their fields take as JSON; beyond it the oldest are forgotten, and the latest stays.
"""
_ID = "_id"


@dataclass(frozen=True)
class HistoryRead:
    """What an expression asks of the past: one field of the events of one kind."""

    event: str
    path: str
    """Dotted; empty for the whole payload."""
    window_ms: int | None = None
    """How far back it looks; None: as far as anything is kept."""


@dataclass(slots=True)
class PastEvent:
    """One event, with those of its fields that were asked for when it came."""

    at: int
    """When it happened, in milliseconds."""
    fields: JsonObject
    """Dotted path to value."""


@dataclass(slots=True)
class History:
    """The events of one person by kind, oldest first."""

    events: dict[str, list[PastEvent]] = field(default_factory=dict)

    def record(
        self, event: str, at: int, payload: JsonObject, reads: Sequence[HistoryRead], now: int
    ) -> None:
        """Keep what some expressions read of an event, and forget what none can reach any more."""
        fields = {read.path: value_at(dict(payload), _names(read.path)) for read in reads}
        kept = self.events.setdefault(event, [])
        insort(kept, PastEvent(at, fields), key=_when)
        del kept[: _forgotten(kept, _reached_since(reads, now))]
        if not kept:
            del self.events[event]

    def join(self, other: History) -> None:
        """Take in, in the order of time, what was kept of the same person apart."""
        for event, past in other.events.items():
            kept = sorted([*self.events.get(event, ()), *past], key=_when)
            self.events[event] = kept[_forgotten(kept, None) :]

    def record_once(
        self, event: str, at: int, payload: JsonObject, reads: Sequence[HistoryRead], now: int
    ) -> bool:
        """Record an event under its `_id`, unless it is kept already; say whether it was not.

        So past events may come again at any time, and are not among the ids remembered of a person.
        """
        kept = self.events.get(event, [])
        alike = kept[bisect_left(kept, at, key=_when) : bisect_right(kept, at, key=_when)]
        if any(past.fields.get(_ID) == payload.get(_ID) for past in alike):
            return False
        self.record(event, at, payload, [*reads, HistoryRead(event, _ID, window_ms=0)], now)
        return True

    def expire(self, asked: Mapping[str, Sequence[HistoryRead]], now: int) -> Iterator[int]:
        """Forget what no expression can reach any more, and give when the rest will be so."""
        for event, kept in list(self.events.items()):
            since = _reached_since(asked.get(event, ()), now)
            del kept[: _forgotten(kept, since)]
            if not kept:
                del self.events[event]
            elif since is not None:
                yield kept[-1].at + (now - since) + 1

    def values(
        self, event: str, path: Sequence[str], window_ms: int | None, now: int
    ) -> list[JsonValue]:
        """Give a field of the past events of one kind, oldest first."""
        since = None if window_ms is None else now - window_ms
        name = ".".join(path)
        return [
            past.fields.get(name)
            for past in self.events.get(event, ())
            if since is None or since <= past.at <= now
        ]

    def turns(self, event: str, window_ms: int, now: int) -> Iterator[int]:
        """Give the next instants at which an event comes into, and leaves, the time looked over."""
        kept = self.events.get(event, [])
        ahead = bisect_right(kept, now, key=_when)
        reached = bisect_left(kept, now - window_ms, key=_when)
        yield from (past.at for past in kept[ahead : ahead + 1])
        yield from (past.at + window_ms + 1 for past in kept[reached : reached + 1])


def _when(past: PastEvent) -> int:
    return past.at


def _reached_since(reads: Sequence[HistoryRead], now: int) -> int | None:
    """Give the instant from which on events can be reached; None: all can, for ever."""
    windows = [read.window_ms for read in reads if read.window_ms is not None]
    return None if len(windows) < len(reads) else now - max(windows, default=0)


def _forgotten(kept: Sequence[PastEvent], since: int | None) -> int:
    """Count the events, from the oldest, that are out of reach."""
    expired = 0 if since is None else bisect_left(kept, since, key=_when)
    return max(expired, len(kept) - MAX_EVENTS, _beyond_bytes(kept))


def _beyond_bytes(kept: Sequence[PastEvent]) -> int:
    """Count the events, from the oldest, for which there is no room."""
    size = len(orjson.dumps([past.fields for past in kept]))
    beyond = 0
    while size > MAX_BYTES and beyond < len(kept) - 1:
        size -= len(orjson.dumps(kept[beyond].fields)) + 1
        beyond += 1
    return beyond


def _names(path: str) -> list[str]:
    return path.split(".") if path else []
