"""Whatever a producer sends: an activation or a dead letter, and never an exception."""

from __future__ import annotations

import json
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.activation import ActionResolved, EventReceived, ProfileChanged
from journeys.control import ControlCommand
from journeys.definitions import DatasetDefinition
from journeys.messages import JsonObject
from journeys.plans import Plans
from journeys.records import (
    DeadLetter,
    Record,
    read_control,
    read_event,
    read_profile,
    read_result,
)
from operators.descriptors import Route
from tests.harness.keyed import JourneyHarness, routed
from tests.harness.plans import RICH, plan_of

PLAN = plan_of(RICH)
PLANS = Plans([PLAN])
TOTAL: JsonObject = {"properties": {"total": {"type": "number"}}, "required": ["total"]}
PLANS.define(DatasetDefinition("crm", "profiles", TOTAL, "cart"))
PLANS.define(DatasetDefinition("orders", "events", TOTAL, "cart", "total"))
QUICK = settings(max_examples=100)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
events = st.fixed_dictionaries(
    {},
    optional={
        "eventType": st.sampled_from(["account.signup", "commerce.purchases"]) | values,
        "_id": st.text() | values,
        "timestamp": st.sampled_from(["2026-03-01T08:00:00Z", "9999-12-31T23:59:59-23:59"])
        | values,
        "_dataset": st.sampled_from(["crm", "orders"]) | values,
        "_timestamp": st.sampled_from(["2026-03-01T08:00:00Z", "1970-01-01T00:00:00Z"]) | values,
        "identityMap": st.dictionaries(st.sampled_from(["ecid", "x"]), values) | values,
        "total": values,
        "cart": values,
    },
)
commands = st.fixed_dictionaries(
    {},
    optional={
        "v": st.just(1) | values,
        "command": st.sampled_from(["publish", "weights"]) | values,
        "journey": st.just("rich") | values,
        "version": st.just(3) | values,
        "step": st.just("choose") | values,
        "shares": st.dictionaries(st.text(), st.floats() | values) | values,
        "plan": st.fixed_dictionaries(
            {"v": st.just(1)}, optional={"steps": values, "entry": values, "journey": values}
        )
        | values,
        "result": values,
        "request": values,
    },
)
payloads = st.binary(max_size=200) | (events | commands | values).map(
    lambda v: json.dumps(v).encode()
)
keys = st.none() | st.sampled_from(["ann", "", "\ufffd", "k" * 600]) | st.text(max_size=5)
records = st.builds(
    lambda key, value, timestamp: Record("t", 0, 0, timestamp, key, value, len(value or b"")),
    keys,
    st.none() | payloads,
    st.integers(-(2**63), 2**63 - 1),
)


@QUICK
@given(records)
def test_every_record_has_a_meaning_or_a_reason(record: Record) -> None:
    read = (
        read_event(record, PLANS),
        read_profile(record, PLANS, 0),
        read_result(record),
        read_control(record),
    )
    kinds: tuple[Any, ...] = (
        EventReceived,
        ProfileChanged,
        ActionResolved,
        get_args(ControlCommand),
    )
    for found, kind in zip(read, kinds, strict=True):
        if isinstance(found, DeadLetter):
            letter = json.loads(found.to_text())
            assert letter["reason"] == found.reason
            assert letter["detail"]
        else:
            assert isinstance(found, kind)


@QUICK
@given(st.sampled_from(["events", "profiles", "results"]), st.none() | payloads)
def test_the_operator_takes_every_record_and_what_follows_it(
    source: str, value: bytes | None
) -> None:
    harness = JourneyHarness(PLAN, restart=False)
    rows = harness.send(source, "ann", value)
    assert len(routed(rows, Route.DEAD_LETTER)) <= 1
    follow = harness.event("ann", "account.signup", total=200, cart="c", identityMap={})
    assert [e["outcome"] for e in routed(follow, Route.STEP_EVENT)][:1] in (
        ["entered"],
        ["not_entered"],
    )
