from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from journeys.graph.layout import Layout, Link, Point, Size, arrange

BOX = Size(100, 40)
LABEL = Size(30, 12)


def lies_inside(layout: Layout, middle: Point, size: Size) -> bool:
    half, rise = size.width / 2, size.height / 2
    inside = half <= middle.x <= layout.size.width - half
    return inside and rise <= middle.y <= layout.size.height - rise


def test_steps_stand_below_those_that_lead_to_them() -> None:
    layout = arrange([BOX] * 3, [Link(0, 1), Link(1, 2, LABEL)])
    tops = [at.y for at in layout.nodes]
    assert tops == sorted(set(tops))
    assert layout.routes[0].label is None
    label = layout.routes[1].label
    assert label is not None
    assert tops[1] < label.y < tops[2]


def test_what_leads_back_runs_upwards() -> None:
    layout = arrange([BOX] * 2, [Link(0, 1), Link(1, 0, leads_back=True)])
    first, *_, last = layout.routes[1].points
    assert first.y > last.y
    assert layout.nodes[0].y < layout.nodes[1].y


def test_a_loop_of_one_step_begins_and_ends_at_it() -> None:
    layout = arrange([BOX], [Link(0, 0, leads_back=True)])
    assert len(layout.routes[0].points) > 2


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20, unique=True))
def test_no_box_covers_another_and_nothing_lies_outside(pairs: list[tuple[int, int]]) -> None:
    links = [Link(a, b, LABEL if a % 2 else None, leads_back=a >= b) for a, b in pairs]
    layout = arrange([BOX] * 8, links)
    for n, one in enumerate(layout.nodes):
        assert lies_inside(layout, one, BOX)
        for other in layout.nodes[n + 1 :]:
            assert abs(one.x - other.x) >= BOX.width or abs(one.y - other.y) >= BOX.height
    for route in layout.routes:
        assert route.label is None or lies_inside(layout, route.label, LABEL)
        assert all(0 <= p.x <= layout.size.width for p in route.points)
        assert all(0 <= p.y <= layout.size.height for p in route.points)
