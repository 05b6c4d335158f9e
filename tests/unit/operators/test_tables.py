"""Tables at the journey operator: stored, restored, and waited for."""

from __future__ import annotations

import pytest

from journeys.control import Define, publish_message
from journeys.errors import UnknownVersionError
from operators.descriptors import TABLES, Route
from tests.harness.keyed import JourneyHarness, routed, words
from tests.unit.journeys.activities.test_dataset_lookup import WAYS, compilation


def harness(*, restart: bool = True, rows_until: int = 0) -> JourneyHarness:
    found = compilation(WAYS)
    job = JourneyHarness(restart=restart, rows_until=rows_until)
    for definition in found.shared:
        job.say(Define(definition=definition))
    job.say(publish_message(found.plans["ways"]))
    return job


def stored(job: JourneyHarness) -> list[str]:
    return [name for name in job.store.broadcast[TABLES.name] if name]


@pytest.mark.parametrize("restart", [True, False])
def test_rows_are_stored_and_read_and_let_go_of(*, restart: bool) -> None:
    job = harness(restart=restart)
    found = ["entry entered", "look passed", "found completed"]
    assert job.table_row("goods/a", {"sku": "a", "price": 1}) == []
    assert words(job.event("ann", "account.signup", sku="a")) == found
    assert job.table_row("goods/a", None) == []
    assert words(job.event("bob", "account.signup", sku="a"))[2:] == ["none waiting"]
    assert stored(job) == []


def test_a_bad_row_is_one_dead_letter_and_is_not_stored() -> None:
    job = harness()
    (letter,) = routed(job.table_row("goods/a", {"sku": "a", "price": "x"}), Route.DEAD_LETTER)
    assert (letter["reason"], letter["topic"]) == ("schema", "j.tables")
    assert stored(job) == []


@pytest.mark.parametrize("restart", [True, False])
def test_whoever_looks_up_waits_for_rows_from_before_the_job(*, restart: bool) -> None:
    job = harness(restart=restart, rows_until=20)
    assert words(job.event("ann", "account.signup", sku="a"))[1:] == ["look waiting"]
    while job._offset < 18:
        job.table_row(f"goods/{job._offset + 1}", {"sku": str(job._offset + 1)})
    assert job.advance("PT1M") == []
    job.table_row("goods/a", {"sku": "a"})
    assert words(job.advance("PT1S")) == ["look passed", "found completed"]
    job.stop()
    assert words(job.event("bob", "account.signup", sku="a"))[1:] == [
        "look passed",
        "found completed",
    ], "a job that is restored knows that they have come"


def test_a_job_that_goes_on_waits_for_nothing_that_it_has_read_before() -> None:
    before = harness(rows_until=5)
    for number in range(5):
        before.table_row(f"goods/{number}", {"sku": str(number)})
    read = before._offset + 1
    after = JourneyHarness(rows_until=read)
    after.store = before.store
    assert words(after.event("ann", "account.signup", sku="1"))[1:2] == ["look passed"]
    after = JourneyHarness(rows_until=read + 1)
    after.store = before.store
    assert words(after.event("bob", "account.signup", sku="1"))[1:] == ["look waiting"]


def test_rows_of_a_newer_release_stop_the_job() -> None:
    job = harness()
    job.store.broadcast[TABLES.name]["goods/a"] = '{"v": 2, "row": {}}'
    with pytest.raises(UnknownVersionError):
        job.event("ann", "account.signup", sku="a")
