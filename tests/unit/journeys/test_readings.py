"""When a part of the people begins to read, whose turn it is, and how fast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from journeys import reading_codec
from journeys.activation import AudiencesSurveyed, EntryOffered
from journeys.clock import parse_duration
from journeys.command import PersonKnown, StartReading
from journeys.control import (
    CloseJourney,
    PauseJourney,
    Publish,
    RollBack,
    StopJourney,
    apply,
)
from journeys.errors import CodecError, UnknownVersionError
from journeys.mode import Mode
from journeys.plan import Plan, Reading
from journeys.plans import Plans
from journeys.presence import BUCKETS, bucket_of
from journeys.readings import (
    LATEST_MS,
    SETTLE_MS,
    Agenda,
    Schedule,
    Survey,
    Turn,
    Wave,
    schedules,
    whose_turn,
)
from tests.harness.person import START
from tests.harness.plans import plan_of

HOUR = parse_duration("PT1H")
CROWD = [f"p{number:03d}" for number in range(320)]


def schedule(
    *, said_at: int = START, is_new: bool = True, is_open: bool = True, **reading: object
) -> Schedule:
    how = Reading("loyal", **{"rate": 5_000, **reading})  # type: ignore[arg-type]  # named fields
    return Schedule("j", 1, Mode.LIVE, how, said_at, is_new=is_new, is_open=is_open)


class Parts:
    """All parts of a crowd: told the same, written and read again at every turn."""

    def __init__(self, people: Sequence[str] = CROWD) -> None:
        self.people = people
        self.agendas = [Agenda() for _ in range(BUCKETS)]
        self.now = START
        self.offers: list[tuple[int, str, Turn]] = []

    def hear(self, told: Schedule | Survey | StartReading) -> None:
        for agenda in self.agendas:
            agenda.hear(told, self.now)

    def run(self, until: int) -> None:
        while (
            due := min((a.due for a in self.agendas if a.due is not None), default=until)
        ) < until:
            self.now = max(self.now, due)
            self.tick()
        self.now = until

    def tick(self) -> None:
        for bucket, agenda in enumerate(self.agendas):
            if agenda.due is not None and agenda.due <= self.now:
                self.agendas[bucket] = reading_codec.load_agenda(reading_codec.dump_agenda(agenda))
                self.offers += [(self.now - START, *turn) for turn in self._turns(bucket)]

    def _turns(self, bucket: int) -> Iterator[tuple[str, Turn]]:
        people = [name for name in self.people if bucket_of(name) == bucket]
        return self.agendas[bucket].take_turns(
            bucket, self.now, lambda wave, count: whose_turn(wave, people, count)
        )

    @property
    def entries(self) -> list[tuple[str, EntryOffered]]:
        """Whose turn it was, where nothing but an entry was offered."""
        entries = []
        for _, name, offer in self.offers:
            assert isinstance(offer, EntryOffered)
            entries.append((name, offer))
        return entries

    @property
    def readings(self) -> Counter[str]:
        return Counter(offer.record_id for _, _, offer in self.offers)


def test_everybody_has_one_turn() -> None:
    parts = Parts()
    parts.hear(schedule())
    parts.run(START + HOUR)
    assert sorted(name for _, name, _ in parts.offers) == CROWD
    assert min(at for at, _, _ in parts.offers) >= SETTLE_MS
    assert {offer.record_id for *_, offer in parts.offers} == {f"j/1/{START}"}


@pytest.mark.parametrize("rate", [1, 7, 16, 50, 1_000])
def test_all_parts_together_keep_to_the_rate(rate: int) -> None:
    """Never more than it from the beginning, and no less while every part has people left."""
    parts = Parts()
    parts.hear(schedule(rate=rate))
    parts.run(START + HOUR)
    came = sorted(at - SETTLE_MS for at, _, _ in parts.offers)
    for number, at in enumerate(came, start=1):
        assert number <= rate * at / 1000 + 1
    assert came[15] <= 16_000 / rate + 200


def test_a_part_that_comes_late_does_not_make_up_for_it_at_once() -> None:
    parts = Parts()
    parts.hear(schedule(rate=16))
    parts.run(START + SETTLE_MS + 3_000)
    before = len(parts.offers)
    parts.now += 600_000  # the job was down
    parts.tick()
    assert len(parts.offers) - before <= 16
    parts.run(parts.now + HOUR)
    assert sorted(name for _, name, _ in parts.offers) == CROWD


def test_waves_are_parts_of_about_one_size_and_everybody_is_in_one() -> None:
    parts = Parts()
    parts.hear(schedule(waves=4, wave_every_ms=HOUR))
    parts.run(START + 5 * HOUR)
    assert sorted(name for _, name, _ in parts.offers) == CROWD
    sizes = Counter(at // HOUR for at, _, _ in parts.offers)
    assert sorted(sizes) == [0, 1, 2, 3]
    assert all(60 <= size <= 100 for size in sizes.values())
    assert len(parts.readings) == 1


def test_a_repeated_reading_goes_on_until_its_end() -> None:
    parts = Parts(["ann"])
    parts.hear(schedule(at=START + HOUR, every_ms=HOUR, until=START + 3 * HOUR))
    parts.run(START + 9 * HOUR)
    assert [at // HOUR for at, _, _ in parts.offers] == [1, 2, 3]
    assert list(parts.readings) == [f"j/1/{START + n * HOUR}" for n in (1, 2, 3)]
    begun = [offer.begun for _, offer in parts.entries]
    assert [offer.since for _, offer in parts.entries] == [None, *begun[:2]]


def test_of_what_was_missed_the_latest_is_made_up_for() -> None:
    parts = Parts(["ann"])
    parts.hear(schedule(at=START + HOUR, every_ms=HOUR))
    parts.now = START + 5 * HOUR + HOUR // 2
    parts.run(START + 7 * HOUR - 1)
    assert [at // HOUR for at, _, _ in parts.offers] == [5, 6]


@pytest.mark.parametrize(
    ("told", "first"),
    [
        (schedule(), START),
        (schedule(said_at=START - LATEST_MS + 1), START - LATEST_MS + 1),
        (schedule(said_at=START - LATEST_MS), None),
        (schedule(at=START + 5), START + 5),
        (schedule(at=START - LATEST_MS), None),
        (schedule(at=START - LATEST_MS, every_ms=7), START - LATEST_MS + 7),
        (schedule(at=START + 5, until=START + 4), None),
        (schedule(is_new=False), None),
        (schedule(is_new=False, every_ms=HOUR), START + HOUR),
        (schedule(is_new=False, at=START - 10, every_ms=HOUR), START - 10 + HOUR),
        (schedule(is_new=False, at=START + 10), START + 10),
    ],
)
def test_the_first_reading(told: Schedule, first: int | None) -> None:
    assert told.first(START) == first


def test_telling_again_reads_nobody_again() -> None:
    parts = Parts(["ann"])
    parts.hear(schedule())
    parts.run(START + HOUR)
    parts.hear(schedule(said_at=parts.now, is_new=False))
    parts.run(START + 2 * HOUR)
    assert len(parts.offers) == 1


def test_a_rehearsal_is_read_apart_from_the_version_that_is_live_later() -> None:
    parts = Parts(["ann"])
    reading = Reading("loyal", 5_000, START)
    parts.hear(Schedule("j", 1, Mode.TEST, reading, START, is_new=True, is_open=True))
    parts.run(START + HOUR // 2)
    parts.hear(schedule(at=START, said_at=parts.now))
    parts.run(START + HOUR)
    assert list(parts.readings) == [f"j/1/{START}/test", f"j/1/{START}"]


def test_closing_ends_what_is_under_way_and_what_was_to_come() -> None:
    parts = Parts()
    parts.hear(schedule(rate=16, every_ms=HOUR))
    parts.run(START + SETTLE_MS + 3_000)
    assert 0 < len(parts.offers) < 64
    before = len(parts.offers)
    parts.hear(schedule(is_open=False))
    assert all(agenda.is_empty() and agenda.due is None for agenda in parts.agendas)
    parts.run(START + 3 * HOUR)
    assert len(parts.offers) == before


def test_nobody_has_a_turn_from_the_end_of_the_journey_on() -> None:
    parts = Parts()
    parts.hear(StartReading("j", 1, "sale", 16, START + 5_000, {}))
    parts.run(START + HOUR)
    assert 0 < len(parts.offers) <= 16 * 5
    assert max(at for at, _, _ in parts.offers) < 5_000
    assert all(agenda.is_empty() for agenda in parts.agendas)


def test_a_business_event_starts_one_reading_after_the_other() -> None:
    parts = Parts(CROWD[:32])
    for name in ("first", "second"):
        parts.hear(StartReading("j", 1, name, 16, None, {"name": name}))
    parts.run(START + HOUR)
    for name in CROWD[:32]:
        got = [offer for who, offer in parts.entries if who == name]
        assert [offer.record_id for offer in got] == ["first", "second"]
        assert got[0].payload == {"name": "first"}


def test_whoever_becomes_known_meanwhile_may_have_a_turn() -> None:
    wave = Wave("j", 1, "r", 1, 0, 0, 0, cursor="m")
    assert whose_turn(wave, ["z", "a", "n", "m"], 2) == ["n", "z"]


JOURNEY = """
kind: audience
id: loyal
when: "#{profile.loyal} == true"
---
kind: journey
id: news
version: VERSION
start: 2026-01-01T00:00:00Z
entry: {ENTRY}
steps: {stay: {wait: P1D}}
"""


def reader(version: int = 1, entry: str = "read: {audience: loyal}") -> Plan:
    return plan_of(JOURNEY.replace("VERSION", str(version)).replace("ENTRY", entry))


def told(plans: Plans, *commands: object) -> list[str]:
    """Say one after the other; give what parts are told of the last."""
    found: list[Schedule] = []
    for number, command in enumerate(commands, start=1):
        apply(plans, command, number)  # type: ignore[arg-type]  # commands
        life = plans.life(command.journey_id)  # type: ignore[attr-defined]
        found = list(schedules(plans, command, life, START))  # type: ignore[arg-type]  # commands
    return [
        f"v{s.version} {s.mode}{' new' if s.is_new else ''} {'open' if s.is_open else 'closed'}"
        for s in found
    ]


def test_what_parts_are_told_when_something_is_said() -> None:
    one, two = reader(), reader(2)
    publish, again = Publish(plan=one), Publish(plan=two)
    assert told(Plans(), publish) == ["v1 live new open"]
    assert told(Plans(), publish, again) == ["v1 live closed", "v2 live new open"]
    back = RollBack(plan=one)
    assert told(Plans(), publish, again, back) == ["v1 live open", "v2 live closed"]
    trial = Publish(plan=two, mode=Mode.DRY_RUN)
    assert told(Plans(), publish, trial) == ["v1 live open", "v2 dry_run new open"]
    assert told(Plans(), publish, PauseJourney(journey="news")) == ["v1 live open"]
    assert told(Plans(), publish, CloseJourney(journey="news")) == ["v1 live closed"]
    assert told(Plans(), publish, StopJourney(journey="news")) == ["v1 live closed"]


def test_of_other_journeys_and_entries_parts_are_told_nothing() -> None:
    by_event = Publish(plan=reader(entry="event: signup"))
    assert told(Plans(), by_event) == []
    business = Publish(plan=reader(entry="business: {event: visit, audience: loyal}"))
    assert told(Plans(), business) == []
    assert told(Plans(), business, CloseJourney(journey="news")) == ["v1 live closed"]


@pytest.mark.parametrize(
    "what",
    [
        schedule(every_ms=5, waves=2, wave_every_ms=1),
        StartReading("j", 1, "r", 5, None, {"a": [1, None]}),
        PersonKnown("Zoë", is_known=False),
    ],
)
def test_what_is_told_survives_writing_and_reading(what: Schedule) -> None:
    assert reading_codec.load_told(reading_codec.dump_told(what)) == what


def test_what_is_no_such_value_is_refused() -> None:
    for load in (reading_codec.load_told, reading_codec.load_agenda):
        with pytest.raises(UnknownVersionError):
            load('{"v": 99}')
        for text in ("", "{}", '{"v": 1}', '{"v": 1, "start": 1, "agenda": {"waves": 1}}'):
            with pytest.raises(CodecError):
                load(text)


def test_a_survey_gives_everybody_a_turn_after_what_was_sent_before_has_come() -> None:
    parts = Parts()
    parts.hear(Survey({"loyal": "a"}, START))
    parts.run(START + 10_000)
    assert {name for _, name, _ in parts.offers} == set(CROWD)
    assert len(parts.offers) == len(CROWD)
    assert min(at for at, _, _ in parts.offers) >= SETTLE_MS
    assert {offer for _, _, offer in parts.offers} == {AudiencesSurveyed(f"survey/{START}")}
    assert not any(agenda.is_empty() for agenda in parts.agendas)


def test_only_a_rule_that_was_not_followed_before_is_surveyed() -> None:
    parts = Parts()
    for n, (rules, turns) in enumerate(
        [
            ({"loyal": "a", "new": "b"}, 1),
            ({"loyal": "a", "new": "b"}, 1),
            ({"loyal": "a"}, 1),
            ({"loyal": "other"}, 2),
            ({}, 2),
            ({"loyal": "other"}, 3),  # what happened meanwhile is not known
        ]
    ):
        parts.hear(Survey(rules, START + n))
        parts.run(parts.now + 20_000)
        assert len(parts.offers) == turns * len(CROWD)


def test_a_survey_that_begins_while_one_goes_takes_its_place() -> None:
    parts = Parts(everybody := [f"p{number}" for number in range(2_000)])
    parts.hear(Survey({"loyal": "a"}, START))
    parts.run(START + SETTLE_MS + 150)
    first = len(parts.offers)
    assert 0 < first < 700  # the rate is bounded
    parts.hear(Survey({"loyal": "a", "new": "b"}, parts.now))
    parts.run(START + 30_000)
    assert len(parts.offers) == first + len(everybody)


def test_a_rule_is_told_from_others_by_all_that_it_is_made_of() -> None:
    text = """
kind: audience
id: gold
when: "@decision{worth.score} > 3"
---
kind: model
id: worth
formula: "#{profile.spent} / 10"
---
kind: journey
id: golden
version: 1
entry: {audience: {id: gold}}
steps: {stay: {wait: P1D}}
"""
    others = [text.replace("> 3", "> 4"), text.replace("/ 10", "/ 9")]
    same = text.replace("version: 1", "version: 2").replace("P1D", "P2D")
    first, *rest, last = (Plans([plan_of(each)]).followed_rules for each in (text, *others, same))
    assert first == last
    assert len({str(rules) for rules in (first, *rest, Plans().followed_rules)}) == 4
