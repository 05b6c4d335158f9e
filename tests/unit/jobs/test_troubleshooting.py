"""The verbs `why`, `inside`, `check events` and `dlq` on topics that are given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received
from jobs import asking, letter_topic, local
from jobs.asking import NoAnswerError, ask
from jobs.cli import check, inside, why
from jobs.cli.app import app
from jobs.control_topic import Control
from journeys import codec
from journeys.errors import JourneyError
from journeys.inquiry_codec import dump_live_state
from journeys.records import DeadLetter, Record, read_event
from tests.harness.person import START
from tests.harness.plans import COMMON, plan_of
from tests.harness.topics import Topics

KAFKA = Bootstrap(servers="broker")
CART = """
kind: journey
id: cart
version: 2
entry: {event: signup, when: "@event{signup.total} >= 50"}
steps:
  pause: {wait: PT1H}
"""
Call = Callable[..., Result]


class Platform:
    """Topics that the command line reads, and what was written to them."""

    def __init__(self) -> None:
        self.world = Topics(plan_of(CART))
        self.letters: list[bytes] = []
        self.metrics: list[dict[str, Any]] = []
        self.written: list[tuple[str, bytes | None, bytes | None, list[tuple[str, bytes]]]] = []
        self.answers = True

    def send(self, key: str | None, value: bytes) -> None:
        self.world.send(key, value)
        read = read_event(self.world.records[-1], self.world.simulator.plans)
        if isinstance(read, DeadLetter):
            self.letters.append(read.to_text().encode())

    def event(self, key: str | None, kind: str = "account.signup", **payload: object) -> None:
        self.send(key, json.dumps({"eventType": kind, **payload}).encode())

    def read(self, _: Bootstrap, topic: str, **__: object) -> Iterator[Received]:
        match topic.rpartition(".")[2]:
            case "events":
                for r in self.world.records:
                    yield Received(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value)
                for n, (to, key, value, headers) in enumerate(self.written):
                    if to == "j.events":
                        name = None if key is None else key.decode()
                        yield Received(topic, 0, 1_000 + n, START, name, value, tuple(headers))
            case "step-events":
                for name in self.world.simulator.people:
                    for n, event in enumerate(self.world.step_events(name)):
                        text = codec.dump_step_event(event).encode()
                        yield Received(topic, 0, n, event.occurred_at, name, text)
            case "dead-letters":
                yield from (Received(topic, 0, n, 0, None, t) for n, t in enumerate(self.letters))
            case "metrics":
                for n, metric in enumerate(self.metrics):
                    yield Received(topic, 0, n, 0, None, json.dumps(metric).encode())

    def ask(self, *words: object, **asked: Any) -> object:
        if not self.answers:
            message = "the job has not answered within 10 s"
            raise NoAnswerError(message)
        return self.world.live(str(words[2]), asked["journey"], asked["payload"])

    def record(self, _: Bootstrap, topic: str, partition: int, offset: int) -> Received | None:
        found = self.world.records[offset : offset + 1]
        return next((Received(topic, partition, offset, 0, r.key, r.value) for r in found), None)


class Writes:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def __enter__(self) -> Writes:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Any = (),
    ) -> None:
        self._platform.written.append((topic, key, value, list(headers)))


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Platform:
    made = Platform()
    for module in (why, inside, check, letter_topic):
        monkeypatch.setattr(module, "read_topic", made.read)
    for module in (why, letter_topic):
        monkeypatch.setattr(module, "offsets_at", lambda *_: {0: 0})
    for module in (why, inside, check):
        control = Control([], made.world.simulator.plans, {("cart", 2): 0})
        monkeypatch.setattr(module, "read_control_topic", lambda *_, control=control: control)
    monkeypatch.setattr(why, "ask", made.ask)
    monkeypatch.setattr(check, "ends", lambda *_: {0: 0})
    monkeypatch.setattr(check, "lag", lambda *_: 3)
    monkeypatch.setattr(check, "last_record", lambda *_: None)
    monkeypatch.setattr(letter_topic, "read_record", made.record)
    monkeypatch.setattr(letter_topic, "Writer", lambda _: Writes(made))
    monkeypatch.setattr(local, "bootstrap_of", lambda _: "broker:9092")
    monkeypatch.chdir(tmp_path)
    return made


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


# why


def test_why_says_the_reason_first_then_what_it_rests_on(platform: Platform) -> None:
    platform.event("ann", _id="e1", total=40)
    done = call("why", "ann", "cart")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "ann did not enter cart v2: condition",
        "  @event{signup.total} was 40; needs >= 50",
        "  2026-03-01T08:00:00.000Z  event account.signup, _id e1, at j.events/0/0",
        "  what to do: send an event, or describe the person, so that the entry's `when` holds; "
        "or change it",
        "",
        "The rules of the entry now, with that event and what is known of the person now:",
        "  ✓ open         version 2 lets people in: live",
        "  ✗ when         @event{signup.total} was 40; needs >= 50 (condition)",
        "  ✓ re-entrance  the person is not inside, and may enter",
    ]


def test_why_ends_well_where_the_person_entered(platform: Platform) -> None:
    platform.event("ann", _id="e1", total=40)
    platform.event("ann", _id="e2", total=60)
    done = call("why", "ann", "cart")
    assert done.exit_code == 0
    text = done.stdout.splitlines()
    assert text[0] == "ann entered cart v2"
    assert text[-1].startswith(
        "  condition: 2026-03-01T08:00:00.000Z  event account.signup, _id e1"
    )


def test_why_goes_on_where_the_job_does_not_answer(platform: Platform) -> None:
    platform.event("ann", total=40)
    platform.answers = False
    done = call("why", "ann", "cart")
    assert done.stdout.startswith("ann did not enter cart v2: condition\n")
    assert "what follows is from the topics alone" in done.stderr


def test_why_is_given_as_data(platform: Platform) -> None:
    platform.event("ann", total=40)
    found = json.loads(call("why", "ann", "cart", "--format", "json").stdout)
    assert (found["word"], found["rules"][1]["reason"]) == ("condition", "condition")
    assert found["rules"][1]["explained"]["read"] == {"@event{signup.total}": "40"}


def test_why_reads_the_dead_letters(platform: Platform) -> None:
    platform.send("ann", b"{")
    assert call("why", "ann", "cart").stdout.startswith("ann did not enter cart v2: not_json\n")


# inside


def counted(number: int) -> dict[str, Any]:
    return {
        "metric": "journeys_inside",
        "journey_id": "cart",
        "journey_version": 2,
        "value": number,
        "behind": 0,
    }


def test_who_is_where_is_shown_and_held_against_the_job(platform: Platform) -> None:
    for name in ("ann", "bob", "cid"):
        platform.event(name, total=60)
    platform.metrics = [counted(1), counted(3)]
    done = call("inside", "cart", "--most", "2")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "v2",
        "  pause  3",
        "    ann  since 2026-03-01T08:00:00.000Z  until 2026-03-01T09:00:00.000Z",
        "    bob  since 2026-03-01T08:00:00.000Z  until 2026-03-01T09:00:00.000Z",
        "    and 1 more",
    ]
    assert done.stderr == "3 people inside; the job counts the same.\n"


def test_other_numbers_are_findings(platform: Platform) -> None:
    platform.event("ann", total=60)
    platform.metrics = [counted(2)]
    done = call("inside", "cart", "--format", "json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["counted_by_the_job"] == {"2": 2}
    assert "step events tell of 1 person inside, and the job counts 2" in done.stderr


def test_one_step_can_be_asked_for_and_a_journey_must_be_known(platform: Platform) -> None:
    empty = call("inside", "cart", "--step", "pause")
    assert (empty.exit_code, empty.stdout) == (0, "nobody is at step 'pause'\n")
    platform.event("ann", total=60)
    platform.metrics = [counted(1)]
    done = call("inside", "cart", "--step", "puase")
    assert "has a step 'puase': did you mean 'pause'?" in str(done.exception)
    done = call("inside", "carts")
    assert isinstance(done.exception, JourneyError)
    assert "did you mean 'cart'" in str(done.exception)


# check events


def test_a_sound_topic_is_told_with_rates_and_who_listens(platform: Platform) -> None:
    for n in range(3):
        platform.event("ann", _id=f"e{n}", total=60)
    done = call("check", "events", "--for", "1s")
    assert done.exit_code == 0
    text = done.stdout.splitlines()
    assert text[0].startswith("records      3, ")
    assert text[1].startswith("  partition 0  3, ")
    assert text[2:] == [
        "matched      1 events",
        "  signup  cart v2 3",
        "not heard    0",
        "unusable     0",
    ]
    assert "The job is behind by: 3 records." in done.stderr


def test_what_is_wrong_is_counted_with_a_sample_of_each(platform: Platform) -> None:
    platform.event("ann", "account.Signup")
    platform.event("ann", _id="e", total=1)
    platform.event("ann", _id="e", total=1)
    platform.send(None, b'{"eventType": "x"}')
    platform.send("ann", b"{")
    platform.send("ann", b"[")
    done = call("check", "events", "--for", "PT1S")
    assert done.exit_code == 1
    text = done.stdout
    assert "  account.Signup  1: nothing listens; did you mean 'account.signup'?" in text
    assert "without _id  1: sent twice, they count twice" in text
    assert "repeats      1: their `_id` came before; they count once" in text
    assert "unusable     3" in text
    assert "  not_json  2, such as j.events/0/4: the value is not JSON" in text
    assert "    begins   {\n" in text
    row = json.loads(call("check", "events", "--for", "1s", "--format", "json").stdout)
    assert [(f["reason"], f["count"]) for f in row["faults"]] == [
        ("no_identity", 1),
        ("not_json", 2),
    ]


def test_a_topic_that_nobody_feeds_is_a_finding(platform: Platform) -> None:
    done = call("check", "events", "--for", "1s")
    assert done.exit_code == 1
    assert "No record has come to journeys.events: there is none." in done.stderr


def test_records_of_a_file_are_checked_before_they_are_sent(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text(COMMON + CART)
    (tmp_path / "people.jsonl").write_text(
        '{"eventType": "account.signup", "identityMap": {"ecid": [{"id": "ann"}]}}\n'
        '{"topic": "profiles", "key": "ann", "payload": {}}\n'
        '{"eventType": "account.signup"}\n'
        '{"eventType": \n'
    )
    file = str(tmp_path / "people.jsonl")
    done = call("check", "events", "--project", str(tmp_path), "--file", file)
    assert done.exit_code == 1
    assert "  no_identity  1, such as " in done.stdout
    assert "  not_json  1, such as " in done.stdout
    assert "  signup  cart v2 1" in done.stdout


def test_a_length_that_is_none_is_a_usage_fault(platform: Platform) -> None:
    del platform
    assert call("check", "events", "--for", "soon").exit_code == 2


# dlq


@pytest.fixture
def letters(platform: Platform) -> Platform:
    platform.send("ann", b"{")
    platform.send("bob", b"[1")
    platform.event(None, total=60)
    return platform


def test_letters_are_listed_by_reason_and_origin(letters: Platform) -> None:
    del letters
    done = call("dlq", "list")
    assert done.exit_code == 1
    heads = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert heads == ["not_json  2 from j.events", "no_identity  1 from j.events"]
    only = call("dlq", "list", "--reason", "no_identity", "--format", "json")
    assert [row["dead_letter_id"] for row in json.loads(only.stdout)] == ["j.events/0/2"]
    assert call("dlq", "list", "--reason", "not_jsn").exit_code == 2


def test_no_letters_are_no_findings(platform: Platform) -> None:
    del platform
    assert call("dlq", "list").exit_code == 0


def test_one_letter_is_shown_with_its_bytes_and_what_to_do(letters: Platform) -> None:
    text = call("dlq", "show", "j.events/0/0").stdout
    assert "  to do    send JSON, whole" in text
    assert "  again    was not sent again" in text
    assert text.endswith("  value    1 bytes\n    {\n")
    letters.world.records[0] = replace_value(letters.world.records[0], b"\xff\x00ab")
    letters.letters[0] = DeadLetter(letters.world.records[0], "not_utf8", "x").to_text().encode()  # type: ignore[arg-type]  # its word
    text = call("dlq", "show", "j.events/0/0").stdout
    assert f"    0000  {'ff 00 61 62':<47}  ..ab" in text
    done = call("dlq", "show", "j.events/0/9")
    assert "there is no dead letter 'j.events/0/9'" in str(done.exception)


def replace_value(record: Record, value: bytes) -> Record:
    return Record(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        value,
        len(value),
    )


def test_a_replay_goes_where_the_record_came_from_with_its_key_and_once(letters: Platform) -> None:
    assert call("dlq", "replay", "j.events/0/0", "--dry-run").exit_code == 0
    assert letters.written == []
    mark = [("journeys-replay-of", b"j.events/0/0")]
    assert call("dlq", "replay", "j.events/0/0").stderr == "Sent 1 record again.\n"
    assert letters.written == [("j.events", b"ann", b"{", mark)]
    done = call("dlq", "replay", "--reason", "not_json")
    assert "Passed over 1 that were sent again before" in done.stderr
    assert [written[1] for written in letters.written] == [b"ann", b"bob"]
    assert "was sent again" in call("dlq", "show", "j.events/0/0").stdout
    call("dlq", "replay", "j.events/0/0", "--again")
    assert len(letters.written) == 3


def test_mended_records_are_sent_in_their_place(letters: Platform, tmp_path: Path) -> None:
    file = tmp_path / "mended.jsonl"
    file.write_text(
        '{"dead_letter_id": "j.events/0/2", "key": "cid"}\n'
        '{"dead_letter_id": "j.events/0/0", "payload": {"eventType": "x"}}\n'
    )
    assert call("dlq", "replay", "--mended", str(file)).exit_code == 0
    assert [written[1:3] for written in letters.written] == [
        (b"cid", b'{"eventType": "account.signup", "total": 60}'),
        (b"ann", b'{"eventType":"x"}'),
    ]


def test_a_value_is_mended_in_the_editor(
    letters: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "sed -i s/{/{}/")
    call("dlq", "replay", "j.events/0/0", "--edit")
    assert letters.written[0][2] == b"{}"
    monkeypatch.setenv("VISUAL", "true")
    done = call("dlq", "replay", "j.events/0/1", "--edit")
    assert "was not changed in the editor" in str(done.exception)


def test_a_record_that_is_gone_is_sent_from_its_sample_only_where_that_is_whole(
    letters: Platform,
) -> None:
    letters.world.records.clear()
    call("dlq", "replay", "j.events/0/1")
    assert letters.written[0][1:3] == (b"bob", b"[1")
    record = Record("j.events", 0, 7, START, "dan", b"x" * 5_000, 5_000)
    letters.letters.append(DeadLetter(record, "not_json", "x").to_text().encode())  # type: ignore[arg-type]  # its word
    done = call("dlq", "replay", "j.events/0/7")
    assert "only its first 4096 of 5000 bytes were kept" in str(done.exception)
    done = call("dlq", "replay", "--reason", "not_json", "--again")
    assert (done.exit_code, len(letters.written)) == (1, 3)
    assert "left: j.events/0/7: the record is not on j.events any more" in done.stderr
    assert "Sent 2 records again" in done.stderr


def test_rows_of_files_are_ingested_again_instead(letters: Platform, tmp_path: Path) -> None:
    record = Record("file:data/crm.csv", 0, 7, START, "dan", b"x", 1)
    letters.letters.append(DeadLetter(record, "schema", "x").to_text().encode())  # type: ignore[arg-type]  # its word
    done = call("dlq", "replay", "file:data/crm.csv/0/7")
    assert "`journeys ingest` it again" in str(done.exception)
    mended = tmp_path / "mended.jsonl"
    mended.write_text(
        '{"dead_letter_id": "j.events/0/0", "payload": {}}\n'
        '{"dead_letter_id": "file:data/crm.csv/0/7", "payload": {}}\n'
    )
    done = call("dlq", "replay", "--mended", str(mended))
    assert "`journeys ingest` it again" in str(done.exception)
    assert letters.written == []


def test_nothing_is_replayed_without_a_choice(letters: Platform) -> None:
    assert call("dlq", "replay").exit_code == 2
    assert letters.written == []


# Asking


def test_an_answer_is_told_by_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Topics(plan_of(CART))
    said: list[Any] = []

    def read(_: Bootstrap, topic: str, **__: object) -> Iterator[Received]:
        for name in ("other", said[0].id):
            text = dump_live_state(replace(world.live("ann", "cart"), id=name)).encode()
            yield Received(topic, 0, 0, 0, "ann", text)

    monkeypatch.setattr(asking, "ends", lambda *_: {0: 0})
    monkeypatch.setattr(asking, "say", lambda *words: said.extend(words[3]))
    monkeypatch.setattr(asking, "read_topic", read)
    told = ask(KAFKA, _topics(), "ann", journey="cart")
    assert told.id == said[0].id
    monkeypatch.setattr(asking, "read_topic", lambda *_, **__: iter(()))
    with pytest.raises(NoAnswerError, match="`journeys doctor` says whether it runs"):
        ask(KAFKA, _topics(), "ann")


def _topics() -> Any:
    from connectors.kafka.topics import Topics as Names

    return Names()
