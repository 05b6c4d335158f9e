from __future__ import annotations

from journeys.graph.drawing import Drawing, Role, draw
from tests.harness.picture import HARD
from tests.harness.plans import RICH, SIMPLE, plan_of


def ways(drawing: Drawing, *, back: bool) -> set[tuple[str, str]]:
    names = [node.name for node in drawing.nodes]
    return {(names[w.source], names[w.target]) for w in drawing.ways if w.leads_back is back}


def test_the_entry_comes_first_and_the_end_last() -> None:
    drawing = draw(plan_of(SIMPLE))
    assert [(node.name, node.role) for node in drawing.nodes] == [
        ("simple v1", Role.ENTRY),
        ("pause", Role.HOLD),
        ("end", Role.COMPLETED),
    ]
    assert drawing.told() == "simple v1 leads to pause. pause leads to end."


def test_without_a_way_to_the_end_it_is_not_drawn() -> None:
    drawing = draw(plan_of(SIMPLE + "  done: {end: completed}\n"))
    assert [node.name for node in drawing.nodes] == ["simple v1", "pause", "done"]


def test_ways_are_labelled_as_step_events_label_them() -> None:
    drawing = draw(plan_of(RICH))
    names = [node.name for node in drawing.nodes]
    labelled = {(names[w.source], w.label, names[w.target]) for w in drawing.ways}
    assert {
        ("choose", "big", "ask"),
        ("choose", "else", "race"),
        ("ask", "timeout", "pause"),
        ("ask", "not_sent", "end"),
        ("race", "wait", "pause"),
        ("remind", "error", "lost"),
    } <= labelled


def test_labels_of_ways_to_one_step_stand_on_one_way_but_success_keeps_its_own() -> None:
    drawing = draw(plan_of(HARD))
    found = {(w.source, w.target, w.label) for w in drawing.ways}
    places = {node.name: place for place, node in enumerate(drawing.nodes)}
    assert (places["choose"], places["third"], "small / tiny") in found
    assert (places["ask"], places["lost"], "error / timeout") in found
    joined = draw(plan_of(RICH))
    ask, race = (
        next(n for n, node in enumerate(joined.nodes) if node.name == s) for s in ("ask", "race")
    )
    assert [w.label for w in joined.ways if (w.source, w.target) == (ask, race)] == [None, "error"]


def test_what_closes_a_loop_leads_back_and_nothing_else() -> None:
    assert ways(draw(plan_of(HARD)), back=True) == {
        ("again", "race"),
        ("second_pause", "second-ask"),
        ("third_wait", "third_wait"),
        ("sixth", "choose"),
    }


def test_an_end_says_whether_the_walk_failed() -> None:
    roles = {node.name: node.role for node in draw(plan_of(HARD)).nodes}
    assert roles["lost"] is Role.FAILED
    assert roles["done"] is roles["end"] is Role.COMPLETED
