"""The dispatch operator at the keyed harness: calls in flight, failures and restarts."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest
from pyflink.common import Row

from journeys import codec, dispatch_codec
from journeys.command import WithdrawCalls
from journeys.dispatch import desk
from journeys.endpoint import Breaker, EndpointDefinition, Limited, Rate
from journeys.limits import CONNECTIONS
from journeys.messages import ActionRequest, ActionResult, ActionStatus, Delivery
from journeys.ports import ActionChannel
from operators import calls
from operators.descriptors import Route
from tests.harness.channel import FOREVER, ScriptedChannel, refusal
from tests.harness.dispatch import PATIENCE_S, DispatchHarness
from tests.harness.keyed import Store, routed

Start = Callable[..., DispatchHarness]


def request(name: str, action: str = "remind", **fields: object) -> ActionRequest:
    values: dict[str, object] = {
        "request_id": name,
        "profile_id": f"of-{name}",
        "instance_id": f"i-{name}",
        "journey_id": "j",
        "journey_version": 1,
        "step_id": "s",
        "action_id": action,
        "channel": "webhook",
        "endpoint": "https://crm.example",
        "message": {},
        "timeout_ms": 5_000,
        "max_attempts": 3,
        "requested_at": 0,
    }
    return ActionRequest(**{**values, **fields})  # type: ignore[arg-type]  # named fields


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "FIRST_PAUSE_MS", 1)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start dispatch functions, and stop them at the end of the test."""
    started: list[DispatchHarness] = []

    def begin(
        channel: ActionChannel,
        store: Store | None = None,
        limits: Mapping[str, Limited] | None = None,
    ) -> DispatchHarness:
        started.append(DispatchHarness({"webhook": channel}, store, limits))
        return started[-1]

    yield begin
    for harness in started:
        harness.stop()


def test_a_request_is_carried_out_and_its_result_leaves_keyed_by_the_person(start: Start) -> None:
    delivery = Delivery("http_200", {"score": 7}, "msg-1")
    harness = start(ScriptedChannel(remind=[delivery]))
    harness.request(request("a"))
    (result,) = harness.results(1)
    assert list(harness.rows[-1])[:2] == ["results", "of-a"]
    assert result["request_id"] == "a"
    assert (result["status"], result["code"], result["attempts"]) == ("succeeded", "http_200", 1)
    assert (result["response"], result["provider_message_id"]) == ({"score": 7}, "msg-1")
    harness.assert_clean()


def test_it_tells_how_many_calls_there_are_and_when_there_are_none(start: Start) -> None:
    harness = start(ScriptedChannel(), limits={"https://crm.example": limited(connections=1)})
    for name in ("a", "b", "c"):
        harness.request(request(name))
    told = "journeys.endpoint=https://crm.example.calls_"
    assert harness.store.measures == {f"{told}in_flight": 1, f"{told}queued": 0}
    harness.results(3)
    assert harness.store.measures == {f"{told}in_flight": 0, f"{told}queued": 0}


def test_a_repeated_request_in_flight_is_carried_out_once(start: Start) -> None:
    channel = ScriptedChannel()
    harness = start(channel)
    harness.request(request("a"))
    harness.request(request("a"))
    harness.request(request("b"))
    assert {r["request_id"] for r in harness.results(2)} == {"a", "b"}
    assert sorted(channel.asked) == ["a", "b"]
    harness.assert_clean()


def test_what_is_pending_at_a_failure_is_asked_again_under_the_same_id(start: Start) -> None:
    hanging = ScriptedChannel(remind=[FOREVER])
    before = start(hanging)
    before.request(request("a"))
    before.request(request("b"))
    before.stop()
    assert hanging.closed
    assert before.store.timers, "the timer that looks for results is kept with the state"

    channel = ScriptedChannel()
    after = start(channel, before.store)
    assert {r["request_id"] for r in after.results(2)} == {"a", "b"}
    assert sorted(channel.asked) == ["a", "b"]
    after.assert_clean()


def test_a_new_request_after_a_failure_does_not_hide_the_pending_ones(start: Start) -> None:
    before = start(ScriptedChannel(remind=[FOREVER]))
    before.request(request("a"))
    before.stop()
    channel = ScriptedChannel()
    after = start(channel, before.store)
    after.request(request("a"))
    after.request(request("b"))
    assert {r["request_id"] for r in after.results(2)} == {"a", "b"}
    assert sorted(channel.asked) == ["a", "b"]


def test_all_endpoints_are_looked_at_at_the_same_instants(start: Start) -> None:
    harness = start(ScriptedChannel(remind=[FOREVER]))
    for number, instant in enumerate((1_003, 1_004, 1_009)):
        harness.store.now = instant
        harness.request(request(f"r{number}", endpoint=f"https://{number}.example"))
    assert {timer for timer, _ in harness.store.timers} == {1_010}


def test_a_slow_endpoint_holds_no_other(start: Start) -> None:
    harness = start(ScriptedChannel(slow=[FOREVER]))
    for n in range(CONNECTIONS * 2):
        harness.request(request(f"slow-{n}", "slow", endpoint="https://slow.example"))
    harness.request(request("quick"))
    (result,) = harness.results(1)
    assert result["request_id"] == "quick"


def test_calls_at_once_to_one_endpoint_are_bounded(start: Start) -> None:
    channel = ScriptedChannel()
    harness = start(channel)
    for n in range(CONNECTIONS * 3):
        harness.request(request(f"r{n}"))
    assert len(harness.results(CONNECTIONS * 3)) == CONNECTIONS * 3
    assert channel.most_running["https://crm.example"] <= CONNECTIONS


def test_a_failed_attempt_is_repeated_until_one_succeeds(start: Start) -> None:
    channel = ScriptedChannel(
        remind=[refusal("http_503"), refusal("http_503"), Delivery("http_200")]
    )
    harness = start(channel)
    harness.request(request("a"))
    (result,) = harness.results(1)
    assert (result["status"], result["attempts"]) == ("succeeded", 3)
    assert channel.asked == ["a"] * 3


def test_attempts_are_bounded(start: Start) -> None:
    harness = start(ScriptedChannel(remind=[refusal("http_503", response={"e": 1})]))
    harness.request(request("a", max_attempts=2))
    (result,) = harness.results(1)
    assert (result["status"], result["code"], result["attempts"]) == ("error", "http_503", 2)
    assert result["response"] == {"e": 1}
    assert "http_503" in result["detail"]


def test_a_final_no_is_not_repeated(start: Start) -> None:
    harness = start(ScriptedChannel(remind=[refusal("http_404", retryable=False)]))
    harness.request(request("a"))
    (result,) = harness.results(1)
    assert (result["status"], result["code"], result["attempts"]) == ("error", "http_404", 1)


def test_retry_after_replaces_our_own_pause(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "FIRST_PAUSE_MS", 60_000)
    channel = ScriptedChannel(remind=[refusal("http_429", after_ms=20), Delivery("http_200")])
    harness = start(channel)
    harness.request(request("a"))
    (result,) = harness.results(1)
    assert (result["status"], result["attempts"]) == ("succeeded", 2)
    assert result["latency_ms"] >= 20


def test_the_total_time_ends_a_call_and_cancels_the_attempt(start: Start) -> None:
    channel = ScriptedChannel(remind=[FOREVER])
    harness = start(channel)
    harness.request(request("a", timeout_ms=30))
    (result,) = harness.results(1)
    assert (result["status"], result["code"], result["attempts"]) == ("timeout", "timedout", 1)
    assert result["detail"] == "no success within 30 ms"
    assert channel.cancelled == ["a"]
    harness.assert_clean()


def test_a_timeout_tells_what_the_last_attempt_said(start: Start) -> None:
    channel = ScriptedChannel(remind=[refusal("http_503", after_ms=60_000)])
    harness = start(channel)
    harness.request(request("a", timeout_ms=300))
    (result,) = harness.results(1)
    assert result["status"] == "timeout"
    assert "the service said http_503" in result["detail"]


def test_a_defect_of_a_channel_fails_one_call(start: Start) -> None:
    harness = start(ScriptedChannel(broken=[RuntimeError("no such table")]))
    harness.request(request("a", "broken"))
    harness.request(request("b"))
    results = {r["request_id"]: r for r in harness.results(2)}
    assert (results["a"]["status"], results["a"]["code"]) == ("error", "internalError")
    assert results["a"]["detail"] == "RuntimeError: no such table"
    assert results["b"]["status"] == "succeeded"


def test_a_channel_that_is_not_set_up_is_an_error_of_the_call(start: Start) -> None:
    harness = start(ScriptedChannel())
    harness.request(request("a", channel="sms"))
    (result,) = harness.results(1)
    assert (result["status"], result["code"]) == ("error", "internalError")
    assert "no channel 'sms'" in result["detail"]


def test_a_call_that_egress_forbids_was_not_sent(start: Start) -> None:
    harness = start(ScriptedChannel(remind=[refusal("egress_denied", retryable=False)]))
    harness.request(request("a"))
    (result,) = harness.results(1)
    assert (result["status"], result["reason"]) == ("not_sent", "egress_denied")


@pytest.mark.parametrize("response", [{"n": 2**70}, {"t": "\ud800"}, 300])
def test_a_response_that_no_state_can_hold_is_left_out(start: Start, response: object) -> None:
    if response == 300:
        response = None
        for _ in range(300):
            response = [response]
    harness = start(ScriptedChannel(remind=[Delivery("http_200", response)]))  # type: ignore[arg-type]
    harness.request(request("a"))
    (result,) = harness.results(1)
    assert (result["status"], result["response"]) == ("succeeded", None)
    assert result["detail"]


def test_channels_that_cannot_be_opened_leave_no_thread() -> None:
    def refuse() -> dict[str, ActionChannel]:
        message = "no such secret"
        raise LookupError(message)

    begun = calls.Calls(refuse)
    with pytest.raises(LookupError, match="no such secret"):
        begun.start()
    assert not begun.is_running


def test_stopping_twice_is_harmless() -> None:
    begun = calls.Calls(dict)
    begun.start()
    begun.stop()
    begun.stop()
    assert not begun.is_running


def test_calls_in_the_name_of_an_identity_that_is_erased_are_given_up(start: Start) -> None:
    channel = ScriptedChannel(remind=[FOREVER])
    harness = start(channel)
    for name in ("a", "b"):
        harness.request(request(name))
    other = request("c", "other", profile_id="of-b")
    harness.request(other)
    wait_for(lambda: {"a", "b"} <= set(channel.asked))
    withdrawn = dispatch_codec.dump_withdrawal(WithdrawCalls("of-a"))
    assert harness.element("https://crm.example", Row(withdrawn)) == []
    (result,) = harness.results(1)
    assert result["request_id"] == "c"
    assert set(harness.store.maps["pending"]["https://crm.example"]) == {"b"}
    wait_for(lambda: channel.cancelled == ["a"])


def test_the_result_of_a_call_that_was_given_up_too_late_goes_nowhere(start: Start) -> None:
    harness = start(ScriptedChannel())
    harness.request(request("a"))
    wait_for(lambda: bool(harness.function._calls._finished["https://crm.example"]))
    harness.element(
        "https://crm.example", Row(dispatch_codec.dump_withdrawal(WithdrawCalls("of-a")))
    )
    assert harness.advance("PT1S") == []
    harness.assert_clean()


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end
        threading.Event().wait(0.001)


def limited(**fields: object) -> Limited:
    definition = EndpointDefinition(id="crm", endpoint="https://crm.example", **fields)  # type: ignore[arg-type]
    return Limited(definition, revision=7)


def test_limits_hold_that_were_there_at_submission(start: Start) -> None:
    channel = ScriptedChannel()
    harness = start(channel, limits={"https://crm.example": limited(cap=Rate(2, 3_600_000))})
    for n in range(4):
        harness.request(request(f"r{n}"))
    results = harness.results(2) + harness.results(0)
    said = [value["result"] for value in routed(harness.rows, Route.RESULT)]
    assert len(results) == 2
    assert Counter(result["status"] for result in said) == {"succeeded": 2, "capped": 2}
    assert len(channel.asked) == 2


def test_what_was_taken_of_a_cap_outlives_a_failure(start: Start) -> None:
    limits = {"https://crm.example": limited(cap=Rate(2, 3_600_000))}
    before = start(ScriptedChannel(), limits=limits)
    before.request(request("a"))
    before.request(request("b"))
    before.results(2)
    before.stop()
    after = start(ScriptedChannel(), before.store, limits)
    rows = after.request(request("c"))
    assert [value["result"]["status"] for value in routed(rows, Route.RESULT)] == ["capped"]


def test_limits_that_are_said_later_hold_from_then_on_and_after_a_failure(start: Start) -> None:
    before = start(ScriptedChannel(), limits={"https://crm.example": limited()})
    newer = replace(limited(cap=Rate(1, 3_600_000)), revision=8)
    older = replace(limited(cap=Rate(9, 3_600_000)), revision=6)
    for said in (newer, older):
        before.tell("https://crm.example", dispatch_codec.dump_limited(said))
    before.request(request("a"))
    before.results(1)
    before.stop()
    after = start(ScriptedChannel(), before.store, {"https://crm.example": limited()})
    rows = after.request(request("b"))
    assert [value["result"]["status"] for value in routed(rows, Route.RESULT)] == ["capped"]


def test_an_endpoint_that_breaks_is_told_and_left_alone_until_it_is_back(start: Start) -> None:
    ill, well = refusal("http_503"), Delivery("http_200")
    breaker = Breaker(of=4, failures=50, pause_ms=60_000)
    channel = ScriptedChannel(remind=[ill] * 4 + [well])
    harness = start(channel, limits={"https://crm.example": limited(breaker=breaker)})
    for n in range(4):
        harness.request(request(f"r{n}", max_attempts=1))
    harness.results(4)
    for n in range(3):
        harness.request(request(f"waiting-{n}"))
    harness.advance("PT50S")
    assert len(channel.asked) == 4
    assert len(harness.store.maps["pending"]["https://crm.example"]) == 3
    while harness.store.timers:
        harness.advance("PT5S")
        threading.Event().wait(0.001)
    assert len(routed(harness.rows, Route.RESULT)) == 7
    told = [(value["endpoint"], value["value"]) for value in routed(harness.rows, Route.METRIC)]
    assert told == [("https://crm.example", 1), ("https://crm.example", 0)]
    harness.stop()
    harness.store.timers.clear()
    assert set(harness.store.keys) <= {"https://crm.example"}


def test_more_calls_than_may_wait_are_all_taken_up_again_after_a_failure(start: Start) -> None:
    before = start(ScriptedChannel(remind=[FOREVER]))
    for n in range(5):
        before.request(request(f"r{n}"))
    before.stop()
    limits = {"https://crm.example": limited(queue=1, connections=1)}
    after = start(ScriptedChannel(), before.store, limits)
    assert {result["status"] for result in after.results(5)} == {"succeeded"}


def test_equal_questions_are_asked_once_and_each_asker_is_answered(start: Start) -> None:
    channel = ScriptedChannel(remind=[Delivery("http_200", {"n": 1})])
    harness = start(channel)
    for name in ("a", "b"):
        harness.request(request(name, cache_ms=60_000))
    results = harness.results(2)
    rows = harness.request(request("c", cache_ms=60_000))
    results += [value["result"] for value in routed(rows, Route.RESULT)]
    assert [(r["request_id"], r["profile_id"], r["response"]) for r in results] == [
        (name, f"of-{name}", {"n": 1}) for name in ("a", "b", "c")
    ]
    assert channel.asked == ["a"]
    harness.assert_clean()


def test_a_call_that_had_ended_before_a_failure_is_not_made_again(start: Start) -> None:
    before = start(ScriptedChannel(remind=[FOREVER]))
    before.request(request("ended"))
    before.request(request("in-flight"))
    before.stop()
    before.store.failures += 1
    channel = ScriptedChannel()
    after = start(channel, before.store)
    text = codec.dump_result(
        ActionResult("ended", "of-ended", "i", ActionStatus.SUCCEEDED, "http_200", endpoint="e")
    )
    rows = after.tell("https://crm.example", text)
    assert [value["result"]["request_id"] for value in routed(rows, Route.RESULT)] == ["ended"]
    assert channel.asked == [], "what is in doubt waits"
    assert [r["request_id"] for r in after.results(1)] == ["in-flight"]
    assert channel.asked == ["in-flight"]
    after.assert_clean()


def test_a_call_that_is_asked_for_again_gets_the_result_that_it_had(start: Start) -> None:
    channel = ScriptedChannel()
    harness = start(channel)
    had = ActionResult("a", "of-a", "i", ActionStatus.SUCCEEDED, "http_201", endpoint="e")
    harness.tell("https://crm.example", codec.dump_result(had))
    rows = harness.tell("https://crm.example", dispatch_codec.dump_doubtful(request("a")))
    assert [value["result"]["code"] for value in routed(rows, Route.RESULT)] == ["http_201"]
    harness.tell("https://crm.example", dispatch_codec.dump_doubtful(request("b")))
    harness.request(request("new"))
    assert [r["request_id"] for r in harness.results(2)] == ["new", "b"]
    harness.assert_clean()


def result_of(name: str) -> str:
    had = ActionResult(
        name, f"of-{name}", "i", ActionStatus.SUCCEEDED, "http_201", endpoint="https://crm.example"
    )
    return codec.dump_result(had)


@pytest.mark.parametrize("is_doubtful", [True, False], ids=["at once", "later"])
def test_a_result_is_known_after_a_second_failure_too(start: Start, *, is_doubtful: bool) -> None:
    before = start(ScriptedChannel())
    before.tell("https://crm.example", result_of("a"))
    before.stop()
    before.store.failures += 1
    channel = ScriptedChannel()
    after = start(channel, before.store)
    asked = request("a")
    dump = dispatch_codec.dump_doubtful if is_doubtful else codec.dump_request
    rows = after.tell("https://crm.example", dump(asked))
    assert [value["result"]["code"] for value in routed(rows, Route.RESULT)] == ["http_201"]
    after.advance("PT1M")
    assert channel.asked == []
    after.assert_clean()


def test_a_result_that_a_failure_left_is_given_to_the_call_that_it_left(start: Start) -> None:
    before = start(ScriptedChannel(remind=[FOREVER]))
    before.request(request("a"))
    before.tell("https://crm.example", result_of("a"))
    before.stop()
    before.store.failures += 1
    channel = ScriptedChannel()
    after = start(channel, before.store)
    rows = after.advance("PT1S")
    assert [value["result"]["code"] for value in routed(rows, Route.RESULT)] == ["http_201"]
    after.advance("PT1M")
    assert channel.asked == []
    after.assert_clean()


def test_nothing_is_left_of_the_results_of_who_is_erased(start: Start) -> None:
    harness = start(ScriptedChannel())
    for name in ("a", "b"):
        harness.tell("https://crm.example", result_of(name))
    harness.tell("https://crm.example", dispatch_codec.dump_withdrawal(WithdrawCalls("of-a")))
    assert set(harness.store.maps["ended"]["https://crm.example"]) == {"b"}
    harness.advance("PT1M")
    harness.assert_clean()
