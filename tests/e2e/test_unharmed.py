"""Whatever fails around it, the job loses nobody and tells nothing twice.

A crowd comes, faults happen at moments chosen by chance, and all that came of it is held against
what a second telling says must come of it. `make faults-long` does more, with SEED and RUNS.
"""

from __future__ import annotations

import logging
import os
import sys
import time

import pytest

from tests.e2e.rig import Rig
from tests.faults.survival.crowd import Size
from tests.faults.survival.faults import LONG, few
from tests.faults.survival.run import Run, Story

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(3600 if "JOURNEYS_LONG" in os.environ else 900),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
IS_LONG = "JOURNEYS_LONG" in os.environ
SEED = int(os.environ.get("JOURNEYS_SEED") or (time.time() if IS_LONG else 2))
"""Each long run is another one; what every change is tested with is always the same. There a worker
dies before checkpoints fail: what may happen the other way round stands in docs/faults.md."""
RUNS = int(os.environ.get("JOURNEYS_RUNS") or 1)
SIZE = Size(people=300, hot=800) if IS_LONG else Size()
SECONDS = 270 if IS_LONG else 25


@pytest.mark.parametrize("seed", range(SEED, SEED + RUNS))
def test_nobody_is_lost_and_nothing_is_told_twice(
    rig: Rig, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "kafka")  # it says of every attempt that nobody answers
    rig.quick.start()
    rig.frail.start()
    story = Run(rig, seed, SIZE, SECONDS).play(LONG if IS_LONG else few(seed))
    say(story)
    again = f"to repeat it: make {'faults-long' if IS_LONG else 'faults-short'} SEED={seed}"
    assert not story.differences, f"{story}\n{again}"


def say(story: Story) -> None:
    """Tell the counts to whoever runs it with `-s`."""
    sys.stdout.write(f"\n{story}\n")
