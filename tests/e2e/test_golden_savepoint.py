"""Savepoints of earlier formats are restored, and everybody in them goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from journeys.control import ResumeJourney, StopJourney, dump_command, key_of
from tests.e2e.golden_savepoint import ARCHIVE, PEOPLE, SAVEPOINTS, send, unpack
from tests.e2e.rig import Rig, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(400),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_S = 150
VERSIONS = sorted(folder.name for folder in SAVEPOINTS.iterdir())
"""The oldest has the longest way to the present formats; the others follow in `make upgrades`."""


@pytest.fixture(scope="module", params=VERSIONS if "JOURNEYS_LONG" in os.environ else VERSIONS[:1])
def restored(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rig]:
    version = SAVEPOINTS / request.param
    rig = Rig(tmp_path_factory.mktemp("golden"), version / "project")
    unpack(version / ARCHIVE, rig.folder / ".journeys" / "savepoints")
    try:
        rig.start()
        yield rig
    finally:
        rig.stop()


def outcomes(rig: Rig, person: str) -> list[str]:
    """Give what has become of a person since the job was restored."""
    told = [e for e in rig.read("step-events") if e["profile_id"] == person]
    return [f"{e['step_id']} {e['reason'] or e['outcome']}" for e in told]


def letters(rig: Rig) -> dict[str, str]:
    return {str(m["to"][0]).partition("@")[0]: str(m["subject"]) for m in rig.receivers.emails()}


def test_everybody_goes_on_where_they_stood(restored: Rig) -> None:
    purchase = {"eventType": "golden.purchase", "_id": "later", "total": 9}
    restored.send([("events", person, purchase) for person in ("racing", "loyal", "tried")])
    send(restored, "once", when="later")
    restored.send([("events", "once", {"eventType": "golden.again", "_id": "again"})])
    restored.send([("events", "late", {"eventType": "golden.scarce", "_id": "late"})])
    # Not by the command line: the topic `control` of this broker knows nothing of the pause.
    for command in (ResumeJourney(journey="parked"), StopJourney(journey="moving")):
        restored.send([("control", key_of(command), dump_command(command))])
    expected = {
        "waiting": ["pause passed", "write requested", "write succeeded", "write completed"],
        "racing": ["race passed", "write requested", "write succeeded", "write completed"],
        "moving": ["rest stopped"],
        "parked": ["write requested", "write succeeded", "write completed"],
        "calling": ["write succeeded", "write completed"],
        "scarce": [],
        "once": [
            "entry reentry_not_allowed",
            "entry entered",
            "write frequency_cap",
            "write completed",
        ],
        "loyal": ["entry entered", "stay waiting"],
        "tried": ["try converted"],
        "late": ["entry entered", "place waiting", "place cap", "place completed"],
    }
    assert expected.keys() == {*PEOPLE, "late"}

    def told() -> bool:
        return all(outcomes(restored, person) == trace for person, trace in expected.items())

    try:
        wait_until(told, PATIENCE_S, "everybody has gone on")
    except AssertionError:
        assert {person: outcomes(restored, person) for person in expected} == expected
    assert letters(restored) == {
        name: f"Dear {name.title()}" for name in ("waiting", "racing", "parked", "calling")
    }
    assert restored.read("dead-letters") == []
