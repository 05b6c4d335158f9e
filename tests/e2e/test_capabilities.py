"""The simulator is right: every row of the table is played by it and by the running job.

All rows are played at once in one job, by people of their own. Their step events must be the same,
one for one and in order, but for what `tests.e2e.trace` leaves out.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from connectors.kafka.client import Writer, read_topic
from journeys.clock import parse_instant
from journeys.plans import Plans
from tests.e2e.acts import Row
from tests.e2e.plans import CAPABILITIES, first_plans, later_plans
from tests.e2e.rig import PREFIX, Rig, wait_until
from tests.e2e.stage import SimulatedStage, Told, name_of
from tests.e2e.table import FAIR, ROWS
from tests.e2e.theatre import Theatre
from tests.e2e.trace import difference, lines

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
START_S = 120
SOON_MS = 1_000
"""More than what an event that waits for no audience took at worst: a machine may be slow."""
FIRST = 300
"""People who come before all rows begin at once."""
LEFT_OVER_S = 2
"""Time after the last row in which nothing more may be told: several checkpoints."""


@dataclass(frozen=True)
class Performance:
    """What both stages told of every row."""

    plans: Plans
    simulated: Mapping[str, Told]
    real: Mapping[str, Told]
    faults: Mapping[str, str]
    said: Mapping[tuple[str, str], int]
    begun: int
    sent: Mapping[tuple[str, str, str], list[int]]
    """Row, person and type of the events to when they were sent."""
    dead_letters: list[dict[str, Any]]
    emails: list[Any]
    calls: list[Any]


@pytest.fixture(scope="module")
def performance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Performance]:
    rig = Rig(tmp_path_factory.mktemp("capabilities"), CAPABILITIES)
    try:
        rig.start()
        yield perform(rig)
    finally:
        rig.stop()


def perform(rig: Rig) -> Performance:
    warm_up(rig)
    begun, plans = round(time.time() * 1000), first_plans()
    simulated = {row.id: SimulatedStage.play(row, plans, begun) for row in ROWS}
    with Writer(rig.stack.bootstrap) as writer:
        theatre = Theatre(rig, writer, begun)
        faults = theatre.play(ROWS, simulated)
    time.sleep(LEFT_OVER_S)
    theatre.look()
    real = {r.id: {w: theatre.told.get(name_of(r, w), ()) for w in r.people} for r in ROWS}
    known = Plans([*plans, *later_plans(begun)])
    letters, receivers = rig.read("dead-letters"), rig.receivers
    outside = receivers.emails(), receivers.calls()
    played = (known, simulated, real, faults, theatre.said, begun, sent(rig))
    return Performance(*played, letters, *outside)


def warm_up(rig: Rig) -> None:
    """Let the job see so many people that the first of a row finds nothing cold."""
    people = [f"first-{number}" for number in range(FIRST)]
    for topic, value in (("profiles", {"tier": "gold"}), ("events", {"eventType": "plain"})):
        rig.send((topic, person, value) for person in people)
    wait_until(
        lambda: len({told["profile_id"] for told in rig.step_events("first")}) == FIRST,
        START_S,
        "the job runs",
    )


def sent(rig: Rig) -> dict[tuple[str, str, str], list[int]]:
    """Say when the events of each person were sent."""
    found = defaultdict(list)
    for record in read_topic(rig.stack.bootstrap, f"{PREFIX}events"):
        row, _, who = str(record.key).rpartition("-")
        kind = orjson.loads(record.value or b"{}").get("eventType", "")
        found[row, who, kind].append(record.timestamp)
    return dict(found)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_job_does_what_the_simulator_does(row: Row, performance: Performance) -> None:
    simulated, real = (
        lines(told[row.id], performance.plans, free=row.free)
        for told in (performance.simulated, performance.real)
    )
    assert simulated, "nothing is told"
    found = difference(simulated, real)
    assert not found, f"{row.shows}\n{performance.faults.get(row.id, '')}\n{found}"
    assert row.id not in performance.faults, performance.faults[row.id]


def test_audiences_change_by_what_changes_them_and_await_no_round(performance: Performance) -> None:
    """Of the event that changes them, or of the instant at which time alone does."""
    bought, visited = (
        {who: performance.sent["cooled", who, kind] for who in people}
        for kind, people in (("bought", ("ann", "bob")), ("visited", ("ann", "bob")))
    )
    begins, ends = (performance.begun + 1000 * seconds for seconds in FAIR)
    caused = {
        ("cooled", "ann", "entered"): visited["ann"][0] + 6_001,
        ("cooled", "ann", "completed"): bought["ann"][0] + 8_001,
        ("cooled", "bob", "entered"): bought["bob"][2],
        ("cooled", "bob", "completed"): visited["bob"][0],
        ("fair", "ann", "entered"): begins,
        ("fair", "ann", "completed"): ends + 1,
    }
    late = {
        (row, who, outcome): at - caused[row, who, outcome]
        for row, who, outcome in caused
        for told in performance.real[row][who]
        if told["outcome"] == outcome
        for at in [parse_instant(told["occurred_at"])]
    }
    assert late.keys() == caused.keys()
    busiest = max(
        told.get("ingest_ms") or 0
        for row, people in performance.real.items()
        if row not in ("cooled", "fair")
        for events in people.values()
        for told in events
    )
    print("late, in ms:", late, "others at worst:", busiest)  # noqa: T201  # a measurement
    assert all(0 <= ms < SOON_MS + busiest for ms in late.values()), (late, busiest)


def test_no_record_is_lost_on_the_way(performance: Performance) -> None:
    assert performance.dead_letters == []


def test_nothing_leaves_in_a_pause_and_everything_does_after_it(performance: Performance) -> None:
    paused, resumed = (performance.said["pause", word] for word in ("pause", "resume"))
    written = [(m["time"], m["to"][0].partition("@")[0]) for m in performance.emails]
    called = [(c["time"], c["body"]["person"]) for c in performance.calls if names(c)]
    left = [(at, who) for at, who in (*written, *called) if who.startswith("pause-")]
    assert [who for at, who in left if paused <= at < resumed] == []
    assert sorted(who for at, who in left if at < paused) == ["pause-call", "pause-react"]
    acting = ("call", "cap", "look", "quiet", "race", "rank", "wait")
    assert sorted(who for at, who in left if at >= resumed) == [f"pause-{who}" for who in acting]


def test_each_person_reads_their_own_language(performance: Performance) -> None:
    told = {mail["to"][0].partition("@")[0]: mail["subject"] for mail in performance.emails}
    read = {who: told[f"languages-{who}"] for who in ("ann", "bob", "cat")}
    assert read == {"ann": "Bonjour", "bob": "Hello", "cat": "Hello"}


def names(call: Mapping[str, Any]) -> bool:
    """Say whether a call names the person for whom it was made."""
    return isinstance(call["body"], dict) and "person" in call["body"]
