from __future__ import annotations

from collections.abc import Iterable

import pytest

from bench import throughput
from bench.throughput import reading_rate
from jobs.flink_rest import Job

JOB = Job("http://127.0.0.1:1", "0" * 32)


class Clock:
    """Time that passes by sleeping only."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def read(monkeypatch: pytest.MonkeyPatch, counts: Iterable[int]) -> Clock:
    """Let each look find one count; a clock tells how long was looked."""
    clock, found = Clock(), iter(counts)
    monkeypatch.setattr(throughput, "time", clock)
    monkeypatch.setattr(throughput, "events_read", lambda _: next(found))
    return clock


def test_the_second_half_gives_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = read(monkeypatch, [0, 0, 10, 50, 80, 110])
    assert reading_rate(JOB, 110) == 60 / 1.0
    assert clock.now == 3.0


def test_it_reads_to_the_end_unless_less_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = range(10, 2_010, 10)
    clock = read(monkeypatch, slow)
    assert reading_rate(JOB, 2_000) == 20
    assert clock.now == 100.0
    clock = read(monkeypatch, slow)
    assert reading_rate(JOB, 2_000, 40) == 20
    assert clock.now == 40.5


def test_all_in_one_look_counts_from_the_last_that_found_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read(monkeypatch, [0, 0, 500])
    assert reading_rate(JOB, 500) == 500 / 0.5
