"""What `jobs/jvm/Batches.java` does around a batched function, without a JVM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from operators.batched import FOR_ALL, RECORD, TIMER, BatchedFunction, Entry
from tests.harness.keyed import BroadcastContext, RuntimeContext, Store

Row = tuple[str | None, ...]


class Batches:
    """Runs a function on batches; what it keeps is in the store.

    Args:
        function: a keyed function.
        store: what was kept until now.
        size: how many entries make a batch.
        read_ahead: names of the states that come with each entry.
    """

    def __init__(
        self,
        function: Any,  # as in `BatchedFunction`
        store: Store,
        size: int,
        read_ahead: Sequence[str] = (),
    ) -> None:
        self.store, self._size, self._read_ahead = store, size, read_ahead
        self._entries: list[Entry] = []
        self.rows: list[Row] = []
        """What was said."""
        self.selected: list[int] = []
        """Entries whose key was made the current one so that a state could be read."""
        self.entries_read: list[tuple[int, str]] = []
        """Entry and name for which a map was asked."""
        self._batched = BatchedFunction(
            function,
            read_ahead,
            RuntimeContext(store),
            self._select,
            self._read,
            BroadcastContext(store).get_broadcast_state,
        )
        self._names, self._map_names = self._batched.open()

    def record(self, key: str, value: Any) -> None:  # fields of a record
        """Take a record."""
        self._take(RECORD, key, value)

    def timer(self, key: str, at: int) -> None:
        """Take a timer that has fired."""
        self.store.timers.discard((at, key))
        self._take(TIMER, key, at)

    def for_all(self, value: Any) -> None:  # as above
        """Take a record that every subtask reads."""
        self._take(FOR_ALL, None, value)

    def work(self) -> None:
        """Let the function work on what was taken; keep, set and say what it answers."""
        self.store.key = None
        answers = self._batched.work(self.store.now, self._entries)
        for (_, key, _, _), answer in zip(self._entries, answers, strict=True):
            if answer is not None:
                texts, entries, instants, rows = answer
                self._keep(key, texts, entries, instants)
                self.rows += [rows[n : n + 3] for n in range(0, len(rows), 3)]
        self._entries = []

    def _take(self, kind: int, key: str | None, value: Any) -> None:  # as above
        ahead = [self.store.values[name].get(str(key)) for name in self._read_ahead]
        self._entries.append((kind, key, value, ahead))
        if len(self._entries) == self._size:
            self.work()

    def _select(self, number: int) -> None:
        self.selected.append(number)
        self.store.key = self._entries[number][1]

    def _read(self, number: int, map_number: int, name: str) -> str | None:
        self.entries_read.append((number, name))
        key = str(self._entries[number][1])
        return self.store.maps[self._map_names[map_number]][key].get(name)

    def _keep(
        self,
        key: str | None,
        texts: Sequence[Any],
        entries: Sequence[Any],
        instants: Sequence[int],
    ) -> None:
        assert key is not None or not (texts or entries or instants), "that belongs to no key"
        for number, name, text in zip(entries[::3], entries[1::3], entries[2::3], strict=True):
            kept = self.store.maps[self._map_names[number]][str(key)]
            kept.pop(name, None)
            if text is not None:
                kept[name] = text
        for number, text in zip(texts[::2], texts[1::2], strict=True):
            state = self.store.values[self._names[number]]
            state.pop(str(key), None)
            if text is not None:
                state[str(key)] = text
        for at in instants:
            if at < 0:
                self.store.timers.discard((-at, str(key)))
            else:
                self.store.timers.add((at, str(key)))
