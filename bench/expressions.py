"""Time one evaluation of an expression beside two engines of the Common Expression Language.

Run it with `python bench/expressions.py`. All engines evaluate equivalent expressions over the same
values in one process, taking turns; the best of several rounds counts. Beside the time of each
other engine stands how many times longer it takes.

The engine in Rust, `common-expression-language`, is timed twice: with values handed over anew for
each evaluation, as every event brings them, and with values converted once before.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import cel
import celpy
from celpy.adapter import json_to_cel

from journeys.expressions import Scope, compile_expression
from journeys.messages import JsonObject

CART: JsonObject = {"total": 80, "items": [{"price": 5 * n, "sku": f"s{n}"} for n in range(10)]}
PROFILE: JsonObject = {
    "country": "DE", "email": "Ada@Example.org", "limit": 50, "person": {"age": 41},
}  # fmt: skip
ENGINES = ("ours", "Rust, new values", "Rust, old values", "cel-python")


@dataclass(frozen=True)
class Pair:
    """One question in both languages."""

    ours: str
    cel: str


PAIRS = [
    Pair("@event{cart.total} >= #{profile.limit}", "cart.total >= profile.limit"),
    Pair(
        '@event{cart.total} > 50 and #{profile.country} == "DE"',
        'cart.total > 50 && profile.country == "DE"',
    ),
    Pair("#{profile.person.age} >= 18", "profile.person.age >= 18"),
    Pair('in(#{profile.country}, ["FR", "IT", "DE"])', 'profile.country in ["FR", "IT", "DE"]'),
    Pair('endWith(#{profile.email}, ".org")', 'profile.email.endsWith(".org")'),
    Pair(
        "@event{cart.items.any(currentEventField.price > 40)}",
        "cart.items.exists(item, item.price > 40)",
    ),
    Pair("@event{cart.total} * 2 + 1 > 160", "cart.total * 2 + 1 > 160"),
]


def seconds_each(function: Callable[[], object], count: int) -> float:
    """Time one call, from many."""
    started = time.perf_counter()
    for _ in range(count):
        function()
    return (time.perf_counter() - started) / count


def best(functions: list[Callable[[], object]], rounds: int, count: int) -> list[float]:
    """Time functions in turns and give the best of each."""
    times = [[seconds_each(function, count) for function in functions] for _ in range(rounds)]
    return [min(column) for column in zip(*times, strict=True)]


def contenders(pair: Pair) -> list[Callable[[], object]]:
    """Compile both forms of a question; one function for each of `ENGINES`."""
    program = compile_expression(pair.ours)
    scope = Scope(events={"cart": CART}, profile=PROFILE)
    rust = cel.compile(pair.cel)
    values = {"cart": CART, "profile": PROFILE}
    environment = celpy.Environment()
    python = environment.program(environment.compile(pair.cel))
    activation = {name: json_to_cel(value) for name, value in values.items()}
    context = cel.Context(values)
    found: list[Callable[[], object]] = [
        lambda: program(scope),
        lambda: rust.execute(values),
        lambda: rust.execute(context),
        lambda: python.evaluate(activation),
    ]
    answers = [bool(contender()) for contender in found]
    assert answers == [True] * len(found), (pair, answers)
    return found


def main() -> None:
    """Print a line for each question, and how far apart the engines are on all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=2_000)
    options = parser.parse_args()
    print(f"{ENGINES[0]:>9}{''.join(f'{name:>21}' for name in ENGINES[1:])}   expression")
    ratios = []
    for pair in PAIRS:
        ours, *others = best(contenders(pair), options.rounds, options.count)
        ratios.append([other / ours for other in others])
        columns = (f"{other * 1e6:9.2f} µs {other / ours:7.1f}x" for other in others)
        print(f"{ours * 1e6:6.2f} µs{''.join(columns)}   {pair.ours}")
    least = (f"{min(column):20.1f}x" for column in zip(*ratios, strict=True))
    print(f"{'at least':>9}{''.join(least)}")


if __name__ == "__main__":
    main()
