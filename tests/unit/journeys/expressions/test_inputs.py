"""What an expression reads, told with its values."""

from __future__ import annotations

import pytest

from journeys.expressions import Scope, inputs
from journeys.expressions.inputs import MAX_INPUT_BYTES, MAX_INPUTS
from journeys.messages import JsonValue

SCOPE = Scope(
    events={"cart": {"total": 40, "items": [{"sku": "tea", "price": 3}], "note": "x" * 999}},
    profile={"city": "Kyoto", "loyalty": {"tier": "gold"}},
    now=1_772_352_000_000,
    audiences={"vip": "realized"},
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("@event{cart.total} >= 50", {"@event{cart.total}": 40}),
        (
            "#{profile.city} == 'Kyoto' and @event{cart.total} > @event{cart.limit}",
            {"#{profile.city}": "Kyoto", "@event{cart.total}": 40, "@event{cart.limit}": None},
        ),
        ("not inAudience('vip')", {"inAudience('vip')": True}),
        (
            "count(@event{cart.items.all(currentEventField.price > 2)}) > 0",
            {"@event{cart.items.all(currentEventField.price > 2)}": [{"sku": "tea", "price": 3}]},
        ),
        ("sum(@history{purchase.total, P30D}) > 5", {"@history{purchase.total, P30D}": []}),
        ("@event{cart.total} > 1 or @event{cart.total} < 0", {"@event{cart.total}": 40}),
        ("now() > toDateTime('2026-01-01T00:00:00Z')", {}),
    ],
)
def test_each_reference_is_told_once_with_its_value(text: str, told: dict[str, JsonValue]) -> None:
    assert inputs(text, SCOPE) == told


def test_what_is_long_is_told_in_part() -> None:
    (told,) = inputs("length(@event{cart.note}) > 3", SCOPE).values()
    assert isinstance(told, str)
    assert told.endswith("…")
    assert len(told) == MAX_INPUT_BYTES + 1


def test_no_more_are_told_than_there_is_room_for() -> None:
    text = " and ".join(f"@event{{cart.f{n}}} is null" for n in range(40))
    assert len(inputs(text, SCOPE)) == MAX_INPUTS
