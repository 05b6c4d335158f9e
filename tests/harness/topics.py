"""The topics of a platform without a broker: records go in, and step events and letters come out.

The records are read as the job reads them, and the people walk in the simulator.
"""

from __future__ import annotations

import json
from dataclasses import replace

from journeys.activation import ProfileChanged
from journeys.clock import parse_duration
from journeys.command import Report
from journeys.control import ControlCommand
from journeys.datasets import KeptOut
from journeys.diagnosis import Diagnosis, Evidence, diagnose
from journeys.inquiry import Inquiry, LiveState
from journeys.letters import Letter, names, read_letter
from journeys.live_state import live_state
from journeys.messages import JsonObject, JsonValue
from journeys.plan import Plan
from journeys.profile import Profile
from journeys.records import DeadLetter, Record, read_event
from journeys.simulator import Answers, Simulator, succeed
from journeys.step_event import StepEvent
from tests.harness.person import START


class Topics:
    def __init__(self, *plans: Plan, answers: Answers | None = succeed) -> None:
        self.simulator = Simulator(plans, START, answers=answers, stored=True)
        self.records: list[Record] = []
        self.letters: list[Letter] = []
        self.since: dict[tuple[str, int], int] = {}

    # What happens.

    def event(self, key: str | None, kind: str, **payload: JsonValue) -> None:
        """Let a producer send an event."""
        self.send(key, json.dumps({"eventType": kind, **payload}).encode())

    def send(self, key: str | None, value: bytes, *, taken: bool = True) -> None:
        """Put a record on the topic of events, and let the job take it."""
        offset = len(self.records)
        record = Record("j.events", 0, offset, self.simulator.now, key, value, len(value))
        self.records.append(record)
        if not taken:
            return
        read = read_event(record, self.simulator.plans)
        if isinstance(read, DeadLetter):
            self.letters.append(read_letter(read.to_text().encode()))
        elif not isinstance(read, KeptOut):
            self.simulator.activate(str(key), read)

    def describe(self, person: str, **attributes: JsonValue) -> None:
        """Let attributes of a person become known."""
        change = ProfileChanged(dict(attributes), self.simulator.place("profiles"))
        self.simulator.activate(person, change)

    def say(self, command: ControlCommand) -> None:
        """Say something of a journey."""
        self.simulator.say(command)

    def passes(self, duration: str) -> None:
        """Let time pass."""
        self.simulator.advance(parse_duration(duration))

    # What is known.

    def step_events(self, person: str) -> list[StepEvent]:
        told = (happening.what for happening in self.simulator.trace(person))
        return [what.step_event for what in told if isinstance(what, Report)]

    def live(self, person: str, journey: str, payload: JsonObject | None = None) -> LiveState:
        """Ask about a person as `journeys why` does."""
        known = self.simulator.people.get(person)
        profile = Profile(person)
        if known is not None:
            profile = Profile(person, lambda: known.attributes, lambda: known.history)
        inquiry = Inquiry("q", journey=journey, payload=payload or {})
        state = self.simulator.state(person)
        return live_state(self.simulator.plans, state, profile, inquiry, self.simulator.now)

    def why(self, person: str, journey: str, *, live: bool = True) -> Diagnosis:
        """Ask why a person entered, or did not."""
        evidence = Evidence(
            self.simulator.plans,
            self.simulator.now,
            self.step_events(person),
            [one for one in self.letters if person == one.key or names(one.payload, person)],
            [one for one in self.records if person == one.key or _is_named(one, person)],
            self.since,
        )
        found = diagnose(person, journey, evidence)
        if not live:
            return found
        payload = found.latest.payload if found.latest else None
        known = self.live(person, journey, payload)
        return diagnose(person, journey, replace(evidence, live=known))


def _is_named(record: Record, person: str) -> bool:
    return person.encode() in (record.value or b"")
