from __future__ import annotations

import pytest

from journeys.field_change import FieldChange, changed_fields, without
from journeys.messages import JsonValue
from journeys.template import parse_template


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (1, 1, []),
        (1, True, [("a", 1, True)]),
        (None, [], [("a", None, [])]),
        ({"x": 1, "y": 2}, {"y": 3, "z": 4}, [("a.x", 1, None), ("a.y", 2, 3), ("a.z", None, 4)]),
        ({"x": {"y": [1]}}, {"x": {"y": [2]}}, [("a.x.y", [1], [2])]),
        ([{"n": 1}], [{"n": 2}], [("a", [{"n": 1}], [{"n": 2}])]),
        (
            [{"label": "p", "to": "q"}, {"label": "r", "to": "s"}],
            [{"label": "p", "to": "t"}, {"label": "r", "to": "s"}],
            [("a.p.to", "q", "t")],
        ),
        (
            [{"label": "p", "to": "q"}, {"label": "r", "to": "s"}],
            [{"label": "r", "to": "s"}, {"label": "p", "to": "q"}],
            [("a.order", ["p", "r"], ["r", "p"])],
        ),
        (
            [{"label": "p", "to": "q"}],
            [{"label": "n", "to": "q"}, {"label": "p", "to": "q"}],
            [("a.n", None, {"label": "n", "to": "q"})],
        ),
    ],
)
def test_changes_are_named_as_deep_as_both_sides_go(
    old: JsonValue, new: JsonValue, changes: list[tuple[str, JsonValue, JsonValue]]
) -> None:
    assert changed_fields({"a": old}, {"a": new}) == tuple(FieldChange(*c) for c in changes)


def test_templates_are_compared_as_written() -> None:
    old, new = parse_template({"s": "Hi {{ x }}", "n": 1}), parse_template({"s": "#{x}", "n": 1})
    assert changed_fields({"m": old}, {"m": new}) == (FieldChange("m.s", "Hi {{ x }}", "#{x}"),)


def test_fields_are_left_out() -> None:
    assert without({"a": 1, "b": 2}, {"b"}) == {"a": 1}
