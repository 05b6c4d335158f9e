"""The stage of the simulator: a row in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from connectors.answers import Answering, load_answers
from jobs.folder import read_folder
from journeys import codec
from journeys.channels.webhook import WebhookCall
from journeys.clock import format_instant
from journeys.command import Report
from journeys.compiler import compile_project
from journeys.messages import ActionRequest, ActionStatus, JsonObject
from journeys.outcomes import Reason
from journeys.plan import Plan
from journeys.project import read_project
from journeys.records import (
    DeadLetter,
    Record,
    read_event,
    read_feedback,
    read_profile,
)
from journeys.simulator import Answer, Answers, Simulator
from tests.e2e.acts import Row

HERE = Path(__file__).parent
CAPABILITIES = HERE / "capabilities"
LATER = HERE / "later"
SOON_S = 10
"""Seconds after the beginning of the play at which what is published meanwhile comes to pass."""
AFTERWARDS_S = 10.0
"""Virtual time after the last act: longer than any wait of seconds."""
PATIENCE_S = 40.0
SAID = "no"
"""The words of a provider that does not do what it is asked for; they are not compared."""

Told = Mapping[str, Sequence[JsonObject]]
"""Person to their step events in order."""


def compiled_plans() -> list[Plan]:
    """Give what the job begins with."""
    compilation = read_folder(CAPABILITIES).compilation
    compilation.raise_errors()
    return list(compilation.plans.values())


def later_plan(file: str, begun: int) -> Plan:
    """Compile a journey that is published while the job runs; it may name what is soon."""
    soon = format_instant(begun + SOON_S * 1000)
    environment = {"SOON": soon, "SOON_CLOCK": soon[11:19]}
    name = f"{file}.yaml"
    compilation = compile_project(read_project({name: (LATER / name).read_text()}, environment))
    compilation.raise_errors()
    (plan,) = compilation.plans.values()
    return plan


def later_plans(begun: int) -> list[Plan]:
    """Give everything that is published while the job runs."""
    return [later_plan(file.stem, begun) for file in sorted(LATER.glob("*.yaml"))]


@dataclass(slots=True)
class SimulatedStage:
    """A row in virtual time: records are read as the job reads them, by the simulator's people."""

    row: Row
    begun: int
    simulator: Simulator

    @classmethod
    def play(cls, row: Row, plans: Iterable[Plan], begun: int) -> Told:
        """Play a row, and tell what came of it."""
        answers = world(load_answers(CAPABILITIES / "answers.json"))
        stage = cls(row, begun, Simulator(plans, begun, answers, stored=True))
        for act in row.acts:
            act.on(stage)
        stage.let_pass(AFTERWARDS_S)
        return {who: stage.told(who) for who in row.people}

    def write(self, topic: str, who: str, value: JsonObject | None) -> None:
        person, simulator = name_of(self.row, who), self.simulator
        record = self._record(topic, person, None if value is None else orjson.dumps(value))
        match topic:
            case "events":
                read = read_event(record, simulator.plans)
            case "profiles":
                read = read_profile(record)
            case _:
                read = read_feedback(record)
        assert not isinstance(read, DeadLetter), read.detail
        simulator.activate(person, read)

    def publish(self, file: str) -> None:
        self.simulator.plans.publish(later_plan(file, self.begun))

    def told(self, who: str) -> list[JsonObject]:
        trace = self.simulator.trace(name_of(self.row, who))
        reports = (h.what.step_event for h in trace if isinstance(h.what, Report))
        return [orjson.loads(codec.dump_step_event(report)) for report in reports]

    def until(self, holds: Callable[[], bool], what: str) -> None:
        last = self.simulator.now + int(PATIENCE_S * 1000)
        while not holds():
            due = self.simulator.due or last
            assert due < last, f"never: {what}"
            self.simulator.run_until(due)

    def let_pass(self, seconds: float) -> None:
        self.simulator.advance(int(seconds * 1000))

    def _record(self, topic: str, key: str, value: bytes | None) -> Record:
        place = self.simulator.place(topic)
        offset = int(place.rpartition("/")[2])
        return Record(topic, 0, offset, self.simulator.now, key, value, len(value or b""))


def name_of(row: Row, who: str) -> str:
    """Name a person of a row; nobody plays in two."""
    return f"{row.id}-{who}"


def world(answering: Answering) -> Answers:
    """Answer requests as the local receivers answer the calls that channels make of them."""

    def answer(request: ActionRequest) -> Answer:
        match request.channel:
            case "email":
                return Answer(code="smtp_250")
            case "webhook":
                return called(request)
            case "cap":
                return Answer()
            case _:
                return served(request, {"path": _SERVICES[request.channel]})

    def called(request: ActionRequest) -> Answer:
        call = WebhookCall.from_json(request.message)
        host, _, path = call.url.partition("//")[2].partition("/")
        if not host.startswith("127.0.0.1"):
            denied = ActionStatus.NOT_SENT, "egress_denied", Reason.EGRESS_DENIED
            return Answer(*denied, detail=SAID)
        return served(request, {"path": f"/{path}", "query": dict(call.query), "body": call.body})

    def served(request: ActionRequest, call: JsonObject) -> Answer:
        given = answering(call)
        if given.delay_ms > request.timeout_ms:
            late = request.timeout_ms
            return Answer(ActionStatus.TIMEOUT, "timedout", detail=SAID, after_ms=late)
        result = {"code": f"http_{given.status}", "response": given.body}
        if given.status >= 400:
            return Answer(ActionStatus.ERROR, detail=SAID, **result)
        return Answer(**result, after_ms=given.delay_ms)

    return answer


_SERVICES = {
    "sms": "/2010-04-01/Accounts/AC1/Messages.json",
    "push": "/v1/projects/probe/messages:send",
}
"""Where the services of the settings take messages."""
