"""Whatever comes, and whatever the service does, each call ends once and no limit is passed."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from journeys.endpoint import Breaker, Rate
from journeys.errors import PortError
from journeys.messages import Delivery
from tests.harness.desk import Answer, Play

HOUR = 3_600_000
ANSWERS: st.SearchStrategy[Answer] = st.tuples(
    st.sampled_from([0, 1, 7, 50, 900, 5_000, 50_000]),
    st.sampled_from(
        [
            Delivery("http_200", {}),
            PortError("ill", code="http_503", retryable=True),
            PortError("later", code="http_429", retryable=True, retry_after_ms=2_000),
            PortError("no", code="http_404", retryable=False),
            PortError("not there", code="egress_denied", retryable=False),
            PortError("?", code="unknown", retryable=True),
        ]
    ),
)
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "pause": st.sampled_from([0, 0, 0, 3, 400, 10_000]),
            "journey_id": st.sampled_from("jkl"),
            "profile_id": st.sampled_from(["ann", "bob"]),
            "category": st.sampled_from(["marketing", "transactional"]),
            "cache_ms": st.sampled_from([None, None, 0, 1_000]),
            "message": st.sampled_from([{"n": 1}, {"n": 2}]),
            "timeout_ms": st.sampled_from([100, 3_000, 30_000]),
            "max_attempts": st.integers(1, 5),
        }
    ),
    max_size=60,
)
RATES = st.none() | st.builds(Rate, st.integers(1, 50), st.sampled_from([10, 1_000, 60_000]))


@given(
    st.lists(ANSWERS, min_size=1, max_size=20),
    CALLS,
    st.fixed_dictionaries(
        {
            "connections": st.integers(1, 10),
            "cap": RATES,
            "throttle": RATES,
            "queue": st.integers(0, 30),
            "wait_ms": st.sampled_from([0, 1_000, HOUR]),
            "breaker": st.none() | st.builds(Breaker, st.integers(2, 6)),
        }
    ),
    st.none() | st.integers(0, 60),
)
def test_each_call_ends_once(
    answers: list[Answer],
    calls: list[dict[str, Any]],
    limits: dict[str, Any],
    erased_after: int | None,
) -> None:
    play = Play(lambda name, now: answers[(len(name) + now) % len(answers)], **limits)
    withdrawn: set[str] = set()
    for n, call in enumerate(calls):
        play.until(play.now + call.pop("pause"))
        play.ask(f"r{n}", **call)
        if n == erased_after:
            withdrawn.update(play.desk.withdraw("ann"))
    play.until(play.now + 3 * HOUR)
    assert play.desk.is_idle
    assert play.results.keys() | withdrawn == {f"r{n}" for n in range(len(calls))}
    assert not play.results.keys() & withdrawn
    assert play.most <= limits["connections"] + 1, "a probe goes out beside what hangs"
    for n, call in enumerate(calls):
        tried = [at for at, name in play.begun if name == f"r{n}"]
        assert len(tried) <= call["max_attempts"]
        assert not tried or tried[-1] - tried[0] <= call["timeout_ms"]
    _check_rate(limits["cap"], [at for at, _ in play.begun], 1)
    _check_rate(limits["throttle"], [at for at, _ in play.begun], 1.02)


def _check_rate(rate: Rate | None, times: list[int], allowance: float) -> None:
    if rate is None:
        return
    for start in times:
        within = sum(1 for at in times if start <= at < start + rate.every_ms)
        batch = 0 if allowance == 1 else 1 + 10 * rate.at_most / rate.every_ms
        assert within <= rate.at_most * allowance + batch
