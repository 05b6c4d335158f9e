"""Lookups in tables: what may be read of them, and where."""

from __future__ import annotations

import pytest

from tests.unit.journeys.activities.test_dataset_lookup import compilation

STEPS = """
kind: source
id: stock
url: https://stock.example.org/
---
kind: journey
id: shop
version: 1
entry: {event: signup}
steps:
"""
LOOK = '  look: {lookup: goods, key: "@event{signup.sku}", on: {missing: end}}\n'
MANY = '  many: {lookup: goods, keys: "@event{signup.skus}", fields: [sku]}\n'
READ = '  read: {{condition: [{{when: "{}", to: end}}, {{else: true, to: end}}]}}\n'


def told(steps: str) -> list[str]:
    return [f"{d.severity} {d.message}" for d in compilation(STEPS + steps).diagnostics]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (LOOK + READ.format("#{goods.price} > 1"), []),
        (LOOK + READ.format("#{goods.maker.name} == 'x'"), []),
        (MANY + READ.format("count(#{goods.rows}) > 1"), []),
        (LOOK + MANY + READ.format("#{goods.price} > count(#{goods.rows})"), []),
        (LOOK + READ.format("#{goods.rows.price} == null"), ["error there is no field 'rows'"]),
        (MANY + READ.format("#{goods.price} > 1"), ["error there is no field 'price'"]),
        (
            MANY + READ.format("sum(#{goods.rows.price}) > 1"),
            ["error there is no field 'price'"],
        ),
        (
            READ.format("#{goods.price} > 1").replace("to: end", "to: look") + LOOK,
            ["warning no way leads to step 'read' on which the table 'goods' was looked up"],
        ),
        (
            '  look: {lookup: stock, key: "@event{signup.sku}"}\n',
            ["error the dataset 'stock' is not defined"],
        ),
        (
            '  update: {update_profile: {set: {price: "#{goods.price}"}}}\n',
            ["error no step looks up the table 'goods'"],
        ),
    ],
)
def test_what_is_read_of_a_table_is_checked(steps: str, said: list[str]) -> None:
    assert told(steps) == said


def test_whoever_finds_nothing_has_nothing_to_read() -> None:
    steps = LOOK.replace("missing: end", "missing: read") + "  done: {end: completed}\n"
    steps += READ.format("#{goods.price} > 1")
    assert told(steps) == [
        "warning no way leads to step 'read' on which the table 'goods' was looked up"
    ]
