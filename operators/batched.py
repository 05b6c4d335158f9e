"""A keyed function that works on many records and timers at once.

The other half of `jobs/jvm/Batches.java`, which calls it. To the function it looks as if Flink gave
it one record after the other; what it stores, which timers it sets and what it says is answered
together. Each crossing into Java costs microseconds, and lets go of the interpreter for whoever
else waits for it: a batch crosses once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from operators.descriptors import Said

RECORD, TIMER, FOR_ALL = range(3)
"""What an entry of a batch is; as in `Batches.java`."""
Entry = tuple[int, str | None, Any, Sequence[str | None]]
"""Kind; key; fields of the record or instant of the timer; the states that are read ahead."""
Texts = tuple[int | str | None, ...]
Answer = tuple[Texts, Texts, tuple[int, ...], tuple[str | None, ...]]
"""Number of a state and its text, in turns; number of a map, name and text, in turns; instants of
timers, those that are set no more below zero; route, key and value of rows, in turns."""
Place = int | tuple[int, str]
"""Where a text of the present key lies: number of a state, or number of a map and name."""


class BatchedFunction:
    """A keyed function, its states and its timers, as far as a batch reaches.

    It is what the function gets as context, too. Call order: `open`, then `work` again and again.

    Args:
        function: a keyed function of PyFlink's.
        read_ahead: names of the states that come with each entry.
        runtime: the function's runtime context.
        select: makes the key of an entry, by its number, the current one of Flink.
        read: does so, and gives the text of a map, by the map's number, under a name.
        broadcast_state: gives a state that every subtask keeps whole.
    """

    def __init__(
        self,
        function: Any,  # noqa: ANN401  # PyFlink's functions have no common type
        read_ahead: Sequence[str],
        runtime: Any,  # noqa: ANN401  # PyFlink's, or the tests'
        select: Callable[[int], None],
        read: Callable[[int, int, str], str | None],
        broadcast_state: Callable[[MapStateDescriptor], Any],
    ) -> None:
        self._function, self._read_ahead = function, read_ahead
        self._runtime, self._select, self._read = runtime, select, read
        self.get_broadcast_state = broadcast_state
        self._names: list[str] = []
        self._map_names: list[str] = []
        self._now = 0
        self._key: str | None = None
        self._number = 0
        self._selected = -1
        """Number of the entry whose key is Flink's current one."""
        self.known: dict[Place, str | None] = {}
        """Texts of the present key, as far as they have been read or changed."""
        self.changed: dict[Place, str | None] = {}
        self._timers: list[int] = []

    # What Java calls.

    def open(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Open the function; give the names of its states, and of its maps, by their numbers."""
        self._function.open(_Runtime(self, self._runtime))
        self._ahead = [self._names.index(name) for name in self._read_ahead]
        return tuple(self._names), tuple(self._map_names)

    def close(self) -> None:
        """Close the function."""
        self._function.close()

    def work(self, now: int, entries: Sequence[Entry]) -> tuple[Answer | None, ...]:
        """Let the function take all entries, in their order."""
        self._now, self._selected = now, -1
        known: dict[str | None, dict[Place, str | None]] = {}
        dropped: set[tuple[str | None, int]] = set()
        answers: list[Answer | None] = []
        for number, (kind, key, value, ahead) in enumerate(entries):
            if kind == TIMER and (key, value) in dropped:
                answers.append(None)  # an entry before it has set it no more
                continue
            if key not in known:
                known[key] = dict(zip(self._ahead, ahead, strict=False))
            self._key, self._number, self.known = key, number, known[key]
            self.changed, self._timers = {}, []
            rows = self._taken(kind, value)
            for at in self._timers:
                if at < 0:
                    dropped.add((key, -at))
                else:
                    dropped.discard((key, at))
            answers.append(self._answer(rows))
        return tuple(answers)

    def _taken(self, kind: int, value: Any) -> list[str | None]:  # noqa: ANN401  # as above
        said: Iterable[Said] | None
        if kind == RECORD:
            said = self._function.process_element(value, self)
        elif kind == TIMER:
            said = self._function.on_timer(value, self)
        else:
            said = self._function.process_broadcast_element(value, self)
        return [text for row in said or () for text in row]

    def _answer(self, rows: list[str | None]) -> Answer | None:
        if not (rows or self.changed or self._timers):
            return None
        texts: list[int | str | None] = []
        entries: list[int | str | None] = []
        for place, text in self.changed.items():
            if isinstance(place, int):
                texts += (place, text)
            else:
                entries += (*place, text)
        return tuple(texts), tuple(entries), tuple(self._timers), tuple(rows)

    # What the function gets as its context, and as its timer service.

    def get_current_key(self) -> str | None:
        """Give the key of the present entry."""
        return self._key

    def timer_service(self) -> BatchedFunction:
        """Give what sets timers."""
        return self

    def current_processing_time(self) -> int:
        """Give the instant at which the batch began, in milliseconds."""
        return self._now

    def register_processing_time_timer(self, timestamp: int) -> None:
        """Set a timer of the present key."""
        self._timers.append(timestamp)

    def delete_processing_time_timer(self, timestamp: int) -> None:
        """Set a timer of the present key no more."""
        self._timers.append(-timestamp)

    # What states need.

    def numbered(self, name: str) -> int:
        """Give a number to a state."""
        self._names.append(name)
        return len(self._names) - 1

    def map_numbered(self, name: str) -> int:
        """Give a number to a map."""
        self._map_names.append(name)
        return len(self._map_names) - 1

    def select(self) -> None:
        """Make the present key Flink's current one, before a state is read that is not known."""
        if self._selected != self._number:
            self._selected = self._number
            self._select(self._number)

    def read(self, number: int, name: str) -> str | None:
        """Give the text of a map under a name, which is not known."""
        self._selected = self._number
        return self._read(self._number, number, name)

    def keep(self, place: Place, text: str | None) -> None:
        """Keep a text, or None where nothing is kept any more."""
        self.known[place] = self.changed[place] = text


class _Runtime:
    """A runtime context whose states are those of a batch."""

    def __init__(self, batched: BatchedFunction, given: Any) -> None:  # noqa: ANN401  # as above
        self._batched, self._given = batched, given

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever else it has
        return getattr(self._given, name)

    def get_state(self, descriptor: ValueStateDescriptor) -> _Value:
        return _Value(self._batched, descriptor.get_name(), self._given.get_state(descriptor))

    def get_map_state(self, descriptor: MapStateDescriptor) -> _Map:
        return _Map(self._batched, descriptor.get_name(), self._given.get_map_state(descriptor))


class _Value:
    """A text of each key: read once, stored when the batch is answered."""

    def __init__(self, batched: BatchedFunction, name: str, state: Any) -> None:  # noqa: ANN401  # PyFlink's
        self._batched, self._number, self._state = batched, batched.numbered(name), state

    def value(self) -> str | None:
        known = self._batched.known
        if self._number not in known:
            self._batched.select()
            known[self._number] = self._state.value()
        return known[self._number]

    def update(self, text: str | None) -> None:
        self._batched.keep(self._number, text)

    def clear(self) -> None:
        self.update(None)


class _Map:
    """Texts of each key by name: each read once, stored when the batch is answered."""

    def __init__(self, batched: BatchedFunction, name: str, state: Any) -> None:  # noqa: ANN401  # PyFlink's
        self._batched, self._number, self._state = batched, batched.map_numbered(name), state

    def get(self, name: str) -> str | None:
        known, place = self._batched.known, (self._number, name)
        if place not in known:
            known[place] = self._batched.read(self._number, name)
        return known[place]

    def contains(self, name: str) -> bool:
        return self.get(name) is not None

    def put(self, name: str, text: str) -> None:
        self._batched.keep((self._number, name), text)

    def remove(self, name: str) -> None:
        self._batched.keep((self._number, name), None)

    def items(self) -> Iterator[tuple[str, str]]:
        """Give what was kept before the batch, as it has become since."""
        self._batched.select()
        known = self._batched.known.items()
        since = {
            at[1]: text for at, text in known if not isinstance(at, int) and at[0] == self._number
        }
        for name, text in self._state.items():
            now = since.pop(name, text)
            if now is not None:
                yield name, now
        for name, new in since.items():
            if new is not None:
                yield name, new

    def clear(self) -> None:
        for name in dict(self.items()):
            self.remove(name)
