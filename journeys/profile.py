"""A person's attributes and past: decoded when first read, changed by patches and events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from journeys.expressions.temporal import zone_named
from journeys.history import History, HistoryRead
from journeys.messages import JsonObject, JsonValue


def merge(target: JsonValue, patch: JsonValue) -> JsonValue:
    """Apply a JSON merge patch (RFC 7386): null removes, objects merge, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


class Profile:
    """The attributes and the history of one person.

    Each is read at most once, when it is first asked for, so that an event that needs none costs no
    decoding.
    """

    __slots__ = (
        "_attributes",
        "_history",
        "_read",
        "_read_history",
        "_was_known",
        "changed",
        "id",
        "recorded",
    )

    def __init__(
        self,
        profile_id: str,
        read: Callable[[], JsonObject],
        read_history: Callable[[], History] = History,
    ) -> None:
        self.id = profile_id
        self.changed = False
        """Whether the attributes are others than those that were read."""
        self.recorded = False
        """Whether the history is another than the one that was read."""
        self._read = read
        self._read_history = read_history
        self._attributes: JsonObject | None = None
        self._was_known = False
        self._history: History | None = None

    @property
    def attributes(self) -> JsonObject:
        """All attributes; empty for a person nobody has described."""
        if self._attributes is None:
            self._attributes = self._read()
        return self._attributes

    @property
    def turned(self) -> bool | None:
        """Whether there are attributes now where there were none, or none any more."""
        is_known = bool(self._attributes)
        return is_known if self.changed and is_known != self._was_known else None

    @property
    def zone(self) -> str | None:
        """The person's own time zone, if there is one of this name."""
        own = self.attributes.get("timeZone")
        return own if isinstance(own, str) and zone_named(own) is not None else None

    @property
    def history(self) -> History:
        """What the person did before, as far as it is kept."""
        if self._history is None:
            self._history = self._read_history()
        return self._history

    def record(
        self, event: str, at: int, payload: JsonObject, reads: Sequence[HistoryRead], now: int
    ) -> None:
        """Add an event to the history."""
        self.history.record(event, at, payload, reads, now)
        self.recorded = True

    def record_once(
        self, event: str, at: int, payload: JsonObject, reads: Sequence[HistoryRead], now: int
    ) -> None:
        """Add an event to the history, unless it is there."""
        self.recorded |= self.history.record_once(event, at, payload, reads, now)

    def expire(self, asked: Mapping[str, Sequence[HistoryRead]], now: int) -> Iterator[int]:
        """Forget events of the past that no expression can reach any more."""
        if self.history.events:
            self.recorded = True
            yield from self.history.expire(asked, now)

    def forget(self) -> None:
        """Erase the history."""
        self._history = History()
        self.recorded = True

    def apply(self, patch: JsonObject | None) -> None:
        """Merge a patch into the attributes; None erases them all."""
        if not self.changed:
            self._was_known = bool(self.attributes)
        merged = merge(self.attributes, patch) if patch is not None else {}
        self._attributes = merged if isinstance(merged, dict) else {}
        self.changed = True
