"""The place operator at the keyed harness: counts survive, and no cap is overrun."""

from __future__ import annotations

from pyflink.common import Row

from journeys import codec, count_codec
from journeys.messages import ActionRequest
from operators.descriptors import TAKEN, Route
from operators.place_function import PlaceFunction
from tests.harness.keyed import KeyedHarness, routed


def claim(person: str, cap: str = "cap/j/1/few", limit: int = 2) -> ActionRequest:
    return ActionRequest(
        request_id=f"{cap}-{person}",
        profile_id=person,
        instance_id=f"i-{person}",
        journey_id="j",
        journey_version=1,
        step_id="few",
        action_id="few",
        channel="cap",
        endpoint=cap,
        message={"limit": limit},
        timeout_ms=1_000,
        max_attempts=1,
        requested_at=0,
    )


def answers(harness: KeyedHarness, *claims: ActionRequest) -> list[str]:
    rows = []
    for request in claims:
        row = Row(codec.dump_request(request))
        rows += harness.element(request.endpoint, row)
    return [value["result"]["code"] for value in routed(rows, Route.PLACE)]


def test_places_are_given_in_the_order_of_the_claims_until_none_is_left() -> None:
    harness = KeyedHarness(PlaceFunction)
    claims = [claim(person) for person in ("ann", "ben", "cem", "dot")]
    assert answers(harness, *claims) == ["placed", "placed", "full", "full"]
    assert count_codec.load_count(harness.store.values[TAKEN.name]["cap/j/1/few"]) == 2


def test_each_cap_counts_by_itself() -> None:
    harness = KeyedHarness(PlaceFunction)
    assert answers(harness, claim("ann", limit=1), claim("ann", "cap/j/2/few", 1)) == ["placed"] * 2


def test_the_count_outlives_the_function() -> None:
    before = KeyedHarness(PlaceFunction)
    assert answers(before, claim("ann"), claim("ben")) == ["placed", "placed"]
    after = KeyedHarness(PlaceFunction, store=before.store)
    assert answers(after, claim("cem")) == ["full"]
