"""A plan: one journey version, compiled, complete in itself and never changed. And all of them.

A plan carries its own copies of the events and actions it uses, so that people inside a version
keep the texts and rules they began with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from journeys.activity import Step
from journeys.definitions import ActionDefinition, Conversions, EventDefinition


@dataclass(frozen=True)
class Entry:
    """Who begins a walk."""

    event: str
    reentry_allowed: bool
    reentry_after_ms: int
    when: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Plan:
    """One journey version."""

    journey: str
    version: int
    namespace: str
    timezone: str
    entry: Entry
    first: str
    """Id of the step that a walk begins with."""
    steps: Mapping[str, Step]
    events: Mapping[str, EventDefinition]
    actions: Mapping[str, ActionDefinition]
    conversions: Mapping[str, Conversions] = field(default_factory=dict, kw_only=True)
    """Expression to the dates and durations that it reads; most read none."""
    label: str | None = field(default=None, kw_only=True)

    @property
    def event_types(self) -> set[str | None]:
        """All event types this plan listens to; None means every type."""
        return {event.event_type for event in self.events.values()}


class Plans:
    """All plans the job knows: of each journey the live one, and those people are still inside of.

    Call order: `publish` for each plan as it comes; reading in between as one likes.
    """

    def __init__(self, plans: Iterable[Plan] = ()) -> None:
        self._versions: dict[tuple[str, int], Plan] = {}
        self._live: dict[str, Plan] = {}
        self._listeners: dict[str | None, list[tuple[Plan, EventDefinition]]] = {}
        for plan in plans:
            self.publish(plan)

    def publish(self, plan: Plan) -> None:
        """Take a plan: the highest version of a journey is the live one."""
        self._versions[plan.journey, plan.version] = plan
        live = self._live.get(plan.journey)
        if live is None or plan.version >= live.version:
            self._live[plan.journey] = plan
        self._listeners = self._index()

    def _index(self) -> dict[str | None, list[tuple[Plan, EventDefinition]]]:
        """Sort what is listened for by event type, so that an event meets only what may want it."""
        listeners = defaultdict(list)
        for plan in self._versions.values():
            for event in plan.events.values():
                listeners[event.event_type].append((plan, event))
        return dict(listeners)

    def find(self, journey: str, version: int) -> Plan | None:
        """Give one version of a journey, if the job knows it."""
        return self._versions.get((journey, version))

    def listening(self, event_type: str) -> list[tuple[Plan, EventDefinition]]:
        """Give every event definition that may match a record of this type."""
        return [*self._listeners.get(event_type, ()), *self._listeners.get(None, ())]

    def is_live(self, plan: Plan) -> bool:
        """Say whether people enter this version."""
        return self._live.get(plan.journey) is plan

    @property
    def live(self) -> Mapping[str, Plan]:
        """Of each journey the version that people enter."""
        return self._live

    def __iter__(self) -> Iterator[Plan]:
        return iter(self._versions.values())
