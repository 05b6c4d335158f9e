"""The SQL that declares topics as tables."""

from __future__ import annotations

import pytest

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.tables import literal, sink_table, source_table, upsert_table
from connectors.kafka.topics import CATALOGUE, Topics

KAFKA = Bootstrap(servers="b")


def test_a_quote_in_a_name_stays_inside_its_literal() -> None:
    assert literal("o'clock") == "'o''clock'"
    assert "'job''s'" in source_table("events", "t", KAFKA, "job's", "earliest")


def test_only_an_exactly_once_sink_has_transactions_and_they_fit_the_broker() -> None:
    exact = sink_table("s", Topics(), KAFKA, "job-x")
    assert "'topic-pattern' = 'journeys\\..+'" in exact
    assert "'sink.delivery-guarantee' = 'exactly-once'" in exact
    assert "'sink.transactional-id-prefix' = 'job-x'" in exact
    assert "'properties.transaction.timeout.ms' = '900000'" in exact
    fast = sink_table("s", Topics(), KAFKA, None)
    assert "'sink.delivery-guarantee' = 'at-least-once'" in fast
    assert "transactional" not in fast


def test_a_killed_broker_has_at_most_one_batch_of_a_writer_that_it_may_have_forgotten() -> None:
    sinks = [sink_table("s", Topics(), KAFKA, name) for name in ("job-x", None)]
    for sink in (*sinks, upsert_table("u", "t", KAFKA)):
        assert "'properties.max.in.flight.requests.per.connection' = '1'" in sink


def test_a_topic_has_its_prefix_and_must_be_in_the_catalogue() -> None:
    topics = Topics(prefix="shop.")
    assert {topics.full(topic.name) for topic in CATALOGUE} >= {"shop.events", "shop.step-events"}
    with pytest.raises(KeyError):
        topics.full("nonsense")
