"""Many calls of the real job: limits over all workers, a worker that dies, a service that dies.

With `JOURNEYS_LONG=1` (`make faults`) there are more people, and the service is dead for longer.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from urllib.request import Request

import pytest

from connectors.kafka.client import read_topic
from tests.e2e.rig import PREFIX, Rig, ask, event, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.alone,
    pytest.mark.timeout(600),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
IS_LONG = "JOURNEYS_LONG" in os.environ
PATIENCE_S = 240
LIMIT = 50
"""Calls a second."""
CROWD = 5_000 if IS_LONG else 1_200
DEAD_S = 60 if IS_LONG else 10


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A rig of its own: others count how often its job has failed."""
    rig = Rig(tmp_path_factory.mktemp("calls"))
    try:
        rig.start()
        rig.quick.start()
        rig.frail.start()
        yield rig
    finally:
        rig.stop()


def test_a_limit_is_passed_in_no_second_though_two_workers_ask(rig: Rig) -> None:
    warm = LIMIT * 2  # what has just been started is late now and then, and then makes up for it
    rig.send(("events", f"warm-{n}", event("limited")) for n in range(warm))
    wait_until(lambda: len(rig.quick.calls("warm-")) == warm, PATIENCE_S, "all is warm")
    count = LIMIT * 8
    rig.send(("events", f"limited-{n}", event("limited")) for n in range(count))
    wait_until(lambda: len(rig.quick.calls("limited-")) == count, PATIENCE_S, "all are called")
    times = [call.at for call in rig.quick.calls("limited-")]
    most = max(sum(1 for at in times if begin <= at < begin + 1) for begin in times)
    say(f"{count} calls in {times[-1] - times[0]:.1f} s, at most {most} in any second")
    assert most <= LIMIT * 1.05
    assert times[-1] - times[0] < 1.5 * count / LIMIT


def test_after_a_killed_worker_only_calls_under_way_are_made_again(rig: Rig) -> None:
    worker = rig.worker()
    rig.send(("events", f"crowd-{n}", event("quick")) for n in range(CROWD))
    third = CROWD // 3
    wait_until(lambda: len(rig.quick.calls("crowd-")) > third, PATIENCE_S, "calls are under way")
    killed_at = time.time()
    rig.kill_worker(worker)
    before = sum(1 for call in rig.quick.calls("crowd-") if call.at < killed_at)

    def all_end() -> bool:
        return ends(rig, "crowd-").total() >= CROWD

    wait_until(all_end, PATIENCE_S, "everybody's journey ends")
    calls = rig.quick.calls("crowd-")
    keys = Counter(call.key for call in calls)
    repeated = [key for key, times in keys.items() if times > 1]
    say(f"{CROWD} people, {before} calls before the kill, {len(repeated)} made again")
    assert before < CROWD, "it was in the middle of them"
    assert {call.body["person"] for call in calls} == {f"crowd-{n}" for n in range(CROWD)}
    assert len(keys) == CROWD, "a call that is made again carries the same key"
    assert ends(rig, "crowd-") == {"completed": CROWD}
    known = {
        json.loads(record.value or b"{}")["result"]["request_id"]
        for record in read_topic(rig.stack.bootstrap, f"{PREFIX}results")
        if record.timestamp < killed_at * 1000
    }
    say(f"{len(known)} results were on their topic when the worker died")
    assert not known.intersection(repeated), "what had ended, and was told, is not made again"


def test_a_dead_service_loses_nobody_and_harms_no_other(rig: Rig) -> None:
    rig.running.job.wait_until_running()  # whatever the test before has killed
    rig.frail.stop()
    died_at, checkpoints = time.monotonic(), completed(rig)
    sent = 0
    while time.monotonic() < died_at + DEAD_S:
        moment = f"{time.time():.6f}"
        rig.send(
            [
                ("events", f"frail-{sent}", event("frail")),
                ("events", f"beside-{sent}", event("quick", sent=moment)),
            ]
        )
        sent += 1
    assert completed(rig) - checkpoints >= DEAD_S / 3, "checkpoints go on"
    assert opened(rig), "the breaker opens"
    rig.frail.start()
    wait_until(lambda: ends(rig, "frail-").total() == sent, PATIENCE_S, "everybody's journey ends")
    how = ends(rig, "frail-")
    beside = rig.quick.calls("beside-")
    took = sorted(call.at - float(call.body["sent"]) for call in beside)
    slowest = took[len(took) * 99 // 100]
    say(f"{sent} people: {dict(how)}; beside them p99 {slowest * 1000:.0f} ms")
    assert how["completed"] >= sent - 25, "who came while it was dead waits until it is back"
    assert {call.body["person"] for call in beside} == {f"beside-{n}" for n in range(sent)}
    wait_until(lambda: opened(rig)[-1] == 0, PATIENCE_S, "the breaker closes")


def say(text: str) -> None:
    """Tell the counts to whoever runs it with `-s`."""
    sys.stdout.write(f"\n{text}\n")


def ends(rig: Rig, people: str) -> Counter[str]:
    over = ("completed", "failed", "exited")
    return Counter(e["outcome"] for e in rig.step_events(people) if e["outcome"] in over)


def opened(rig: Rig) -> list[int]:
    """Give what was told of the frail endpoint, in order: 1 opened, 0 closed."""
    told = (m for m in rig.read("metrics") if m["metric"] == "journeys_endpoint_open")
    return [m["value"] for m in told if m["endpoint"].endswith(f":{rig.frail.port}")]


def completed(rig: Rig) -> int:
    job = rig.running.job
    counts = ask(Request(f"{job.rest_url}/jobs/{job.id}/checkpoints"))["counts"]
    return int(counts["completed"])
