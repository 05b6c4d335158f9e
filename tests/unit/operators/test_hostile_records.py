"""Records that contradict their dataset, their time or themselves: each says why and where.

Whatever comes, the operator goes on: nothing is lost, and nobody is touched by what is refused.
"""

from __future__ import annotations

import json

import pytest

from journeys import codec
from journeys.clock import parse_instant
from journeys.control import Define
from journeys.definitions import DatasetDefinition
from journeys.json_shape import MAX_VALUE_BYTES
from journeys.messages import JsonObject
from operators.descriptors import PROFILE, Route
from tests.harness.keyed import START, JourneyHarness, routed
from tests.harness.plans import SIMPLE, plan_of

CUSTOMER: JsonObject = {
    "type": "object",
    "required": ["customerId", "address", "since"],
    "properties": {
        "customerId": {"type": "string"},
        "since": {"type": "string"},
        "tier": {"enum": ["gold", "silver"]},
        "points": {"type": "integer", "minimum": 0},
        "updatedAt": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        "address": {
            "type": "object",
            "required": ["city"],
            "properties": {"city": {"type": "string"}, "street": {"type": "string"}},
            "additionalProperties": False,
        },
        "reach": {
            "oneOf": [{"required": ["email"]}, {"required": ["phone"]}],
            "anyOf": [{"properties": {"email": {"type": "string"}}}],
        },
    },
}
ORDER: JsonObject = {
    "type": "object",
    "required": ["total"],
    "properties": {"total": {"type": "number"}, "placedAt": {"type": "string"}},
}
DATASETS = (
    DatasetDefinition("crm", "profiles", CUSTOMER, "customerId", "updatedAt"),
    DatasetDefinition("log", "profiles", CUSTOMER, "customerId", profile=False),
    DatasetDefinition("orders", "events", ORDER, "customer.id", "placedAt"),
    DatasetDefinition("visits", "events", ORDER, "customer.id", profile=False),
    DatasetDefinition("shops", "table", ORDER, "id"),
)
DEEP = b'{"a":' * 5_000 + b"1" + b"}" * 5_000


def harness() -> JourneyHarness:
    made = JourneyHarness(plan_of(SIMPLE))
    for definition in DATASETS:
        made.say(Define(definition=definition))
    return made


def bytes_of(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def of_crm(**patch: object) -> JsonObject:
    return {"_dataset": "crm", **patch}  # type: ignore[dict-item]  # JSON, as it is written here


def placed(**fields: object) -> JsonObject:
    return {"_dataset": "orders", "eventType": "order", **fields}  # type: ignore[dict-item]  # as above


@pytest.mark.parametrize(
    ("topic", "value", "reason", "said"),
    [
        ("profiles", {"_dataset": "crn"}, "unknown_dataset", "/_dataset: no dataset 'crn'"),
        ("profiles", {"_dataset": "crn"}, "unknown_dataset", "crm, log, orders, shops, visits"),
        ("profiles", {"_dataset": 7}, "wrong_type", "/_dataset: it holds a number"),
        ("profiles", {"_dataset": "orders"}, "wrong_dataset", "holds events, and not profiles"),
        ("profiles", {"_dataset": "shops"}, "wrong_dataset", "holds table, and not profiles"),
        ("profiles", of_crm(points="many"), "schema", "'crm': /points: must be integer"),
        ("profiles", of_crm(points=-1), "schema", "/points: must be bigger than or equal to 0"),
        ("profiles", of_crm(tier="tin"), "schema", "/tier: must be one of"),
        ("profiles", of_crm(address={"city": 7}), "schema", "/address/city: must be string"),
        ("profiles", of_crm(address={"zip": "1"}), "schema", "/address: must not contain"),
        ("profiles", of_crm(address="Paris"), "schema", "/address: must be object"),
        ("profiles", of_crm(address={"city": None}), "schema", "/address/city: must be string"),
        ("profiles", of_crm(since=None), "schema", "/since: must be string"),
        ("profiles", of_crm(tags=[{}]), "schema", "/tags/0: must contain ['name']"),
        ("profiles", of_crm(reach={"email": 7}), "schema", "/reach: cannot be validated by any"),
        ("profiles", of_crm(customerId="bob"), "wrong_identity", "/customerId: it is 'bob'"),
        ("profiles", of_crm(updatedAt="now"), "wrong_type", "/updatedAt: it is not an instant"),
        ("profiles", of_crm(updatedAt="2100-01-01T00:00:00Z"), "implausible_time", "/updatedAt: "),
        ("profiles", {"_timestamp": 1_772_352_000}, "wrong_type", "/_timestamp: it holds a number"),
        ("profiles", {"_timestamp": "yesterday"}, "wrong_type", "/_timestamp: it is not an inst"),
        ("profiles", {"_timestamp": "2026-03-01T08:00:00"}, "wrong_type", "names no time zone"),
        ("profiles", {"_timestamp": "2026-02-30T08:00:00Z"}, "wrong_type", "/_timestamp: it is n"),
        ("profiles", {"_timestamp": "1969-12-31T23:59:59Z"}, "implausible_time", "before 1970"),
        ("profiles", {"_timestamp": "0001-01-01T00:00:00Z"}, "implausible_time", "before 1970"),
        ("profiles", {"_timestamp": "-1"}, "wrong_type", "/_timestamp: it is not an instant"),
        ("profiles", {"_timestamp": "2026-03-02T08:00:01Z"}, "implausible_time", "a day ahead"),
        ("profiles", {"_timestamp": "2100-01-01T00:00:00Z"}, "implausible_time", "a day ahead"),
        ("profiles", DEEP, "too_deep", "deeper than 64 levels"),
        ("profiles", {"fine": 1, "a": json.loads("[" * 70 + "]" * 70)}, "too_deep", "/a: lists"),
        ("profiles", b'{"a": "' + b"x" * 10_000_000 + b'"}', "too_large", "10000009 bytes"),
        ("profiles", [1], "not_an_object", "expected a JSON object"),
        ("profiles", b'{"a": NaN}', "not_json", "the value is not JSON"),
        ("profiles", b'{"a": 1e400}', "not_json", "the value is not JSON"),
        ("events", placed(_dataset="order", total=1), "unknown_dataset", "/_dataset: no dataset"),
        ("events", placed(_dataset="crm", total=1), "wrong_dataset", "holds profiles, and not ev"),
        ("events", placed(_dataset="shops", total=1), "wrong_dataset", "holds table, and not ev"),
        ("events", placed(total="much"), "schema", "'orders': /total: must be number"),
        ("events", placed(), "schema", "/: must contain ['total'] properties"),
        ("events", placed(total=None), "schema", "/total: must be number"),
        ("events", placed(total=1, placedAt="x"), "wrong_type", "/placedAt: it is not an instant"),
        ("events", placed(total=1, customer={"id": "bob"}), "wrong_identity", "/customer/id: it"),
        ("events", DEEP, "too_deep", "deeper than 64 levels"),
    ],
)
def test_a_hostile_record_says_why_and_where(
    topic: str, value: object, reason: str, said: str
) -> None:
    at = harness()
    at.profile("ann", {"name": "Ann"})
    before = at.store.values[PROFILE.name]["ann"]
    rows = at.send(topic, "ann", bytes_of(value))
    (letter,) = routed(rows, Route.DEAD_LETTER)
    assert (letter["reason"], letter["key"]) == (reason, "ann")
    assert said in letter["detail"]
    assert letter["size"] == len(bytes_of(value))
    assert len(letter["sample"]) <= 4096
    assert at.store.values[PROFILE.name]["ann"] == before
    assert [e["outcome"] for e in routed(at.event("ann", "account.signup"), Route.STEP_EVENT)]


@pytest.mark.parametrize(
    ("patch", "attributes"),
    [
        (of_crm(points=7), {"points": 7}),
        (of_crm(), {}),
        (of_crm(customerId="ann", address={"street": "rue"}), None),
        (of_crm(address={"street": None}, points=None, points2=None), {}),
        (of_crm(reach={"email": "a@b", "phone": "1"}), None),
        (of_crm(tags=[{"name": "x"}]), None),
        (of_crm(updatedAt="2025-01-01T00:00:00Z"), None),
        ({"_timestamp": "1970-01-01T00:00:00Z", "a": 1}, {"a": 1}),
        ({"_timestamp": "2026-03-02T08:00:00Z", "a": 1}, {"a": 1}),
        ({"_timestamp": None, "_dataset": None, "a": 1}, {"a": 1}),
    ],
)
def test_a_patch_that_says_a_part_is_taken(
    patch: JsonObject, attributes: JsonObject | None
) -> None:
    at = harness()
    rows = at.profile("ann", patch)
    assert not routed(rows, Route.DEAD_LETTER)
    kept = codec.load_profile(at.store.values[PROFILE.name].get("ann"))
    fields = {name: value for name, value in patch.items() if name[0] != "_"}
    assert kept.values == (fields if attributes is None else attributes)


def test_the_time_of_a_patch_is_that_of_its_record_its_dataset_or_the_broker() -> None:
    at = harness()
    stamped = {"_timestamp": "2025-02-01T00:00:00Z", "updatedAt": "2025-01-01T00:00:00Z"}
    for patch, since in (
        (of_crm(**stamped), "2025-02-01T00:00:00Z"),
        (of_crm(updatedAt="2025-03-01T00:00:00Z"), "2025-03-01T00:00:00Z"),
        (of_crm(since="2019"), "2026-03-01T08:00:00Z"),
    ):
        at.profile("bob", None)
        at.profile("bob", patch)
        assert codec.load_profile(at.store.values[PROFILE.name]["bob"]).at == parse_instant(since)
    assert parse_instant("2026-03-01T08:00:00Z") == START


@pytest.mark.parametrize(
    ("topic", "value", "dataset"),
    [
        ("profiles", {"_dataset": "log", "points": 7}, "log"),
        ("events", {"_dataset": "visits", "eventType": "account.signup", "total": 1}, "visits"),
    ],
)
def test_what_is_not_profile_enabled_is_checked_counted_and_reaches_nobody(
    topic: str, value: JsonObject, dataset: str
) -> None:
    at = harness()
    (row,) = at.send(topic, "ann", bytes_of(value))
    assert (row[0], row[1]) == (Route.IGNORED, f".dataset/{dataset}")
    at.assert_clean()
    wrong = at.send(topic, "ann", bytes_of({**value, "points": "x", "total": "x"}))
    assert [letter["reason"] for letter in routed(wrong, Route.DEAD_LETTER)] == ["schema"]


def test_an_event_of_a_dataset_happened_when_it_says_and_goes_its_way() -> None:
    at = harness()
    sent: JsonObject = {"_dataset": "orders", "total": 1, "placedAt": "2026-02-28T00:00:00Z"}
    rows = at.event("ann", "account.signup", **sent)
    assert "entered" in [e["outcome"] for e in routed(rows, Route.STEP_EVENT)]
    assert '"_dataset"' not in at.store.values["person"]["ann"]


def test_a_dataset_that_is_defined_anew_judges_from_then_on() -> None:
    at = harness()
    assert routed(at.profile("ann", of_crm(points="7")), Route.DEAD_LETTER)
    loose: JsonObject = {"properties": {"points": {"type": "string"}}}
    at.say(Define(definition=DatasetDefinition("crm", "profiles", loose, "customerId")))
    assert not routed(at.profile("ann", of_crm(points="7")), Route.DEAD_LETTER)
    assert routed(at.profile("ann", of_crm(points=7)), Route.DEAD_LETTER)


def test_a_value_of_the_largest_size_is_read() -> None:
    at = harness()
    value: JsonObject = {"a": "x" * (MAX_VALUE_BYTES - 9)}
    assert len(bytes_of(value)) == MAX_VALUE_BYTES
    at.profile("ann", value)
    assert codec.load_profile(at.store.values[PROFILE.name]["ann"]).values == value
