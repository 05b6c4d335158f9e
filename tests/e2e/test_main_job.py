"""The whole path on a real broker and a real Flink cluster, with real mail and HTTP servers.

One stack serves all tests; each test has people of its own, whose ids begin with its name.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.e2e.rig import CANARY, PREFIX, Rig, event, savepoint, wait_until
from tests.e2e.search import files, pages, spilled

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_S = 120


def outcomes(rig: Rig, person: str) -> list[tuple[str, str, str | None, str]]:
    events = sorted(rig.step_events(person), key=lambda e: e["occurred_at"])
    return [(e["step_id"], e["outcome"], e["branch"], e["cause"]) for e in events]


def test_a_response_decides_a_timer_fires_and_an_event_wakes(rig: Rig) -> None:
    rig.send([("profiles", p, {"name": f"Ms {p}"}) for p in ("way-high", "way-low")])
    rig.send([("events", "way-high", event("start", size=80))])
    rig.send([("events", "way-low", event("start", size=20))])
    wait_until(
        lambda: ("low", "waiting", None, "flow") in outcomes(rig, "way-low"),
        PATIENCE_S,
        "the second person waits for an event",
    )
    rig.send([("events", "way-low", event("go"))])
    for person in ("way-high", "way-low"):
        wait_until(
            lambda person=person: count(rig, person, "completed") == 1,
            PATIENCE_S,
            f"{person} completes",
        )
    high, low = outcomes(rig, "way-high"), outcomes(rig, "way-low")
    assert ("rank", "passed", "high", "flow") in high
    assert ("high", "passed", None, "timer") in high
    assert ("rank", "passed", "low", "flow") in low
    assert ("low", "passed", "went", "event") in low
    assert ("ask", "succeeded", None, "result") in high
    mails = {m["to"][0]: m for m in rig.receivers.emails() if str(m["to"][0]).startswith("way-")}
    assert mails["way-high@mail.example"]["subject"] == "Score 80 of Ms way-high"
    assert str(mails["way-low@mail.example"]["text"]).strip() == "You said 20."
    calls = {c["body"].get("person"): c["body"] for c in rig.receivers.calls()}
    assert calls["way-low"] == {"person": "way-low", "size": 20}
    ids = [e["event_id"] for e in rig.step_events("way-")]
    assert len(ids) == len(set(ids))
    assert all(not isinstance(v, dict | list) for e in rig.step_events("way-") for v in e.values())


def test_each_bad_record_is_one_dead_letter_and_the_job_goes_on(rig: Rig) -> None:
    bad = {
        "bad-utf8": b'{"eventType": "probe.start", "size": "\xff"}',
        "bad-short": b'{"eventType": "probe.st',
        "bad-type": event("start", size="large"),
        "bad-field": event("start", size=1, timestamp=7),
        "bad-list": [1, 2],
        "bad-empty": b"",
        "bad-big": event("start", size=1, filler="x" * 2_000_000),
    }
    restarts = rig.running.job.restarts()
    rig.send([("events", key, value) for key, value in bad.items()])
    rig.send([("events", None, event("start", size=1)), ("results", "bad-result", b"{}")])
    patches: dict[str, object] = {
        "bad-dataset": {"_dataset": "crn", "points": 1},
        "bad-points": {"_dataset": "crm", "points": "many"},
        "bad-future": {"_timestamp": "2100-01-01T00:00:00Z", "points": 1},
        "bad-deep": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        "bad-kept": {"_dataset": "log", "points": 1},
        "bad-but-good": {"_dataset": "crm", "_timestamp": "2026-01-01T00:00:00Z", "points": 1},
    }
    rig.send([("profiles", key, value) for key, value in patches.items()])
    rig.send([("control", "bad-control", {"v": 1, "command": "dance"})])
    rig.send([("events", "bad-not", event("unheard", n=n)) for n in range(3)])
    rig.send([("events", "bad-but-good", event("start", size=1))])
    expected = {
        "bad-utf8": "not_utf8",
        "bad-short": "not_json",
        "bad-type": "schema",
        "bad-field": "wrong_type",
        "bad-list": "not_an_object",
        "bad-empty": "empty",
        "bad-big": "too_large",
        None: "no_identity",
        "bad-result": "wrong_type",
        "bad-control": "unknown_command",
        "bad-dataset": "unknown_dataset",
        "bad-points": "schema",
        "bad-future": "implausible_time",
        "bad-deep": "too_deep",
    }
    wait_until(
        lambda: len(rig.read("dead-letters")) >= len(expected), PATIENCE_S, "every bad record"
    )
    wait_until(lambda: bool(outcomes(rig, "bad-but-good")), PATIENCE_S, "the good record")
    letters = rig.read("dead-letters")
    assert {letter["key"]: letter["reason"] for letter in letters} == expected
    assert len(letters) == len(expected)
    places = {(letter["topic"], letter["partition"], letter["offset"]) for letter in letters}
    assert len(places) == len(letters)
    assert all(letter["detail"] and letter["topic"].startswith(PREFIX) for letter in letters)
    wait_until(
        lambda: counted(rig, "event_type", "probe.unheard") == 3,
        PATIENCE_S,
        "unknown event types are counted",
    )
    wait_until(lambda: counted(rig, "dataset", "log") == 1, PATIENCE_S, "and what is kept out")
    assert rig.running.job.restarts() == restarts


def counted(rig: Rig, field: str, value: str) -> int:
    counts = [m for m in rig.read("metrics") if m.get(field) == value]
    return sum(int(m["value"]) for m in counts)


def test_events_that_nobody_listens_to_are_counted_wherever_they_pass_by(rig: Rig) -> None:
    by = [(f"by-{n % 7}", json.dumps(event("passing", _id=f"by-{n}")).encode()) for n in range(350)]
    # A space before the text, and the JVM is not sure of it: Python counts those.
    spaced = [
        (person, b" " + value if n % 5 == 0 else value) for n, (person, value) in enumerate(by)
    ]
    rig.send(("events", person, value) for person, value in spaced)

    def counted() -> int:
        told = {
            e["window_start"]: e
            for e in rig.read("metrics")
            if e.get("event_type") == "probe.passing"
        }
        assert {e["result"] for e in told.values()} <= {"not_listened"}
        return sum(e["value"] for e in told.values())

    wait_until(lambda: counted() >= len(by), PATIENCE_S, "all are counted")
    assert counted() == len(by)


def test_version_2_takes_new_people_without_a_restart(rig: Rig) -> None:
    job, restarts = rig.running.job.id, rig.running.job.restarts()
    rig.send([("events", "version-old", event("start", size=20))])
    wait_until(
        lambda: ("low", "waiting", None, "flow") in outcomes(rig, "version-old"),
        PATIENCE_S,
        "someone waits in version 1",
    )
    file = rig.folder / "definitions.yaml"
    text = file.read_text()
    changed = text.replace("id: probe\nversion: 1", "id: probe\nversion: 2")
    changed = changed.replace("Score {{ action.ask.score }}", "Second score {{ action.ask.score }}")
    file.write_text(changed)
    assert "probe: new version, 1 → 2" in rig.journeys("plan", str(rig.folder))
    assert "published probe v2" in rig.journeys("publish", str(rig.folder))
    rig.send([("events", "version-old", event("go"))])

    def new_people_follow_it() -> bool:
        person = f"version-new-{len(rig.step_events('version-new'))}"
        rig.send([("events", person, event("start", size=90))])
        return any(e["journey_version"] == 2 for e in rig.step_events("version-new"))

    wait_until(new_people_follow_it, PATIENCE_S, "a new person enters version 2")
    wait_until(
        lambda: count(rig, "version-old", "completed") == 1,
        PATIENCE_S,
        "the person inside finishes",
    )
    assert {e["journey_version"] for e in rig.step_events("version-old")} == {1}
    wait_until(
        lambda: any(
            str(m["subject"]).startswith("Second score 90") for m in rig.receivers.emails()
        ),
        PATIENCE_S,
        "the new text arrives",
    )
    old = [m for m in rig.receivers.emails() if m["to"] == ["version-old@mail.example"]]
    assert [str(m["subject"]).split()[0] for m in old] == ["Score"]
    assert (rig.running.job.id, rig.running.job.restarts()) == (job, restarts)


def test_a_killed_taskmanager_loses_nobody_and_repeats_no_step_event(rig: Rig) -> None:
    people = [f"kill-{n:03d}" for n in range(200)]
    rig.send([("events", person, event("linger")) for person in people])
    wait_until(lambda: count(rig, "kill-", "waiting") == len(people), PATIENCE_S, "everyone waits")
    restarts = rig.running.job.restarts()
    rig.kill_worker()
    wait_until(
        lambda: count(rig, "kill-", "completed") >= len(people), PATIENCE_S, "everyone finishes"
    )
    events = rig.step_events("kill-")
    assert len({e["event_id"] for e in events}) == len(events)
    assert Counter(e["outcome"] for e in events) == {
        outcome: len(people)
        for outcome in ("entered", "waiting", "passed", "requested", "succeeded", "completed")
    }
    # Flink brings its metrics up to date every ten seconds.
    wait_until(lambda: rig.running.job.restarts() > restarts, 30, "the job was restarted")
    mails = [m for m in rig.receivers.emails() if str(m["to"][0]).startswith("kill-")]
    assert {str(m["to"][0]).partition("@")[0] for m in mails} == set(people)
    per_person = Counter(str(m["to"][0]) for m in mails)
    per_id = Counter(str(dict(m["headers"])["Message-ID"]) for m in mails)
    assert len(per_id) == len(per_person), "a repeat carries the same id"


def test_a_reading_goes_on_after_a_killed_taskmanager_and_reads_each_once(rig: Rig) -> None:
    people = [f"fair-{n:03d}" for n in range(500)]
    rig.send([("profiles", person, {"reader": True}) for person in people])
    wait_until(lambda: count(rig, "fair-", "entered") == len(people), PATIENCE_S, "all are known")
    rig.send([("events", "hall 7", event("fair"))])
    wait_until(lambda: len(read_at_the_fair(rig)) > 50, PATIENCE_S, "the reading is under way")
    assert len(read_at_the_fair(rig)) < len(people)
    rig.kill_worker()
    wait_until(lambda: len(read_at_the_fair(rig)) >= len(people), PATIENCE_S, "all are read")
    assert sorted(read_at_the_fair(rig)) == people
    ids = [e["event_id"] for e in rig.step_events("fair-")]
    assert len(ids) == len(set(ids))


def read_at_the_fair(rig: Rig) -> list[str]:
    entries = (e for e in rig.step_events("fair-") if e["journey_id"] == "fair")
    return [e["profile_id"] for e in entries if e["outcome"] == "entered"]


def test_every_kind_of_step_that_the_job_runs_is_walked(rig: Rig) -> None:
    rig.send([("events", "tour-ann", event("tour", item="tea"))])
    wait_until(
        lambda: ("rest", "waiting", None, "flow") in outcomes(rig, "tour-ann"),
        PATIENCE_S,
        "the walk comes to its last step",
    )
    walked = [(step, branch) for step, outcome, branch, _ in outcomes(rig, "tour-ann")]
    assert ("open", "stocked") in walked
    assert ("hear", "heard") in walked
    assert {"some", "others"} & {branch for step, branch in walked if step == "share"}
    assert ("look", "succeeded", None, "result") in outcomes(rig, "tour-ann")
    wait_until(lambda: count(rig, "tour-ann", "completed") == 1, PATIENCE_S, "the jump is walked")
    jumped = [e for e in rig.step_events("tour-ann") if e["journey_id"] == "linger_after"]
    assert [e["cause"] for e in jumped if e["outcome"] == "entered"] == ["jump"]
    (shout,) = rig.read("shouts")
    assert (shout["eventType"], shout["person"]) == ("probe.shouted", "tour-ann")
    asked = [c for c in rig.receivers.calls() if str(c["path"]).startswith("/stock")]
    assert len(asked) == 1
    rig.send([("profiles", "tour-ann", {"gaveUp": True})])
    wait_until(lambda: count(rig, "tour-ann", "exited") == 1, PATIENCE_S, "the criterion is met")


def test_an_sms_and_a_push_leave_by_the_services_of_the_settings(rig: Rig) -> None:
    ann = {"name": "Ann", "phone": "+33612345678", "device": "t-1"}
    rig.send([("profiles", "ring-ann", ann)])
    rig.send([("events", "ring-ann", event("ring"))])
    wait_until(lambda: count(rig, "ring-ann", "completed") == 1, PATIENCE_S, "both are sent")
    sent = [e for e in rig.step_events("ring-ann") if e["outcome"] == "succeeded"]
    assert {e["step_id"]: e["code"] for e in sent} == {"text": "http_201", "notify": "http_200"}
    calls: dict[str, Any] = {str(c["path"]): c for c in rig.receivers.calls()}
    sms = calls["/2010-04-01/Accounts/AC1/Messages.json"]
    form = {"To": ["+33612345678"], "From": ["Probe"], "Body": ["Hello Ann"]}
    assert parse_qs(sms["body"]) == form
    push = calls["/v1/projects/probe/messages:send"]
    assert push["headers"]["authorization"] == f"Bearer {CANARY}"
    notification = {"title": "Hello Ann", "body": "The SMS is SM1."}
    assert push["body"]["message"]["notification"] == notification
    keys = {e["step_id"]: e["request_id"] for e in sent}
    assert sms["headers"]["idempotency-key"] == keys["text"]
    assert push["headers"]["idempotency-key"] == keys["notify"]


def test_a_cap_lets_no_one_too_many_through_and_feedback_moves_a_person(rig: Rig) -> None:
    people = [f"queue-{n}" for n in range(8)]
    rig.send([("events", person, event("queue")) for person in people])

    def answered() -> list[dict[str, object]]:
        events = rig.step_events("queue-")
        return [e for e in events if e["step_id"] == "few" and e["outcome"] == "passed"]

    wait_until(lambda: len(answered()) == len(people), PATIENCE_S, "everyone has an answer")
    assert Counter(e["branch"] for e in answered()) == {None: 3, "full": 5}
    wait_until(
        lambda: sum(e["step_id"] == "react" for e in rig.step_events("queue-")) == 3,
        PATIENCE_S,
        "those with a place are told",
    )
    asked = [e for e in rig.step_events("queue-") if e["outcome"] == "requested"]
    clicked = {"request_id": asked[0]["request_id"], "reaction": "clicked"}
    rig.send([("feedback", asked[0]["profile_id"], clicked)])
    wait_until(
        lambda: any(e["branch"] == "clicked" for e in rig.step_events("queue-")),
        PATIENCE_S,
        "the click moves the person",
    )
    (moved,) = [e for e in rig.step_events("queue-") if e["branch"] == "clicked"]
    assert (moved["profile_id"], moved["cause"]) == (asked[0]["profile_id"], "feedback")


def test_two_journeys_together_send_nobody_more_than_a_cap_allows(rig: Rig) -> None:
    people = [f"calm-{n:03d}" for n in range(200)]
    kinds = [("offer", 1), ("offer", 2), ("reminder", 1), ("reminder", 2)]
    sent = [(person, event(kind, n=n)) for person in people for kind, n in kinds]
    random.Random(7).shuffle(sent)
    rig.send([("events", person, body) for person, body in sent])
    wait_until(
        lambda: count(rig, "calm-", "completed") == len(sent), PATIENCE_S, "every walk is over"
    )
    mails = [str(m["to"][0]).partition("@")[0] for m in rig.receivers.emails()]
    assert Counter(m for m in mails if m.startswith("calm-")) == dict.fromkeys(people, 2)
    refused = [e for e in rig.step_events("calm-") if e["outcome"] == "not_sent"]
    assert Counter(e["profile_id"] for e in refused) == dict.fromkeys(people, 2)
    assert {e["reason"] for e in refused} == {"frequency_cap"}
    assert {e["journey_id"] for e in refused} == {"offers", "reminders"}


def test_events_take_a_person_into_an_audience_and_time_alone_takes_them_out(rig: Rig) -> None:
    rig.send([("events", "eager-ann", event("nudge", n=n)) for n in range(2)])
    wait_until(
        lambda: count(rig, "eager-ann", "completed") == 1, PATIENCE_S, "they go in, and out again"
    )
    walked = outcomes(rig, "eager-ann")
    assert ("entry", "entered", None, "audience") in walked
    assert ("stay", "passed", "exit_eager", "audience") in walked


def test_no_secret_is_in_any_topic_log_state_metric_or_page(rig: Rig) -> None:
    rig.send([("events", "confide-ann", event("confide"))])
    wait_until(
        lambda: ("stay", "waiting", None, "flow") in outcomes(rig, "confide-ann"),
        PATIENCE_S,
        "all calls were made and failed as they should",
    )
    savepoint(rig, "with-secrets")
    outside = spilled(files(rig.folder.with_name("receivers")), CANARY)
    heard = [c for c in rig.receivers.calls() if "/confide/" in c["path"] or c["path"] == "/spill"]
    assert {"calls.jsonl"} <= {place for place, _ in outside}, "the secret came where it should"
    assert len(heard) == 2
    ends = {e["step_id"]: e["code"] for e in rig.step_events("confide-ann") if e["code"]}
    assert ends == {"confide": "http_200", "spill": "http_500", "lose": "connect_error"}
    inside = [*files(rig.folder), *pages(rig.running.job.rest_url)]
    assert len(inside) > 100
    assert any("confide-ann" in str(octets) for _, octets in inside), (
        "the search finds what is there"
    )
    assert spilled(inside, CANARY) == []


def test_what_tidies_up_leaves_the_cores_to_decisions(rig: Rig) -> None:
    """RocksDB merges what checkpoints have written in threads that yield to all others."""
    worker = rig.stack.processes()[f"taskmanager-{rig.worker()}"].pid
    people = itertools.count()

    def merging() -> set[int]:
        """Give the priorities of the threads that merge, while there is more to merge."""
        rig.send([("events", f"tidy-{next(people)}", event("start", size=20))])
        found = set()
        for thread in (Path("/proc") / str(worker) / "task").iterdir():
            with suppress(OSError):  # it has ended since
                if (thread / "comm").read_text().strip() == "rocksdb:low":
                    found.add(os.getpriority(os.PRIO_PROCESS, int(thread.name)))
        return found

    wait_until(lambda: merging() == {19}, PATIENCE_S, "what checkpoints have written is merged")


def test_stop_and_run_go_on_where_they_were(rig: Rig) -> None:
    """The last test of the file: it stops the stack that serves the others, and starts it anew."""
    rig.send([("events", "again-before", event("start", size=20))])
    wait_until(
        lambda: ("low", "waiting", None, "flow") in outcomes(rig, "again-before"),
        PATIENCE_S,
        "someone waits",
    )
    rig.journeys("down", str(rig.folder))
    emails = len(rig.receivers.emails())
    rig.journeys("run", str(rig.folder))
    events = len(rig.read("step-events"))
    rig.send([("events", "again-before", event("go"))])
    wait_until(lambda: count(rig, "again-before", "completed") == 1, PATIENCE_S, "they finish")
    ids = [e["event_id"] for e in rig.read("step-events")]
    assert len(ids) == len(set(ids)), "nothing is reported twice"
    assert len(ids) == events + 4, "the race passes, an email is asked for and sent, the walk ends"
    assert len(rig.receivers.emails()) == emails + 1


def count(rig: Rig, people: str, outcome: str) -> int:
    return sum(e["outcome"] == outcome for e in rig.step_events(people))
