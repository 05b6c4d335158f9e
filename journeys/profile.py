"""A person's attributes and past: decoded when first read, changed by patches and events."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from journeys.attributes import Attributes
from journeys.expressions.temporal import zone_named
from journeys.history import History, HistoryRead
from journeys.messages import JsonObject


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
        "computed",
        "id",
        "recorded",
    )

    def __init__(
        self,
        profile_id: str,
        read: Callable[[], Attributes] = Attributes,
        read_history: Callable[[], History] = History,
    ) -> None:
        self.id = profile_id
        self.changed = False
        """Whether the attributes are others than those that were read."""
        self.recorded = False
        """Whether the history is another than the one that was read."""
        self._read = read
        self._read_history = read_history
        self._attributes: Attributes | None = None
        self._was_known = False
        self._history: History | None = None
        self.computed: dict[Hashable, Any] = {}
        """What was computed from attributes and history, for as long as they stay as they are."""

    @property
    def attributes(self) -> JsonObject:
        """All attributes; empty for a person nobody has described."""
        return self.kept.values

    @property
    def kept(self) -> Attributes:
        """The attributes with their times, as they are stored."""
        if self._attributes is None:
            self._attributes = self._read()
        return self._attributes

    @property
    def was_known(self) -> bool:
        """Whether there were attributes before anything changed."""
        return self._was_known if self.changed else bool(self.attributes)

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
        self.computed.clear()

    def record_once(
        self, event: str, at: int, payload: JsonObject, reads: Sequence[HistoryRead], now: int
    ) -> None:
        """Add an event to the history, unless it is there."""
        self.recorded |= self.history.record_once(event, at, payload, reads, now)

    def expire(self, asked: Mapping[str, Sequence[HistoryRead]], now: int) -> Iterator[int]:
        """Forget events of the past that no expression can reach any more."""
        if self.history.events:
            self.recorded = True
            self.computed.clear()
            yield from self.history.expire(asked, now)

    def forget(self) -> None:
        """Erase the history."""
        self._history = History()
        self.recorded = True
        self.computed.clear()

    def apply(self, patch: JsonObject, at: int, *, timed: bool = False) -> None:
        """Merge a patch into the attributes.

        Args:
            patch: what is so.
            at: since when, in milliseconds.
            timed: whether what is known to be so since a later instant stays; otherwise the patch
                counts because it comes last.
        """
        self._become(self.kept.merged(patch, at) if timed else self.kept.overridden(patch, at))

    def join(self, attributes: Attributes, past: History) -> None:
        """Take in what was kept of the same person apart: attributes leaf by leaf, and the past."""
        self._become(self.kept.joined(attributes))
        if past.events:
            self.history.join(past)
            self.recorded = True

    def erase(self) -> None:
        """Erase the attributes, and since when they were so."""
        self._become(Attributes())

    def _become(self, attributes: Attributes) -> None:
        if attributes is self.kept:
            return
        if not self.changed:
            self._was_known = bool(self.attributes)
        self._attributes = attributes
        self.changed = True
        self.computed.clear()
