"""A keyed function that works on many records and timers at once.

The other half of `jobs/jvm/Batches.java`, which calls it. To the function it looks as if Flink gave
it one record after the other; what it stores, which timers it sets and what it says is answered
together. Each crossing into Java costs microseconds, and lets go of the interpreter for whoever
else waits for it: a batch crosses once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from operators.descriptors import Said

RECORD, TIMER, FOR_ALL = range(3)
"""What an entry of a batch is; as in `Batches.java`."""
Entry = tuple[int, str | None, Any, Sequence[str | None]]
"""Kind; key; fields of the record or instant of the timer; the states that are read ahead."""
Answer = tuple[tuple[int | str | None, ...], tuple[int, ...], tuple[str | None, ...]]
"""Number of a state and its text, in turns; instants of timers, those that are set no more below
zero; route, key and value of rows, in turns."""


class BatchedFunction:
    """A keyed function, its states and its timers, as far as a batch reaches.

    It is what the function gets as context, too. Call order: `open`, then `work` again and again.

    Args:
        function: a keyed function of PyFlink's.
        read_ahead: names of the states that come with each entry.
        runtime: the function's runtime context.
        select: makes the key of an entry, by its number, the current one of Flink.
        broadcast_state: gives a state that every subtask keeps whole.
    """

    def __init__(
        self,
        function: Any,  # noqa: ANN401  # PyFlink's functions have no common type
        read_ahead: Sequence[str],
        runtime: Any,  # noqa: ANN401  # PyFlink's, or the tests'
        select: Callable[[int], None],
        broadcast_state: Callable[[MapStateDescriptor], Any],
    ) -> None:
        self._function, self._read_ahead = function, read_ahead
        self._runtime, self._select = runtime, select
        self.get_broadcast_state = broadcast_state
        self._names: list[str] = []
        self._now = 0
        self._key: str | None = None
        self._number = 0
        self._selected = -1
        """Number of the entry whose key is Flink's current one."""
        self.known: dict[int, str | None] = {}
        """Texts of states of the present key, as far as they have been read or changed."""
        self.changed: dict[int, str | None] = {}
        self._timers: list[int] = []

    # What Java calls.

    def open(self) -> tuple[str, ...]:
        """Open the function; give the names of its states, whose places are their numbers."""
        self._function.open(_Runtime(self, self._runtime))
        self._ahead = [self._names.index(name) for name in self._read_ahead]
        return tuple(self._names)

    def close(self) -> None:
        """Close the function."""
        self._function.close()

    def work(self, now: int, entries: Sequence[Entry]) -> tuple[Answer | None, ...]:
        """Let the function take all entries, in their order."""
        self._now, self._selected = now, -1
        known: dict[str | None, dict[int, str | None]] = {}
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
        texts = [each for change in self.changed.items() for each in change]
        return tuple(texts), tuple(self._timers), tuple(rows)

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

    def select(self) -> None:
        """Make the present key Flink's current one, before a state is read that is not known."""
        if self._selected != self._number:
            self._selected = self._number
            self._select(self._number)


class _Runtime:
    """A runtime context whose states are those of a batch."""

    def __init__(self, batched: BatchedFunction, given: Any) -> None:  # noqa: ANN401  # as above
        self._batched, self._given = batched, given

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever else it has
        return getattr(self._given, name)

    def get_state(self, descriptor: ValueStateDescriptor) -> _Value:
        return _Value(self._batched, descriptor.get_name(), self._given.get_state(descriptor))

    def get_map_state(self, descriptor: MapStateDescriptor) -> _Map:
        return _Map(self._batched, self._given.get_map_state(descriptor))


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
        self._batched.known[self._number] = self._batched.changed[self._number] = text

    def clear(self) -> None:
        self.update(None)


class _Map:
    """Texts of each key by name: read and stored at once."""

    def __init__(self, batched: BatchedFunction, state: Any) -> None:  # noqa: ANN401  # PyFlink's
        self._batched, self._state = batched, state

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # the methods of a map state
        self._batched.select()
        return getattr(self._state, name)
