"""The verbs `report`, `trace`, `compare` and `publish` on topics that are given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connectors.kafka.client import Received
from jobs import local, topic_tables
from jobs.asking import NoAnswerError
from jobs.cli import paths as verbs
from jobs.cli.app import app
from jobs.control_topic import Control
from journeys import codec
from journeys.attributes import Attributes
from journeys.control import publish_message
from journeys.errors import JourneyError
from journeys.inquiry import Inquiry, LiveState
from journeys.live_state import live_state
from journeys.mode import Mode
from journeys.profile import Profile
from tests.harness.person import Person
from tests.harness.plans import SIMPLE, plan_of

SHADOW = SIMPLE.replace("version: 1", "version: 2").replace("PT1H", "PT2H")
Call = Callable[..., Result]


def people() -> Iterator[Person]:
    for name in ("ann", "bob"):
        person = Person(plan_of(SIMPLE), name=name)
        if name == "bob":
            person.signs_up()
        person.passes("PT1S")
        person.simulator.say(publish_message(plan_of(SHADOW), Mode.SHADOW))
        person.signs_up()
        yield person


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Give the command line, on a broker that holds the step events of two people."""
    found = list(people())
    told = [(p.name, event) for p in found for event in p.step_events]
    texts = [(name, codec.dump_step_event(event).encode()) for name, event in told]
    records = [Received("step-events", 0, n, 0, *record) for n, record in enumerate(texts)]
    on_topic = {"journeys.step-events": records}
    for module in (verbs, topic_tables):
        monkeypatch.setattr(
            module, "read_topic", lambda _, topic, **__: iter(on_topic.get(topic, []))
        )
    monkeypatch.setattr(local, "bootstrap_of", lambda _: "broker:9092")
    control = Control([], found[0].plans)
    known = {person.name: person for person in found}
    monkeypatch.setattr(verbs, "ask", lambda *words, **asked: answered(known, words[2], **asked))
    for module in (verbs, topic_tables):
        monkeypatch.setattr(module, "read_control_topic", lambda *_: control)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, list(words))


def answered(known: dict[str, Person], name: str, *, values: bool) -> LiveState:
    """Answer as the job does; of nobody else does it know anything."""
    person = known.get(name, Person(name=name))
    told = Inquiry("q", values=values)
    attributes = Attributes({"email": "a@example.org"})
    profile = Profile(name, lambda: attributes)
    return live_state(person.plans, person.person, profile, told, person.now)


def test_a_report_counts_what_really_happened_and_names_the_rest(call: Call) -> None:
    done = call("report")
    assert done.stdout.splitlines()[:3] == [
        "simple v1",
        "  entered      2",
        "  not entered  1 (already_inside 1)",
    ]
    assert "shadow" not in done.stdout
    assert done.stderr == "Not shown: simple v2 (shadow); --mode all shows everything.\n"


def test_a_report_on_what_nobody_knows_is_no_success(call: Call) -> None:
    done = call("report", "--journey", "simpel")
    assert (done.exit_code, done.stderr) == (1, "no step event tells of simpel\n")
    done = call("report", "--version", "9")
    assert (done.exit_code, done.stderr) == (1, "no step event tells of any journey v9\n")
    assert call("report", "--journey", "simple").exit_code == 0
    done = call("report", "--since", "2027-01-01T00:00:00Z")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "Nothing is told of that" in done.stderr
    instants = ("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z")
    done = call("report", "--since", instants[0], "--until", instants[1])
    assert (done.exit_code, "nothing lies between" in done.stderr) == (2, True)


def test_a_report_of_rehearsals_can_be_asked_for(call: Call) -> None:
    shadow, everything = call("report", "--mode", "shadow"), call("report", "--mode", "all")
    assert shadow.stdout.splitlines()[:2] == ["simple v2 (shadow)", "  entered      2"]
    assert everything.stdout == call("report").stdout + shadow.stdout
    assert everything.stderr == ""
    rows = json.loads(call("report", "--mode", "all", "--format", "json").stdout)["versions"]
    assert [(row["version"], row["mode"], row["entered"]) for row in rows] == [
        (1, "live", 2),
        (2, "shadow", 2),
    ]


def test_the_way_of_a_person_is_shown_walk_by_walk(call: Call) -> None:
    text = call("trace", "ann", "--no-live").stdout.splitlines()
    assert [line.split(" walk ")[0] for line in text if line[:1] not in ("", " ")] == [
        "simple v2 (shadow)",
        "simple v1",
    ]
    assert text[3] == ""
    assert text[2].endswith("pause waiting until 2026-03-01T10:00:01.000Z")
    for words, told in (
        (("trace", "carl"), "carl"),
        (("trace", "ann", "--journey", "other"), "ann in other"),
    ):
        done = call(*words, "--no-live")
        assert (done.stdout, done.stderr) == ("", f"Nothing is told of {told}.\n")


def test_the_way_of_a_person_is_given_as_data(call: Call) -> None:
    found = json.loads(call("trace", "ann", "--format", "json").stdout)
    rows, (live,) = found["walks"], found["live"]
    assert [walk["step"] for walk in live["walks"]] == ["pause", "pause"]
    assert [(row["journey"], row["version"], row["mode"]) for row in rows] == [
        ("simple", 2, "shadow"),
        ("simple", 1, "live"),
    ]
    assert [event["outcome"] for event in rows[0]["step_events"]] == ["entered", "waiting"]


def test_what_is_now_is_told_by_the_job_after_the_way(call: Call) -> None:
    text = call("trace", "ann").stdout.splitlines()
    now = text.index("ann at 2026-03-01T08:00:01.000Z, as the job knows them")
    assert text[now + 2 : now + 5] == [
        "    at 'pause' (wait) since 2026-03-01T08:00:01.000Z",
        "    waits until 2026-03-01T10:00:01.000Z",
        "    ends at the latest 2026-05-31T08:00:01.000Z",
    ]
    assert "  next timer   2026-03-01T09:00:01.000Z" in text
    assert "  attributes   email" in text
    assert "  attribute    email: a@example.org" in call("trace", "ann", "--values").stdout


def test_a_job_that_does_not_answer_is_said_and_the_way_is_shown_all_the_same(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> LiveState:
        message = "the job has not answered"
        raise NoAnswerError(message)

    monkeypatch.setattr(verbs, "ask", down)
    done = call("trace", "ann")
    assert done.exit_code == 1
    assert done.stdout == call("trace", "ann", "--no-live").stdout
    assert done.stderr == (
        "error: the job has not answered; --no-live shows what the topics tell\n"
    )


def test_what_is_followed_stands_line_by_line(call: Call) -> None:
    text = call("trace", "ann", "--follow").stdout.splitlines()
    assert text[0].endswith("simple v2 (shadow): entered: event account.signup")
    assert len(text) == 4
    rows = call("trace", "ann", "-f", "--format", "json").stdout.splitlines()
    assert [json.loads(row)["journey_version"] for row in rows] == [2, 2, 1, 1]


def test_a_shadow_is_compared(call: Call) -> None:
    text = call("compare", "simple").stdout.splitlines()
    assert text == [
        "simple: v2 as a shadow beside v1",
        "  agreement        50.0 %",
        "  agree            1 (under way 1)",
        "  differ           1",
        "  not comparable   0",
        "  entered by one only",
        "         1  live not entered (already_inside); shadow entered",
        "            bob",
    ]
    row = json.loads(call("compare", "simple", "--format", "json").stdout)
    assert (row["live"], row["shadow"], row["agreement"]) == ([1], 2, 0.5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["compare", "simpel"], r"'simpel' is not published: did you mean 'simple'\?"),
        (["compare", "simple", "--version", "7"], "nobody has come to version 7"),
        (["compare", "simple", "--since", "2027-01-01T00:00:00Z"], "as a shadow since 2027"),
    ],
)
def test_what_cannot_be_done_is_said(call: Call, words: list[str], message: str) -> None:
    with pytest.raises(JourneyError, match=message):
        raise call(*words).exception or AssertionError


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["compare", "simple", "--since", "today"], "--since: "),
        (["publish", "--as", "test", "--longest-wait", "5s"], "--longest-wait: '5s' is not"),
        (["publish", "--as", "shadow", "--longest-wait", "PT5S"], "say --as test"),
        (["publish", "--longest-wait", "PT5S"], "say --as test"),
        (["pause", "simple", "--for", "P1M"], "--for: 'P1M' counts months"),
        (["enter", "simple", "ann", "--payload", "{"], "--payload: it is not JSON"),
        (["enter", "simple", "ann", "--payload", "[]"], "--payload: it is no JSON object"),
    ],
)
def test_what_an_option_does_not_take_is_wrong_usage(
    call: Call, words: list[str], message: str
) -> None:
    done = call(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
