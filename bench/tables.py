"""What a lookup in a table costs a decision, and what a table costs a job.

Run it with `python bench/tables.py`. It builds a table as the job does, from records of its topic,
then lets people walk through journeys that differ in one step: none, one that compares two texts,
or one that looks a row up. State is written and read around every event, as the job does.
"""

from __future__ import annotations

import argparse
import gc
import time
import tracemalloc
from collections.abc import Callable
from functools import partial

import orjson

from journeys import codec, table_codec
from journeys.activation import EventReceived
from journeys.attributes import Attributes
from journeys.compiler import compile_project
from journeys.engine import advance
from journeys.messages import JsonObject
from journeys.plans import Plans
from journeys.profile import Profile
from journeys.project import read_project
from journeys.records import Record, take_row
from journeys.tables import RowChange, Tables

NOW = 1_772_352_000_000
SCHEMA = """{
  "type": "object",
  "properties": {
    "sku": {"type": "string"}, "name": {"type": "string"}, "price": {"type": "number"},
    "stock": {"type": "integer"}, "text": {"type": "string"}
  },
  "required": ["sku", "price"]
}"""
PROJECT = """
kind: event
id: cart
match: {eventType: cart}
---
kind: dataset
id: goods
holds: table
schema: good.json
key: sku
---
kind: journey
id: without
version: 1
entry: {event: cart, reentry: {after: PT0S}}
steps:
  dear: {condition: [{when: "@event{cart.price} > 100", to: end}, {else: true, to: end}]}
---
kind: journey
id: with_step
version: 1
entry: {event: cart, reentry: {after: PT0S}}
steps:
  any: {condition: [{when: "@event{cart.sku} == 'x'", to: dear}, {else: true, to: dear}]}
  dear: {condition: [{when: "@event{cart.price} > 100", to: end}, {else: true, to: end}]}
---
kind: journey
id: with_lookup
version: 1
entry: {event: cart, reentry: {after: PT0S}}
steps:
  look: {lookup: goods, key: "@event{cart.sku}"}
  dear: {condition: [{when: "#{goods.price} > 100", to: end}, {else: true, to: end}]}
"""
BYTES = 200
"""Of one row."""
ROUNDS = 9
"""They take turns, and the best of each counts."""


def row(number: int) -> JsonObject:
    found: JsonObject = {"sku": f"sku-{number:06d}", "name": f"Tea {number}", "price": number % 200}
    text = "x" * (BYTES - len(orjson.dumps({**found, "stock": 7, "text": ""})))
    return {**found, "stock": 7, "text": text}


def record(number: int) -> Record:
    value = orjson.dumps(row(number))
    return Record("j.tables", 0, number, NOW, f"goods/sku-{number:06d}", value, len(value))


def seconds(function: Callable[[], object]) -> float:
    """Give the time of the processor that a function takes."""
    started = time.thread_time()
    function()
    return time.thread_time() - started


def take_all(plans: Plans, records: list[Record]) -> None:
    for each in records:
        take_row(plans, each)


def decide(plans: Plans, events: list[EventReceived]) -> None:
    for event in events:
        person = codec.load_person(None)
        profile = Profile("ann", Attributes, lambda: codec.load_history(None))
        for _ in advance(plans, person, profile, event, NOW):
            pass
        codec.dump_person(person)


def events_of(rows: int, count: int) -> list[EventReceived]:
    found = []
    for number in range(count):
        payload: JsonObject = {
            "eventType": "cart",
            "sku": f"sku-{number * 7919 % rows:06d}",
            "price": number % 200,
        }
        found.append(EventReceived(f"e{number}", f"r{number}", "cart", payload, NOW))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=20_000)
    options = parser.parse_args()
    compilation = compile_project(read_project({"p.yaml": PROJECT, "good.json": SCHEMA}, {}))
    compilation.raise_errors()
    known = compilation.published()
    records = [record(number) for number in range(options.rows)]
    gc.collect()

    took = seconds(partial(take_all, known, records))
    print(
        f"taking {options.rows:,} rows of {BYTES} bytes: {options.rows / took:,.0f} rows a second"
    )

    texts = [(r.key or "", table_codec.dump_row(r.value or b"")) for r in records]
    gc.collect()
    tracemalloc.start()
    restored = Tables()
    for name, text in texts:
        dataset, _, key = name.partition("/")
        restored.take(RowChange(dataset, key, table_codec.load_row(text)))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"memory of the table: {held / 1e6:,.1f} MB, {held / options.rows:,.0f} bytes a row")
    print(f"of which keys and rows are {restored.by_dataset['goods'].bytes / 1e6:,.1f} MB")

    keys = [f"sku-{n * 7919 % options.rows:06d}" for n in range(options.events)]
    table = known.tables.by_dataset["goods"]
    read = min(seconds(lambda: [table.row(key) for key in keys]) for _ in range(ROUNDS)) / len(keys)
    print(f"reading a row: {read * 1e6:.2f} µs")

    events = events_of(options.rows, options.events)
    costs = dict.fromkeys(("without", "with_step", "with_lookup"), float("inf"))
    for _ in range(ROUNDS):
        for name, before in costs.items():
            plans = Plans([compilation.plans[name]])
            plans.tables = known.tables
            took = seconds(partial(decide, plans, events)) / len(events)
            costs[name] = min(before, took)
    for name, cost in costs.items():
        print(f"an event through the journey {name}: {cost * 1e6:.1f} µs")
    step = costs["with_lookup"] - costs["without"]
    print(f"a lookup, as a step with its step event: {step * 1e6:.1f} µs more than no step")
    more = costs["with_lookup"] - costs["with_step"]
    print(f"of which it costs {more * 1e6:.1f} µs more than a step that compares two texts")


if __name__ == "__main__":
    main()
