"""The ledger: two sources that are never of one instant, and what is lost between them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from journeys.ledger import Ledger
from journeys.outcomes import Outcome

WINDOW, TICK = 60, 10
Story = Iterable[tuple[int, int, int]]
"""Of each look: who entered and who completed so far, and who is inside."""


def looked(story: Story, ledger: Ledger | None = None) -> Ledger:
    ledger = ledger or Ledger()
    now = ledger.samples[-1].at if ledger.samples else 0
    for entered, completed, inside in story:
        now += TICK
        ledger.moves = {Outcome.ENTERED: entered, Outcome.COMPLETED: completed}
        ledger.inside = inside
        ledger.look(now, WINDOW)
    return ledger


@pytest.mark.parametrize(
    ("story", "drift"),
    [
        pytest.param([(5, 2, 3)] * 7, 0, id="balanced"),
        pytest.param([(5, 2, 3)] * 6, None, id="too little is noted"),
        pytest.param([(5, 2, 2)] * 7, 1, id="one is missing inside"),
        pytest.param([(5, 2, 5)] * 7, -2, id="two are inside of whom no entry is known"),
        pytest.param([(5, 2, 2)] * 6 + [(5, 2, 3)] * 1, 0, id="it was late, and is there"),
        pytest.param([(5, 2, 2)] * 6 + [(5, 2, 3)] * 7, 0, id="it was missing, and has come"),
        pytest.param(
            [(10 * n, 0, max(0, 10 * n - 30)) for n in range(20)], 0, id="a crowd told of late"
        ),
        pytest.param(
            [(10 * n, 10 * n - 5, 5) for n in range(1, 20)], 0, id="many come, and as many leave"
        ),
        pytest.param(
            [(10 * n, 10 * n - 5, 4) for n in range(1, 20)], 1, id="so, and one is missing"
        ),
    ],
)
def test_the_ledger_tells_what_is_lost_and_not_what_is_late(
    story: Story, drift: int | None
) -> None:
    assert looked(story).drift == drift


def test_every_way_in_and_out_counts() -> None:
    moves = {
        Outcome.ENTERED: 64,
        Outcome.MOVED_IN: 32,
        Outcome.MOVED_OUT: 16,
        Outcome.COMPLETED: 8,
        Outcome.EXITED: 4,
        Outcome.FAILED: 2,
    }
    assert Ledger(moves).counted == 64 + 32 - 16 - 8 - 4 - 2


def test_what_was_noted_before_a_stop_says_nothing() -> None:
    ledger = looked([(5, 2, 2)] * 7)
    assert ledger.drift == 1
    ledger.begin_again()
    assert looked([(5, 2, 2)] * 6, ledger).drift is None
    assert looked([(5, 2, 2)] * 7, ledger).drift == 1


def test_people_from_before_the_first_step_event_are_not_lost() -> None:
    ledger = looked([(0, 2, 7)] * 7, Ledger(unseen=None))
    assert (ledger.unseen, ledger.drift) == (9, 0)
    assert looked([(0, 3, 6)] * 7, ledger).drift == 0
    assert looked([(1, 3, 6)] * 7, ledger).drift == 1


def test_how_many_they_are_shows_only_once_nothing_is_under_way() -> None:
    ledger = looked([(n, 0, 7) for n in range(9)], Ledger(unseen=None))
    assert (ledger.unseen, ledger.drift) == (None, None)
