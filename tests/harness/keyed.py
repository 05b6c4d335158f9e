"""Keyed Flink functions without a JVM.

State, broadcast state and timers are kept as the cluster keeps them: texts only, written and read
again at each use, one timer per key and instant. Time passes when a test says so. With `restart`,
each call meets a new function that has nothing but the stored state, so that a value which lives
only in memory is missed at once.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pyflink.common import Row
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from journeys import codec
from journeys.clock import parse_duration, parse_instant
from journeys.control import ControlCommand, dump_command, key_of, publish_message
from journeys.messages import ActionResult, JsonObject, JsonValue
from journeys.plan import Plan
from operators.descriptors import PLANS, Route, Said
from operators.journey_function import JourneyFunction

START = parse_instant("2026-03-01T08:00:00Z")


class Store:
    """Everything a cluster keeps of one operator: it outlives the function."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, str]] = defaultdict(dict)
        """State name to key to text."""
        self.maps: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
        """State name to key to map."""
        self.broadcast: dict[str, dict[str, str]] = defaultdict(dict)
        self.timers: set[tuple[int, str]] = set()
        self.now = START
        self.failures = 0
        """How often the job has begun again after a failure."""
        self.key: str | None = None
        self.measures: dict[str, int] = {}
        """What Flink was told for its metrics."""

    @property
    def current_key(self) -> str:
        assert self.key is not None, "no key is current: keyed state belongs to a key"
        return self.key

    @property
    def keys(self) -> set[str]:
        """Keys under which anything is stored."""
        kept: list[Mapping[str, object]] = [*self.values.values(), *self.maps.values()]
        return {key for state in kept for key, value in state.items() if value}


def _stored(value: object) -> str:
    assert type(value) is str, f"only texts are stored, not {type(value).__name__}"
    return value.encode().decode()


class ValueHandle:
    def __init__(self, store: Store, name: str) -> None:
        self._store, self._name = store, name

    def value(self) -> str | None:
        return self._store.values[self._name].get(self._store.current_key)

    def update(self, value: str) -> None:
        self._store.values[self._name][self._store.current_key] = _stored(value)

    def clear(self) -> None:
        self._store.values[self._name].pop(self._store.current_key, None)


class MapHandle:
    def __init__(self, entries: Callable[[], dict[str, str]]) -> None:
        self._entries = entries

    def get(self, name: str) -> str | None:
        return self._entries().get(name)

    def put(self, name: str, value: str) -> None:
        self._entries()[_stored(name)] = _stored(value)

    def contains(self, name: str) -> bool:
        return name in self._entries()

    def remove(self, name: str) -> None:
        self._entries().pop(name, None)

    def clear(self) -> None:
        self._entries().clear()

    def items(self) -> Iterator[tuple[str, str]]:
        return iter(dict(self._entries()).items())


class _Task:
    def getTaskInfo(self) -> _Task:  # noqa: N802  # the name in Java
        return self

    def __init__(self, attempt: int) -> None:
        self._attempt = attempt

    def getAttemptNumber(self) -> int:  # noqa: N802  # the name in Java
        return self._attempt

    def getIndexOfThisSubtask(self) -> int:  # noqa: N802  # the name in Java
        return 0


class MetricGroup:
    """Numbers that Flink was told, by name and label."""

    def __init__(self, told: dict[str, int], name: str = "") -> None:
        self._told, self._name = told, name

    def add_group(self, name: str, label: str | None = None) -> MetricGroup:
        shown = name if label is None else f"{name}={label}"
        return MetricGroup(self._told, f"{self._name}{shown}.")

    def counter(self, name: str) -> MetricGroup:
        return MetricGroup(self._told, self._name + name)

    distribution = counter

    def inc(self, by: int) -> None:
        self.update(self._told.get(self._name, 0) + by)

    def update(self, value: int) -> None:
        self._told[self._name] = value


class RuntimeContext:
    """What `open` gets."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._runtime_context = _Task(store.failures)

    def get_state(self, descriptor: ValueStateDescriptor) -> ValueHandle:
        return ValueHandle(self._store, descriptor.name)

    def get_metrics_group(self) -> MetricGroup:
        return MetricGroup(self._store.measures)

    def get_map_state(self, descriptor: MapStateDescriptor) -> MapHandle:
        state = self._store.maps[descriptor.name]
        return MapHandle(lambda: state[self._store.current_key])


class BroadcastContext:
    """What a call for everybody gets: broadcast state. In thread mode it knows no time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get_broadcast_state(self, descriptor: MapStateDescriptor) -> MapHandle:
        entries = self._store.broadcast[descriptor.name]
        return MapHandle(lambda: entries)


class Context(BroadcastContext):
    """What a call for one key gets besides: key and timers."""

    def get_current_key(self) -> str:
        return self._store.current_key

    def timer_service(self) -> Context:
        return self

    def current_processing_time(self) -> int:
        return self._store.now

    def register_processing_time_timer(self, timestamp: int) -> None:
        assert type(timestamp) is int
        self._store.timers.add((timestamp, self._store.current_key))

    def delete_processing_time_timer(self, timestamp: int) -> None:
        self._store.timers.discard((timestamp, self._store.current_key))


class KeyedHarness:
    """Runs one keyed function; `build` makes it as a task of the cluster would."""

    def __init__(
        self, build: Callable[[], Any], *, restart: bool = False, store: Store | None = None
    ) -> None:
        self.store = store or Store()
        self._build = build
        self._restart = restart
        self._function: Any = None
        self.rows: list[Said] = []

    @property
    def function(self) -> Any:
        """The function of the moment, opened."""
        if self._restart or self._function is None:
            self.stop()
            self._function = self._build()
            self._function.open(RuntimeContext(self.store))
        return self._function

    def stop(self) -> None:
        """End the function as a failure or a savepoint does: only the store is left."""
        if self._function is not None:
            self._function.close()
            self._function = None

    def element(self, key: str, value: Row) -> list[Said]:
        """Give the function a record of a key."""
        self.store.key = key
        return self._take(self.function.process_element(value, Context(self.store)))

    def broadcast(self, value: Row) -> list[Said]:
        """Give the function a record of the broadcast side, which belongs to no key."""
        self.store.key = None
        return self._take(
            self.function.process_broadcast_element(value, BroadcastContext(self.store))
        )

    def fire(self, until: int) -> list[Said]:
        """Let time pass until an instant, each timer at its own."""
        rows: list[Said] = []
        while self.store.timers and min(self.store.timers)[0] <= until:
            timestamp, key = min(self.store.timers)
            self.store.timers.discard((timestamp, key))
            self.store.now = max(self.store.now, timestamp)
            self.store.key = key
            rows += self._take(self.function.on_timer(timestamp, Context(self.store)))
        self.store.now = max(self.store.now, until)
        return rows

    def advance(self, duration: str) -> list[Said]:
        """Let time pass."""
        return self.fire(self.store.now + parse_duration(duration))

    def assert_clean(self) -> None:
        """Fail if a timer or any state is left."""
        assert not self.store.timers, f"timers are left: {sorted(self.store.timers)}"
        assert not self.store.keys, f"state is left under {sorted(self.store.keys)}"

    def _take(self, rows: Iterable[Said] | None) -> list[Said]:
        taken = list(rows or ())
        self.rows += taken
        return taken


class JourneyHarness(KeyedHarness):
    """Drives the journey operator with records as `jobs.topology` makes them."""

    def __init__(self, *plans: Plan, restart: bool = True, rows_until: int = 0) -> None:
        said = [(n, dump_command(publish_message(plan)).decode()) for n, plan in enumerate(plans)]
        super().__init__(lambda: JourneyFunction(said, rows_until=rows_until), restart=restart)
        self._offset = len(said)

    def send(self, source: str, key: str | None, value: bytes | None) -> list[Said]:
        """Send the bytes of a record."""
        return self.element(str(key), self.row(source, key, value))

    def row(self, source: str, key: str | None, value: bytes | None) -> Row:
        """Make the row that the JVM makes of a record: one character per byte."""
        self._offset += 1
        text = None if value is None else value.decode("latin-1")
        size = len(value or b"")
        return Row(source, f"j.{source}", 0, self._offset, self.store.now, key, text, size)

    def event(self, key: str, event_type: str, **payload: JsonValue) -> list[Said]:
        """Send an event of a person."""
        return self.send("events", key, json.dumps({"eventType": event_type, **payload}).encode())

    def profile(self, key: str, patch: JsonObject | None) -> list[Said]:
        """Send new attributes of a person, or erase them."""
        return self.send("profiles", key, None if patch is None else json.dumps(patch).encode())

    def result(self, result: ActionResult) -> list[Said]:
        """Send the end of an action."""
        return self.send("results", result.profile_id, codec.dump_result(result).encode())

    def control(self, plan: Plan) -> list[Said]:
        """Publish a plan."""
        return self.say(publish_message(plan))

    def say(self, command: ControlCommand) -> list[Said]:
        """Say something on the control topic."""
        return self.broadcast(self.row("control", key_of(command), dump_command(command)))

    def table_row(self, key: str, row: JsonObject | None) -> list[Said]:
        """Say what a row of a table is, or that it is no more."""
        value = None if row is None else json.dumps(row).encode()
        return self.broadcast(self.row("tables", key, value))

    @property
    def published(self) -> list[str]:
        """Which plans are stored."""
        return sorted(self.store.broadcast[PLANS.name])


def routed(rows: Iterable[Said], route: Route) -> list[Any]:
    """Give the values of the rows on a route, read from JSON."""
    return [json.loads(row[2]) for row in rows if row[0] == route.value]


def words(rows: Iterable[Said]) -> list[str]:
    """Write step events in a few words: `step outcome`."""
    return [f"{e['step_id']} {e['outcome']}" for e in routed(rows, Route.STEP_EVENT)]
