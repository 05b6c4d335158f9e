"""Numbers of one operator instance for Flink's metrics, told once a second and not for each record.

Each telling crosses from Python into Java; counting does not. What an endpoint's numbers are is
told under its name, as a label.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pyflink.datastream.functions import RuntimeContext

GROUP = "journeys"
"""Stands before the name of each."""
TELL_MS = 1_000
ENDPOINT = "endpoint"
"""Label of the numbers of an endpoint."""


class Measures:
    """Counts, and how much there is of something now.

    Call order: `count` and `set` at any time, then `tell`, which tells at most once a second.
    """

    def __init__(self, runtime_context: RuntimeContext) -> None:
        self._group = runtime_context.get_metrics_group().add_group(GROUP)
        self._told: dict[tuple[str, str], Any] = {}
        self._counts: Counter[str] = Counter()
        self._levels: dict[tuple[str, str], int] = {}
        self._due = 0

    def count(self, name: str, by: int = 1) -> None:
        """Add to a number that only grows."""
        self._counts[name] += by

    def set(self, name: str, value: int, endpoint: str = "") -> None:
        """Say how much there is of something now."""
        self._levels[name, endpoint] = value

    def is_due(self, now: int) -> bool:
        """Say whether it is time to tell."""
        return now >= self._due

    def tell(self, now: int) -> None:
        """Tell Flink what has changed."""
        self._due = now + TELL_MS
        for name, by in self._counts.items():
            counter = self._told.get((name, ""))
            if counter is None:
                counter = self._told[name, ""] = self._group.counter(name)
            counter.inc(by)
        for place, value in self._levels.items():
            level = self._told.get(place)
            if level is None:
                level = self._told[place] = self._level(*place)
            level.update(value)
        self._counts.clear()
        self._levels.clear()

    def _level(self, name: str, endpoint: str) -> Any:  # noqa: ANN401  # PyFlink gives it no type of its own
        # A gauge would be asked by a thread of Java's, where no Python may run; this one keeps in
        # Java what it was told last.
        group = self._group.add_group(ENDPOINT, endpoint) if endpoint else self._group
        return group.distribution(name)
