"""The desk of an endpoint: whose turn it is, how many at once, and what becomes of failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from journeys.dispatch.desk import FIRST_PAUSE_MS
from journeys.dispatch.rates import RETRY_RESERVE, RETRY_SHARE
from journeys.endpoint import Breaker, Rate
from journeys.errors import PortError
from journeys.messages import ActionStatus, Delivery
from tests.harness.desk import BROKEN, OK, Play

HOUR = 3_600_000


def test_a_call_goes_out_at_once_and_ends_with_what_came_back() -> None:
    play = Play(lambda *_: (50, Delivery("http_201", {"n": 1}, "m")))
    play.ask("a")
    assert play.begun == [(0, "a")]
    play.until(1_000)
    result = play.results["a"]
    assert (result.status, result.code, result.response) == ("succeeded", "http_201", {"n": 1})
    assert (result.attempts, result.latency_ms, result.provider_message_id) == (1, 50, "m")
    assert play.desk.is_idle
    assert play.desk.wakes_at(1_000, 5) is None, "nothing is left to look for"


def test_no_more_calls_are_under_way_than_may_be() -> None:
    play = Play(connections=3)
    for n in range(10):
        play.ask(f"r{n}")
    play.until(1_000)
    assert play.most == 3
    assert len(play.results) == 10


def test_transactional_calls_go_before_marketing() -> None:
    play = Play(connections=1)
    for n in range(5):
        play.ask(f"news-{n}", category="marketing")
    play.ask("receipt")
    play.until(1_000)
    order = [name for _, name in play.begun]
    assert order[:2] == ["news-0", "receipt"], "the first was out already"


def test_journeys_have_their_turns_one_after_the_other() -> None:
    play = Play(connections=1)
    for n in range(100):
        play.ask(f"big-{n}", journey_id="big")
    for n in range(3):
        play.ask(f"small-{n}", journey_id="small")
    play.until(60_000)
    order = [name for _, name in play.begun]
    assert order.index("small-2") <= 6
    assert [n for n in order if n.startswith("big")] == [f"big-{n}" for n in range(100)]


@pytest.mark.parametrize(
    ("at_most", "every"), [(50, 1_000), (1_000, 1_000), (7, 1_000), (10, 60_000)]
)
def test_a_throttle_is_exceeded_in_no_period_and_wastes_little(at_most: int, every: int) -> None:
    play = Play(lambda *_: (20, OK), throttle=Rate(at_most, every), connections=1_000)
    count = at_most * 3
    for n in range(count):
        play.ask(f"r{n}")
    play.until(4 * every)
    times = play.first_calls()
    assert len(times) == count
    most = max(sum(1 for t in times if start <= t < start + every) for start in times)
    assert most <= at_most * 1.02 + 1
    assert times[-1] <= 3 * every * 1.03


def test_what_is_over_a_cap_ends_as_capped() -> None:
    play = Play(cap=Rate(10, 60_000))
    for n in range(15):
        play.ask(f"r{n}")
    play.until(1_000)
    ends = Counter(result.status for result in play.results.values())
    assert ends == {ActionStatus.SUCCEEDED: 10, ActionStatus.CAPPED: 5}
    capped = play.results["r14"]
    assert (capped.code, capped.attempts) == ("capped", 0)
    assert capped.detail == "the endpoint may be called 10 times in PT1M"
    play.until(62_000)
    play.ask("later")
    play.until(63_000)
    assert play.results["later"].status is ActionStatus.SUCCEEDED


def test_a_cap_is_exceeded_in_no_period() -> None:
    play = Play(lambda *_: (1, OK), cap=Rate(20, 1_000))
    for n in range(600):
        play.ask(f"r{n}")
        play.until(play.now + 10)
    times = play.first_calls()
    assert max(sum(1 for t in times if start <= t < start + 1_000) for start in times) == 20
    assert len(times) >= 6 * 20 * 0.9


def test_attempts_count_for_the_cap() -> None:
    play = Play(lambda *_: (1, BROKEN), cap=Rate(3, 60_000))
    play.ask("a", max_attempts=10)
    play.until(30_000)
    assert len(play.begun) == 3
    assert play.results["a"].status is ActionStatus.CAPPED


def test_a_full_queue_takes_no_more() -> None:
    play = Play(connections=1, queue=2)
    for name in ("out", "first", "second", "third"):
        play.ask(name)
    assert play.results["third"].status is ActionStatus.CAPPED
    assert play.results["third"].detail == "2 calls wait for the endpoint already"


def test_what_waits_too_long_for_its_turn_ends_as_timeout() -> None:
    play = Play(throttle=Rate(1, HOUR), wait_ms=10_000)
    play.ask("first")
    play.ask("second")
    play.until(12_000)
    result = play.results["second"]
    assert (result.status, result.attempts) == ("timeout", 0)
    assert result.detail == "the endpoint had no room for it within PT10S"


def test_the_time_of_a_call_counts_from_its_first_attempt() -> None:
    play = Play(throttle=Rate(1, 20_000))
    play.ask("first", timeout_ms=5_000)
    play.ask("second", timeout_ms=5_000)
    play.until(30_000)
    assert play.results["second"].status is ActionStatus.SUCCEEDED


def test_a_failure_that_may_pass_is_tried_again_within_the_time() -> None:
    answers: Iterator[Delivery | PortError] = iter([BROKEN, BROKEN, OK])
    play = Play(lambda *_: (10, next(answers)))
    play.ask("a")
    play.until(5_000)
    first, second, third = (at for at, _ in play.begun)
    assert FIRST_PAUSE_MS / 2 <= second - first <= FIRST_PAUSE_MS + 30
    assert FIRST_PAUSE_MS <= third - second <= 2 * FIRST_PAUSE_MS + 30
    assert (play.results["a"].status, play.results["a"].attempts) == ("succeeded", 3)


@pytest.mark.parametrize(
    ("error", "status", "attempts"),
    [
        (PortError("no", code="http_404", retryable=False), "error", 1),
        (PortError("no", code="egress_denied", retryable=False), "not_sent", 1),
        (BROKEN, "error", 4),
        (PortError("later", code="http_429", retryable=True, retry_after_ms=60_000), "timeout", 1),
    ],
)
def test_failures_end_a_call(error: PortError, status: str, attempts: int) -> None:
    play = Play(lambda *_: (10, error), breaker=None)
    play.ask("a")
    play.until(60_000)
    assert (play.results["a"].status, play.results["a"].attempts) == (status, attempts)
    assert str(error) in (play.results["a"].detail or "")


def test_a_call_that_takes_too_long_ends_as_timeout() -> None:
    play = Play(lambda *_: (40_000, OK))
    play.ask("a", timeout_ms=1_000)
    play.until(2_000)
    result = play.results["a"]
    assert (result.status, result.code, result.latency_ms) == ("timeout", "timedout", 1_000)


def test_retries_are_few_beside_first_attempts() -> None:
    play = Play(lambda *_: (5, BROKEN), breaker=None, connections=1_000)
    for n in range(2_000):
        play.ask(f"r{n}", max_attempts=10)
        play.until(play.now + 2)
    play.until(play.now + 40_000)
    assert len(play.results) == 2_000
    retries = len(play.begun) - 2_000
    seconds = play.now / 1_000
    assert 0 < retries <= 2_000 * RETRY_SHARE + RETRY_RESERVE + seconds


def test_a_dead_endpoint_is_left_alone_and_met_gently_when_it_is_back() -> None:
    """N5: 20,000 calls wait while the service is dead for ten minutes; nobody is lost."""
    back = 600_000
    play = Play(lambda _, now: (50, OK) if now >= back else (5, BROKEN))
    for n in range(20_000):
        play.ask(f"r{n}", journey_id=f"j{n % 7}")
    play.until(back)
    tried_dead = len(play.begun)
    assert tried_dead < 300, "open, but for one probe now and then"
    play.until(back + 300_000)
    assert len(play.results) == 20_000
    ends = Counter(result.status for result in play.results.values())
    assert ends[ActionStatus.SUCCEEDED] > 19_700, "only those under way when it died are lost to it"
    after = [at for at, _ in play.begun if at >= back]
    assert after[0] <= back + 60_000
    first_second = sum(1 for at in after if at < after[0] + 100)
    assert first_second < 20, "one call tries first, then a few"


def test_nobody_looks_again_and_again_while_an_endpoint_is_left_alone() -> None:
    breaker = Breaker(of=2, failures=50, pause_ms=60_000)
    play = Play(lambda *_: (5, BROKEN), breaker=breaker)
    for name in ("a", "b", "c"):
        play.ask(name, timeout_ms=600_000)
    play.until(1_000)
    assert play.desk.circuit.open_until is not None
    looks = 0
    while (at := play.desk.wakes_at(play.now, 5)) is not None and at < 30_000:
        looks += 1
        play.until(at)
    assert looks <= 30, "once a second, for those who wait too long"


def test_without_a_breaker_every_call_goes_out() -> None:
    play = Play(lambda *_: (5, BROKEN), breaker=None)
    for n in range(100):
        play.ask(f"r{n}", max_attempts=1)
    play.until(10_000)
    assert len(play.begun) == 100


def test_refusals_of_single_calls_open_no_breaker() -> None:
    no = PortError("no such person", code="http_404", retryable=False)
    play = Play(lambda *_: (5, no), breaker=Breaker(of=4, failures=50, pause_ms=5_000))
    for n in range(100):
        play.ask(f"r{n}")
    play.until(1_000)
    assert len(play.begun) == 100


def test_a_flaky_endpoint_keeps_working() -> None:
    play = Play(lambda name, _: (20, BROKEN if hash(name) % 10 == 0 else OK))
    for n in range(5_000):
        play.ask(f"r{n}", max_attempts=1)
    play.until(60_000)
    assert len(play.results) == 5_000
    assert play.desk.circuit.open_until is None


def test_equal_questions_under_way_are_asked_once() -> None:
    play = Play(lambda *_: (50, Delivery("http_200", {"n": 1})))
    for name in ("a", "b", "c"):
        play.ask(name, cache_ms=0, message={"url": "u"})
    play.ask("other", cache_ms=0, message={"url": "v"})
    play.until(100)
    assert [name for _, name in play.begun] == ["a", "other"]
    assert {r.response["n"] for r in play.results.values()} == {1}  # type: ignore[index,call-overload]
    play.ask("later", cache_ms=0, message={"url": "u"})
    assert len(play.begun) == 3, "nothing is kept"


def test_an_answer_serves_equal_questions_while_it_is_fresh() -> None:
    play = Play()
    play.ask("a", cache_ms=1_000)
    play.until(100)
    play.ask("b", cache_ms=1_000)
    result = play.results["b"]
    assert (result.status, result.attempts, result.latency_ms) == ("succeeded", 0, 0)
    assert play.results["a"].response == result.response
    play.until(1_051)
    play.ask("c", cache_ms=1_000)
    assert len(play.begun) == 2


def test_a_failure_is_not_kept() -> None:
    answers: Iterator[Delivery | PortError] = iter(
        [PortError("no", code="http_404", retryable=False), OK]
    )
    play = Play(lambda *_: (5, next(answers)))
    for name in ("a", "b"):
        play.ask(name, cache_ms=HOUR)
        play.ask(f"{name} too", cache_ms=HOUR)
        play.until(play.now + 100)
    ends = {name: str(result.status) for name, result in play.results.items()}
    assert ends == {"a": "error", "a too": "error", "b": "succeeded", "b too": "succeeded"}


def test_answers_are_given_to_none_whose_question_differs() -> None:
    seen = iter(range(10))
    play = Play(lambda *_: (5, Delivery("http_200", {"n": next(seen)})))
    for n in range(3):
        play.ask(f"r{n}", cache_ms=HOUR, message={"body": {"person": f"p{n}"}})
    play.until(100)
    assert len({str(result.response) for result in play.results.values()}) == 3


def test_who_is_erased_is_called_for_no_more() -> None:
    play = Play(lambda name, _: (5, BROKEN) if name == "retrying" else (50, OK), connections=2)
    play.ask("retrying")
    play.until(20)
    for name in ("out", "out-too", "waiting"):
        play.ask(name, profile_id="bob" if name == "out-too" else "ann")
    assert set(play.desk.withdraw("ann")) == {"retrying", "out", "waiting"}
    play.until(5_000)
    assert set(play.results) == {"out-too"}
    assert play.desk.is_idle


def test_who_shared_the_question_of_somebody_erased_asks_it_again() -> None:
    play = Play()
    play.ask("ann", cache_ms=0)
    for name in ("bob", "cid", "dan"):
        play.ask(name, cache_ms=0, profile_id=name)
    assert set(play.desk.withdraw("ann")) == {"ann"}
    assert set(play.desk.withdraw("cid")) == {"cid"}
    play.until(1_000)
    assert set(play.results) == {"bob", "dan"}
    assert [name for _, name in play.begun] == ["ann", "bob"]


def test_other_limits_hold_from_the_next_call_on() -> None:
    play = Play(connections=1)
    for n in range(10):
        play.ask(f"r{n}")
    limits = play.desk.limits
    play.desk.limit(type(limits)(id="e", endpoint="e", throttle=Rate(1, HOUR)), play.now)
    play.until(10_000)
    assert len(play.begun) == 2
    play.desk.limit(limits, play.now)
    play.until(20_000)
    assert len(play.results) == 10


def test_what_was_taken_of_limits_outlives_a_restart() -> None:
    play = Play(cap=Rate(10, 60_000), throttle=Rate(60, 60_000))
    for n in range(10):
        play.ask(f"r{n}")
    play.until(20_000)
    again = Play(cap=Rate(10, 60_000), throttle=Rate(60, 60_000))
    again.now = 20_000
    again.desk.limit(again.desk.limits, 20_000, play.desk.taken)
    again.ask("one more")
    again.until(21_500)
    assert again.results["one more"].status is ActionStatus.CAPPED
