"""A guard against what takes seconds where it must take milliseconds.

Not a measurement: figures belong to `bench`. The bound leaves room for a busy machine.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable

from journeys.errors import JourneyError

RUNS = 3
BOUND_S = 0.5 if sys.gettrace() is None else 5.0  # counting coverage takes its own time


def assert_quick(action: Callable[[], object]) -> None:
    """Fail if the quickest of some runs takes more of this thread's time than the bound."""
    times = []
    for _ in range(RUNS):
        began = time.thread_time()
        action()
        times.append(time.thread_time() - began)
    assert min(times) < BOUND_S


def attempt(action: Callable[[], object]) -> None:
    """Do what is expected to be refused."""
    with contextlib.suppress(JourneyError):
        action()
