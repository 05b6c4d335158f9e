"""What a role lacks, by what brokers tell whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import pytest
from kafka import TopicPartition
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupAuthorizationFailedError,
    KafkaError,
    NotCoordinatorError,
    TransactionalIdAuthorizationFailedError,
)
from kafka.structs import OffsetAndMetadata

from connectors.kafka import admin
from connectors.kafka.admin import missing
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.privileges import Kind, Operation, Privilege

KAFKA = Bootstrap(servers="k:9092")
NOT_THERE, NOT_ALLOWED = 3, 29


class Admin:
    """As much of a broker as is asked."""

    topics: ClassVar[dict[str, tuple[int, list[str] | None]]] = {}
    groups: ClassVar[dict[str, list[str]]] = {}

    def __init__(self, **_: Any) -> None:
        pass

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        found = {name: self.topics.get(name, (NOT_ALLOWED, None)) for name in names}
        return [
            {"name": name, "error_code": code, "authorized_operations": operations}
            for name, (code, operations) in found.items()
        ]

    def describe_groups(self, names: list[str]) -> dict[str, dict[str, Any]]:
        (name,) = names
        if name not in self.groups:
            raise GroupAuthorizationFailedError(name)
        is_there = bool(self.groups[name])
        error = None if is_there else "GroupIdNotFoundError"
        return {name: {"error": error, "authorized_operations": self.groups[name]}}

    def close(self) -> None:
        pass


class Producer:
    """Begins transactions under some ids only."""

    allowed: ClassVar[str] = "tea-step-events"

    def __init__(self, *, transactional_id: str, **_: Any) -> None:
        self._id = transactional_id

    def init_transactions(self) -> None:
        if not self._id.startswith(self.allowed):
            raise TransactionalIdAuthorizationFailedError

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("needed", "lacks"),
    [
        (Privilege(Kind.TOPIC, "t.read", Operation.READ), False),
        (Privilege(Kind.TOPIC, "t.read", Operation.WRITE), True),
        (Privilege(Kind.TOPIC, "t.hidden", Operation.WRITE), True),
        (Privilege(Kind.TOPIC, "t.none", Operation.WRITE), False),
        (Privilege(Kind.GROUP, "known", Operation.READ), False),
        (Privilege(Kind.GROUP, "seen", Operation.READ), True),
        (Privilege(Kind.GROUP, "hidden", Operation.DESCRIBE), True),
        (Privilege(Kind.GROUP, "none", Operation.READ), False),
        (
            Privilege(Kind.TRANSACTIONAL_ID, "tea-step-events", Operation.WRITE, is_prefix=True),
            False,
        ),
        (Privilege(Kind.TRANSACTIONAL_ID, "other", Operation.WRITE, is_prefix=True), True),
    ],
    ids=str,
)
def test_what_is_lacking_is_told(
    monkeypatch: pytest.MonkeyPatch, needed: Privilege, *, lacks: bool
) -> None:
    monkeypatch.setattr(admin, "KafkaAdminClient", Admin)
    monkeypatch.setattr(admin, "KafkaProducer", Producer)
    monkeypatch.setattr(
        Admin, "topics", {"t.read": (0, ["READ", "DESCRIBE"]), "t.none": (NOT_THERE, None)}
    )
    monkeypatch.setattr(Admin, "groups", {"known": ["READ"], "seen": ["DESCRIBE"], "none": []})
    assert missing(KAFKA, [needed]) == ([needed] if lacks else [])


@pytest.mark.parametrize(("operation", "lacks"), [("CREATE", False), ("DESCRIBE_CONFIGS", True)])
@pytest.mark.parametrize(("name", "is_prefix"), [("t.", True), ("*", False)])
def test_a_privilege_of_many_topics_shows_at_each_that_is_known(
    monkeypatch: pytest.MonkeyPatch, operation: str, name: str, *, is_prefix: bool, lacks: bool
) -> None:
    monkeypatch.setattr(admin, "KafkaAdminClient", Admin)
    monkeypatch.setattr(Admin, "topics", {"t.read": (0, ["READ", "CREATE"])})
    known = Privilege(Kind.TOPIC, "t.read", Operation.READ)
    many = Privilege(Kind.TOPIC, name, Operation[operation], is_prefix)
    assert missing(KAFKA, [known, many]) == ([many] if lacks else [])


class Loading:
    """A broker that is not ready to tell of groups the first times that it is asked."""

    def __init__(self, times: int, error: type[Exception]) -> None:
        self.times, self.error = times, error

    def list_group_offsets(self, groups: Mapping[str, None]) -> dict[str, Any]:
        self.times -= 1
        if self.times >= 0:
            raise self.error
        places = {0: 7, 1: -1}
        read = {
            TopicPartition("events", n): OffsetAndMetadata(at, "", 0) for n, at in places.items()
        }
        return dict.fromkeys(groups, read)


@pytest.mark.parametrize(
    "error", [CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError]
)
def test_what_groups_committed_is_awaited_from_a_broker_that_is_not_ready(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "_LOADING_S", 0)
    slow, never = (cast("Any", Loading(times, error)) for times in (3, 1_000))
    assert admin.committed(slow, "job") == {TopicPartition("events", 0): 7}
    with pytest.raises(error):
        admin.committed(never, "job")


def test_privileges_of_groups_are_asked_for_until_the_broker_is_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    class Young(Admin):
        def describe_groups(self, names: list[str]) -> dict[str, dict[str, Any]]:
            asked.extend(names)
            if len(asked) <= 3:
                raise CoordinatorNotAvailableError
            return super().describe_groups(names)

    monkeypatch.setattr(admin, "_LOADING_S", 0)
    monkeypatch.setattr(admin, "KafkaAdminClient", Young)
    monkeypatch.setattr(Admin, "groups", {"seen": ["DESCRIBE"]})
    needed = Privilege(Kind.GROUP, "seen", Operation.READ)
    assert missing(KAFKA, [needed]) == [needed]
    assert asked == ["seen"] * 4


def test_an_error_inside_of_the_answer_is_no_group_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[KafkaError] = [
        CoordinatorLoadInProgressError(),
        NotCoordinatorError(),
        GroupAuthorizationFailedError(),
    ]

    class Young(Admin):
        def describe_groups(self, names: list[str]) -> dict[str, dict[str, Any]]:
            error = str(told.pop(0))  # as kafka-python writes it
            return {name: {"error": error, "authorized_operations": None} for name in names}

    monkeypatch.setattr(admin, "_LOADING_S", 0)
    monkeypatch.setattr(admin, "KafkaAdminClient", Young)
    needed = Privilege(Kind.GROUP, "seen", Operation.READ)
    assert missing(KAFKA, [needed]) == [needed]
    assert not told
