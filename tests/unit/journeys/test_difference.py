from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from journeys.definitions import Rules
from journeys.difference import Change, Difference, Fate, Sign, Standing, compare
from journeys.field_change import FieldChange
from journeys.mode import InFlight
from tests.harness.plans import RICH, SIMPLE, plan_of

WALK = """
kind: journey
id: walk
version: 1
entry: {event: signup}
steps:
  hello: {action: mail}
  pause: {wait: PT1H}
  choose:
    condition:
      - {label: big, when: "@event{signup.total} > 100", to: ask}
      - {else: true, to: end}
  ask: {action: score, with: {reason: big}}
  bye: {wait: PT1H}
"""


def difference(before: str | None, after: str) -> Difference:
    old, new = before and plan_of(before), plan_of(after)
    (found,) = compare({new.journey: old} if old else {}, {new.journey: new})
    return found


def changes(*edits: tuple[str, str]) -> dict[tuple[str, str], tuple[str, list[str]]]:
    """Edit the journey into a second version: give sign and fields by kind and name."""
    text = WALK.replace("version: 1", "version: 2")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    found = difference(WALK, text)
    assert found.standing is Standing.NEW_VERSION
    return {
        (c.what, c.name): (c.sign.value, [f"{f.path}: {f.before} > {f.after}" for f in c.fields])
        for c in found.changes
    }


CALM = """
kind: policy
id: calm
caps: [{at_most: 2, per: P7D}]
quiet_hours: {from: "22:00", to: "08:00"}
---"""


def test_policies_are_compared_like_other_definitions() -> None:
    text = WALK.replace("version: 1", "version: 2")
    stricter = CALM.replace("at_most: 2", "at_most: 1")
    found = [difference(b, a).changes for b, a in ((WALK, CALM + text), (CALM + WALK, text))]
    assert found == [
        (Change(Sign.ADDED, "policy", "calm"),),
        (Change(Sign.REMOVED, "policy", "calm"),),
    ]
    (change,) = difference(CALM + WALK, stricter + text).changes
    assert (change.sign, change.what, change.name) == (Sign.CHANGED, "policy", "calm")
    before, after = ([{"at_most": n, "per": 604_800_000}] for n in (2, 1))
    assert [(f.before, f.after) for f in change.fields] == [(before, after)]


# How journeys stand.


def test_what_is_not_published_is_new() -> None:
    assert difference(None, SIMPLE) == Difference("simple", Standing.NEW, None, 1)


def test_the_same_content_under_the_same_version_is_unchanged() -> None:
    assert difference(RICH, RICH) == Difference("rich", Standing.UNCHANGED, 3, 3)


def test_other_content_under_a_published_version_is_a_conflict_and_says_what_differs() -> None:
    found = difference(SIMPLE, SIMPLE.replace("PT1H", "PT2H"))
    assert found.standing is Standing.CONFLICT
    changed = (FieldChange("deadline.duration_ms", 3_600_000, 7_200_000),)
    assert found.changes == (Change(Sign.CHANGED, "step", "pause", changed),)
    assert found.fate is None


def test_a_lower_version_than_the_published_one_is_older() -> None:
    found = difference(SIMPLE.replace("version: 1", "version: 2"), SIMPLE)
    assert (found.standing, found.published, found.version) == (Standing.OLDER, 2, 1)


def test_what_is_published_and_not_in_the_project_is_named_last() -> None:
    simple, rich = plan_of(SIMPLE), plan_of(RICH)
    found = compare({"rich": rich, "simple": simple}, {"simple": simple})
    assert [(d.journey, d.standing) for d in found] == [
        ("simple", Standing.UNCHANGED),
        ("rich", Standing.NOT_IN_PROJECT),
    ]


def test_a_new_version_with_the_same_content_has_no_changes() -> None:
    assert changes() == {}


# What changed.


def test_entry_zone_and_label_belong_to_the_journey() -> None:
    assert changes(
        ("entry: {event: signup}", 'entry: {event: signup, when: "@event{signup.total} > 1"}'),
        ("id: walk", "id: walk\nlabel: Walk\ntimezone: profile"),
    )["journey", "walk"] == (
        "~",
        [
            "timezone: UTC > profile",
            "label: None > Walk",
            "entry.when: None > @event{signup.total} > 1",
        ],
    )


def test_an_inserted_step_is_added_and_moves_the_one_after_it() -> None:
    assert changes(("  choose:", "  rest: {wait: PT5M}\n  choose:")) == {
        ("step", "rest"): ("+", []),
        ("step", "pause"): ("~", ["next: choose > rest"]),
        ("step", "choose"): (">", ["led_to_by: ['pause'] > ['rest']"]),
    }


def test_a_removed_step_says_what_it_did() -> None:
    text = WALK.replace("version: 1", "version: 2").replace("  bye: {wait: PT1H}\n", "")
    removed = Change(Sign.REMOVED, "step", "bye", kind="wait", does=("for 1 hour",))
    assert removed in difference(WALK, text).changes


def test_a_step_written_elsewhere_is_moved_and_where_next_points_counts_only_if_it_is_a_way() -> (
    None
):
    moved = changes(
        ("  bye: {wait: PT1H}\n", ""),
        ("  ask:", "  bye: {wait: PT1H, next: end}\n  ask:"),
        ("with: {reason: big}", "with: {reason: big}, next: bye"),
    )
    assert moved == {("step", "bye"): (">", ["place: 5 > 4"])}


def test_a_way_that_leads_elsewhere_changes_its_step_and_moves_both_ends() -> None:
    assert changes(("to: end", "to: bye")) == {
        ("step", "choose"): ("~", ["ways.else.to: end > bye"]),
        ("step", "bye"): (">", ["led_to_by: ['ask'] > ['ask', 'choose (else)']"]),
    }


def test_the_first_step_is_led_to_by_the_entry() -> None:
    found = changes(("  hello:", "  first: {wait: PT1M}\n  hello:"))
    assert found["step", "hello"] == (">", ["led_to_by: ['entry'] > ['first']"])


def test_definitions_that_a_journey_uses_are_compared_with_it() -> None:
    found = changes(("  bye: {wait: PT1H}", "  bye: {first_of: [{event: visit}, {wait: PT1H}]}"))
    assert found["event", "visit"] == ("+", [])
    fewer = changes(("{action: score, with: {reason: big}}", "{action: mail}"))
    assert fewer["action", "score"] == ("-", [])


def test_the_content_of_an_action_and_of_an_event_is_compared() -> None:
    old = plan_of(WALK)
    action = replace(old.actions["mail"], message=["map", {"to": ["value", "x"]}], timeout_ms=5)
    event = replace(old.events["signup"], event_type="account.created")
    new = replace(old, actions={**old.actions, "mail": action}, events={"signup": event})
    (found,) = compare({"walk": old}, {"walk": new})
    assert found.standing is Standing.CONFLICT
    changed = {(c.what, c.name): {f.path for f in c.fields} for c in found.changes}
    assert changed["event", "signup"] == {"event_type"}
    assert {"message.to", "message.subject", "timeout_ms"} <= changed["action", "mail"]


def test_an_expression_that_reads_dates_otherwise_is_named() -> None:
    old = replace(plan_of(WALK), rules=Rules({"#{profile.born}": ((0, "date"),)}))
    new = replace(old, rules=Rules({"#{profile.born}": ((0, "dateTime"),)}))
    (found,) = compare({"walk": old}, {"walk": new})
    assert [f.path for c in found.changes for f in c.fields] == ["dates in #{profile.born}"]


# The people inside.


def moving(in_flight: InFlight, moves: Mapping[str, str]) -> Difference:
    old = plan_of(WALK)
    text = WALK.replace("version: 1", "version: 2").replace("  bye: {wait: PT1H}\n", "")
    new = replace(plan_of(text.replace("pause:", "rest:")), in_flight=in_flight, moves=moves)
    (found,) = compare({"walk": old}, {"walk": new})
    return found


def test_people_inside_finish_unless_the_plan_says_otherwise() -> None:
    found = difference(WALK, WALK.replace("version: 1", "version: 2"))
    assert found.fate == Fate("finish", {}, {}, ())
    assert moving("exit", {}).fate == Fate("exit", {}, {}, ())


def test_steps_that_people_cannot_be_moved_from_are_named() -> None:
    assert moving("move", {"pause": "rest"}).fate == Fate("move", {"pause": "rest"}, {}, ("bye",))
