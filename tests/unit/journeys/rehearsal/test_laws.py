"""Each law says in a sentence how it is broken."""

from __future__ import annotations

from journeys.command import Report, RequestAction
from journeys.rehearsal.laws import broken_laws
from journeys.simulator import Simulator
from journeys.state import PendingEvent, Waiting
from tests.harness.person import START
from tests.harness.plans import RICH, plan_of


def walked() -> Simulator:
    simulator = Simulator([plan_of(RICH)], START)
    payload = {"eventType": "account.signup", "total": 200, "cart": "c"}
    simulator.event("ann", "account.signup", payload)  # type: ignore[arg-type]  # JSON
    return simulator


def test_an_honest_run_breaks_none() -> None:
    assert list(broken_laws(walked())) == []


def test_what_is_reported_or_asked_twice_is_named() -> None:
    simulator = walked()
    trace = simulator.trace("ann")
    trace += [h for h in trace if isinstance(h.what, RequestAction)]
    (fault,) = broken_laws(simulator)
    assert fault.startswith("the request ")
    trace += [h for h in trace if isinstance(h.what, Report)][-1:]
    assert sum(said.startswith("the step event ") for said in broken_laws(simulator)) == 1


def test_a_ledger_that_is_out_is_named() -> None:
    simulator = walked()
    simulator.state("ann").instances.clear()
    assert list(broken_laws(simulator)) == [
        "the ledger of 'rich' is out: 1 entered, 0 inside, 0 left"
    ]


def test_people_whom_nothing_can_move_are_named() -> None:
    simulator = walked()
    (instance,) = simulator.state("ann").instances
    expected = {
        "and waits for nothing": None,
        "and its timer has not fired": Waiting(due=START),
        "and nothing can come that it waits for": Waiting(request="unheard"),
    }
    for said, waiting in expected.items():
        instance.waiting = waiting
        assert list(broken_laws(simulator)) == [f"someone stands at step 'race' of 'rich' {said}"]
    instance.waiting = Waiting(events=["purchase"])
    assert list(broken_laws(simulator)) == []
    instance.pending.append(PendingEvent(["purchase"], {}, "e", "events/0/1", "commerce.purchases"))
    (fault,) = broken_laws(simulator)
    assert fault.endswith("was not offered what came while it was busy")
