"""Time how long the refusal of each hostile expression takes.

Run it with `python -m bench.hostile_expressions`. The texts are those of the tests; the longest of
several runs counts, in time that this thread had a processor.
"""

from __future__ import annotations

import time

from journeys.expressions import ExpressionError, compile_expression
from tests.harness.hostile_expressions import HOSTILE

RUNS = 5
BOUND_MS = 100


def refusal(text: str) -> tuple[float, ExpressionError]:
    """Time one refusal, in milliseconds."""
    started = time.thread_time()
    try:
        compile_expression(text)
    except ExpressionError as error:
        return (time.thread_time() - started) * 1_000, error
    raise AssertionError(text[:80])


def main() -> None:
    """Print a line for each text, and how many took longer than they may."""
    compile_expression("1")  # builds the grammar
    late = 0
    for name, text in HOSTILE.items():
        times, errors = zip(*(refusal(text) for _ in range(RUNS)), strict=True)
        late += max(times) > BOUND_MS
        start, end = errors[0].span
        print(f"{max(times):7.1f} ms  {len(text):9,} characters  {start:,}-{end:,}  {name}")
    print(f"{late} of {len(HOSTILE)} took longer than {BOUND_MS} ms")


if __name__ == "__main__":
    main()
