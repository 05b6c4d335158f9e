"""Who needs what of Kafka, and how an administrator gives it."""

from __future__ import annotations

import re

import pytest

from connectors.kafka.privileges import (
    Kind,
    Operation,
    Privilege,
    Role,
    commands,
    privileges,
)
from connectors.kafka.topics import CATALOGUE, Topics


def lines(role: Role, prefix: str = "shop.", emitted: tuple[str, ...] = ()) -> list[str]:
    needed = privileges(role, "tea", Topics(prefix=prefix), emitted)
    start = "kafka-acls.sh --bootstrap-server $KAFKA --command-config admin.properties --add "
    found = list(commands(needed, "User:ann"))
    assert all(line.startswith(f"{start}--allow-principal 'User:ann' ") for line in found)
    return [line.partition("'User:ann' --operation ")[2] for line in found]


def test_the_job_has_its_topics_its_group_and_its_transactions() -> None:
    assert lines(Role.JOB, emitted=("greetings", "events")) == [
        "Read --group 'tea'",
        "Read --topic 'shop.events' --topic 'shop.profiles' --topic 'shop.feedback' "
        "--topic 'shop.results' --topic 'shop.places' --topic 'shop.nudges' "
        "--topic 'shop.identities' --topic 'shop.control' --topic 'shop.tables'",
        "Write --topic 'shop.step-events' --topic 'shop.dead-letters' --topic 'shop.answers' "
        "--topic 'shop.metrics' --topic 'shop.control' --topic 'shop.events' "
        "--topic 'shop.results' --topic 'shop.places' --topic 'shop.nudges' "
        "--topic 'shop.identities' --topic 'shop.greetings'",
        "Write --transactional-id 'tea-step-events' --resource-pattern-type prefixed",
    ]


@pytest.mark.parametrize("role", [Role.COMMAND_LINE, Role.ANALYST])
def test_events_that_journeys_send_are_read_by_people_too(role: Role) -> None:
    assert any(
        line.startswith("Read ") and "'shop.greetings'" in line
        for line in lines(role, emitted=("greetings",))
    )


def test_whoever_hears_feedback_may_write_nothing_else() -> None:
    assert lines(Role.RECEIVER) == ["Write --topic 'shop.feedback'"]


def test_an_empty_prefix_means_every_topic_by_its_own_pattern() -> None:
    assert "Create --topic 'shop.' --resource-pattern-type prefixed" in lines(Role.COMMAND_LINE)
    assert "Create --topic '*'" in lines(Role.COMMAND_LINE, prefix="")


@pytest.mark.parametrize("role", Role)
def test_nobody_may_alter_or_remove_or_do_anything_of_the_cluster(role: Role) -> None:
    words = {line.partition(" ")[0] for line in lines(role)}
    assert words <= {"Read", "Write", "Create", "Describe", "DescribeConfigs"}
    assert all(re.search("--(topic|group|transactional-id) ", line) for line in lines(role))


@pytest.mark.parametrize("role", [Role.ANALYST, Role.RECEIVER, Role.PRODUCER, Role.REPORTING])
def test_only_some_may_touch_what_runs_journeys(role: Role) -> None:
    written = " ".join(line for line in lines(role) if line.startswith("Write"))
    assert ("shop.control" in written) == (role is Role.REPORTING), "it pauses what floods"


def test_the_command_line_reads_every_topic() -> None:
    (read,) = [line for line in lines(Role.COMMAND_LINE) if line.startswith("Read --topic")]
    assert read.count("--topic") == len(CATALOGUE)


def test_a_privilege_is_told_in_kafkas_words() -> None:
    assert str(Privilege(Kind.TOPIC, "t", Operation.READ)) == "Read of topic t"
    begun = Privilege(Kind.TRANSACTIONAL_ID, "x-", Operation.WRITE, is_prefix=True)
    assert str(begun) == "Write of transactional-id x-*"
