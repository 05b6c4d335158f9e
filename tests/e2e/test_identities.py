"""Identities on the real job: two become one person, and one who is erased leaves nothing behind.

One stack serves both tests; each has people of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka.client import Writer
from journeys.report import report
from tests.e2e.rig import PREFIX, Rig, savepoint, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(400),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PROJECT = Path(__file__).parent / "identities"
PATIENCE_S = 150
PAIRS = 30


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("identities"), PROJECT)
    try:
        rig.start()
        yield rig
    finally:
        rig.stop()


def link(secondary: str, primary: str, **patch: object) -> tuple[str, str, dict[str, object]]:
    identities = {"crm": [{"id": primary, "primary": True}], "ecid": [{"id": secondary}]}
    return "profiles", secondary, {"identityMap": identities, **patch}


def event(kind: str, **fields: object) -> dict[str, object]:
    return {"eventType": kind, **fields}


def told(rig: Rig, people: str, *outcomes: str) -> Counter[str]:
    """Count step events of people whose id begins so."""
    found = (e for e in rig.step_events(people) if e["outcome"] in outcomes)
    return Counter(f"{e['journey_id']} {e['reason'] or e['outcome']}" for e in found)


def test_two_identities_with_walks_on_both_sides_become_one_person(rig: Rig) -> None:
    """While a worker is killed: every walk goes on once, and every message leaves once."""
    numbers = [f"{n:02d}" for n in range(PAIRS)]
    rig.send([("profiles", f"device-{n}", {"name": f"Ann {n}", "tier": "bronze"}) for n in numbers])
    rig.send([("profiles", f"person-{n}", {"tier": "gold"}) for n in numbers])
    for n in numbers:
        began = [("pausing", {}), ("racing", {}), ("calling", {"order": "first"}), ("shared", {})]
        rig.send([("events", f"device-{n}", event(kind, **more)) for kind, more in began])
    standing = {"pausing waiting", "racing waiting", "calling requested", "shared waiting"}
    wait_until(
        lambda: all(told(rig, "device-", "waiting", "requested")[s] >= PAIRS for s in standing),
        PATIENCE_S,
        "all walks of the first identities stand where they are to be linked",
    )
    for n in numbers:
        rig.send([("events", f"person-{n}", event("shared"))])
        rig.send([("events", f"person-{n}", event("calling", order="second"))])
    wait_until(
        lambda: told(rig, "person-", "waiting")["shared waiting"] == PAIRS,
        PATIENCE_S,
        "the second identities have begun, too",
    )
    rig.send([link(f"device-{n}", f"person-{n}") for n in numbers])
    restarts = rig.running.job.restarts()
    rig.kill_worker()
    wait_until(  # links and events come by two topics: neither waits for the other
        lambda: told(rig, "", "joined")["racing joined"] == PAIRS, PATIENCE_S, "all are linked"
    )
    rig.send([("events", f"device-{n}", event("go")) for n in numbers])
    walks = {"pausing", "racing", "calling", "shared"}
    done = {f"{walk} completed": PAIRS * (1 + (walk == "calling")) for walk in walks}
    wait_until(
        lambda: told(rig, "", "completed") == done, PATIENCE_S, "every walk is over, and once"
    )
    wait_until(lambda: rig.running.job.restarts() > restarts, 30, "the job was restarted")
    assert told(rig, "", "joined")["pausing joined"] == PAIRS
    assert told(rig, "", "exited", "failed") == {"shared merged": PAIRS}
    events = rig.read("step-events")
    assert len({e["event_id"] for e in events}) == len(events)
    assert [version.drift for version in report(events).values()] == [0] * len(report(events))
    assert not any(version.inside for version in report(events).values())
    mails: dict[str, tuple[str, str]] = {}
    for mail in rig.receivers.emails():
        message: Any = dict(mail["headers"])
        to: Any = mail["to"]
        mails[message["Message-ID"]] = (str(to[0]), str(mail["subject"]))
    expected = [
        (f"person-{n}@mail.example", f"{of} of Ann {n}, gold")
        for n in numbers
        for of in ("pausing", "racing", "first", "second", "shared")
    ]
    assert sorted(mails.values()) == sorted(expected)
    assert rig.read("dead-letters") == []


SECRET = "secret-word-7dq3"
ERASED = ("erased-9fk2", "linked-4hx8")
"""A person, and another identity of theirs."""


def test_nothing_of_an_erased_person_is_left_in_a_savepoint(rig: Rig) -> None:
    person, device = ERASED
    for who in ERASED:
        rig.send([("profiles", who, {"name": SECRET})])
        rig.send([("events", who, event("everything", secret=SECRET))])
    full = {"long_call requested", "long_wait waiting", "eager waiting", "readers waiting"}
    for who in ERASED:
        wait_until(
            lambda who=who: told(rig, who, "waiting", "requested").keys() >= full,
            PATIENCE_S,
            "every operator has something to keep of both",
        )
    before = savepoint(rig, "before")
    words = (*ERASED, SECRET)
    assert {word for word, _ in found(before, *words)} == {*words}, "the search finds what is there"
    rig.send([link(device, person)])
    wait_until(
        lambda: told(rig, person, "joined", "exited")["readers merged"] == 1,
        PATIENCE_S,
        "both are one person",
    )
    assert found(savepoint(rig, "joined"), device)
    with Writer(rig.stack.bootstrap) as writer:
        writer.write(f"{PREFIX}profiles", device.encode(), None)
    left = Counter({"long_call erased": 1, "long_wait erased": 1, "eager erased": 1})
    wait_until(
        lambda: told(rig, person, "exited") >= left + Counter({"readers erased": 1}),
        PATIENCE_S,
        "every walk of the person has ended",
    )
    # Word that the other identity stands for itself again comes a moment later.
    names = iter(range(100))
    wait_until(
        lambda: not found(savepoint(rig, f"after-{next(names)}"), *ERASED, SECRET),
        PATIENCE_S,
        "nothing is left of the person",
    )
    for who in ERASED:
        rig.send([("events", who, event("pausing"))])
        wait_until(
            lambda who=who: told(rig, who, "waiting")["pausing waiting"] == 1,
            PATIENCE_S,
            "later events begin anew, for each identity",
        )
    assert rig.read("dead-letters") == []


def found(folder: Path, *words: str) -> list[tuple[str, str]]:
    """Look for words in every byte of every file below a folder; state is not compressed."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert any(file.name == "_metadata" for file in files)
    return [(w, file.name) for file in files for w in words if w.encode() in file.read_bytes()]
