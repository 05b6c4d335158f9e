"""Choose: the best way that is open for a person, and now and then another."""

from __future__ import annotations

from collections import Counter

import pytest

from journeys.graph.summary import summary
from journeys.messages import ActionStatus, JsonObject
from tests.harness.person import Person
from tests.harness.plans import compiled, plan_of

ANN: JsonObject = {"email": "ann@example.org"}
REFUSED: JsonObject = {"consents": {"marketing": {"email": {"val": "n"}}}}
POLICY = "kind: policy\nid: calm\ncaps: [{at_most: 1, per: P7D}]\n---\n"
QUIET = 'kind: policy\nid: night\nquiet_hours: {from: "07:00", to: "10:00"%s}\n---\n'


def journey(*ways: str, more: str = "", policy: str = "") -> str:
    written = "".join(f"      - {{{way}}}\n" for way in ways)
    return f"""{policy}kind: journey
id: choosy
version: 1
entry: {{event: signup, reentry: {{after: PT0S}}}}
steps:
  best:
    choose:
{written}{more}
  mail: {{action: mail, next: end}}
  call: {{action: score, with: {{reason: tea}}, next: end}}
  pause: {{wait: PT1H}}
"""


MAIL = 'label: mail, score: "#{profile.mail}", to: mail'
CALL = 'label: call, score: "#{profile.call}", to: call'
WAIT = 'label: wait, when: "#{profile.country} == \'DE\'", score: "#{profile.wait}", to: pause'
ELSE = "else: true, to: end"


def chosen(
    text: str, profile: JsonObject, name: str = "ann"
) -> tuple[str | None, float | None, bool | None, str | None]:
    person = Person(plan_of(text), profile=profile, name=name)
    person.signs_up()
    told = next(e for e in person.step_events if e.step_id == "best")
    return told.branch, told.score, told.explored, told.detail


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ({"mail": 1, "call": 2}, ("call", 2.0, False, "wait: not meant for the person")),
        ({"mail": 2.5, "call": 2}, ("mail", 2.5, False, "wait: not meant for the person")),
        ({"mail": -1, "call": -2}, ("mail", -1.0, False, "wait: not meant for the person")),
        ({"mail": 2, "call": 2}, ("mail", 2.0, False, "wait: not meant for the person")),
        ({"country": "DE", "mail": 1, "call": 1, "wait": 3}, ("wait", 3.0, False, None)),
        (
            {"country": "DE", "call": 0},
            ("call", 0.0, False, "mail: no score; wait: no score"),
        ),
        (
            {"mail": 3, "call": 1, **REFUSED},
            ("call", 1.0, False, "wait: not meant for the person; mail: no_consent"),
        ),
        (
            {"mail": 3, "call": 1, "suppressed": {"email": True}},
            ("call", 1.0, False, "wait: not meant for the person; mail: suppressed"),
        ),
        (
            {"mail": 3, "call": 1, "email": None},
            ("call", 1.0, False, "wait: not meant for the person; mail: no_address"),
        ),
        ({"mail": "3", "call": True}, ("else", None, None, "mail: no score; call: no score; ")),
    ],
)
def test_the_best_of_the_eligible_ways_is_taken(
    profile: JsonObject, expected: tuple[object, ...]
) -> None:
    *found, detail = chosen(journey(MAIL, CALL, WAIT, ELSE), {**ANN, **profile})
    assert found == list(expected[:-1])
    assert detail == expected[-1] or (detail or "").startswith(str(expected[-1]))


def test_whoever_has_no_way_leaves_and_it_is_said_why() -> None:
    person = Person(plan_of(journey(MAIL, WAIT)), profile={"mail": 1})
    assert person.signs_up()[-1] == "best exited (no_match)"
    assert person.step_events[-1].detail == "wait: not meant for the person; mail: no_address"


def test_a_frequency_cap_closes_a_way_until_there_is_room() -> None:
    person = Person(
        plan_of(journey(MAIL, CALL, policy=POLICY)), profile={**ANN, "mail": 2, "call": 1}
    )
    person.signs_up()
    person.resolve()
    person.signs_up()
    person.resolve()
    person.passes("P7D")
    person.signs_up()
    told = [e for e in person.step_events if e.step_id == "best"]
    assert [e.branch for e in told] == ["mail", "call", "mail"]
    assert told[1].detail == "mail: frequency_cap"


def test_a_cap_that_was_given_back_closes_nothing() -> None:
    person = Person(
        plan_of(journey(MAIL, CALL, policy=POLICY)), profile={**ANN, "mail": 2, "call": 1}
    )
    person.signs_up()
    person.resolve(status=ActionStatus.NOT_SENT)
    person.signs_up()
    assert [e.branch for e in person.step_events if e.step_id == "best"] == ["mail", "mail"]


@pytest.mark.parametrize(
    ("then", "branch", "detail"),
    [(", then: defer", "mail", None), (", then: discard", "call", "mail: quiet_hours")],
)
def test_quiet_hours_close_a_way_only_where_they_drop_its_message(
    then: str, branch: str, detail: str | None
) -> None:
    text = journey(MAIL, CALL, policy=QUIET % then)
    found = chosen(text, {**ANN, "mail": 2, "call": 1})
    assert (found[0], found[3]) == (branch, detail)


def test_a_way_that_leads_to_its_message_through_another_step_is_open() -> None:
    text = journey(MAIL.replace("to: mail", "to: pause"), CALL).replace(
        "{wait: PT1H}", "{wait: PT1H, next: mail}"
    )
    assert chosen(text, {"mail": 2, "call": 1})[0] == "mail"


def branches(text: str, profile: JsonObject, people: int = 2_000) -> Counter[object]:
    plan = plan_of(text)
    taken: Counter[object] = Counter()
    for n in range(people):
        person = Person(plan, name=f"p{n}", profile=profile)
        person.signs_up()
        taken.update((e.branch, e.explored) for e in person.step_events if e.step_id == "best")
    return taken


def test_a_share_of_visits_explores_all_eligible_ways_alike() -> None:
    profile: JsonObject = {**ANN, "mail": 1, "call": 2, "wait": 3}
    taken = branches(journey(MAIL, CALL, WAIT, ELSE, more="    explore: 20"), profile)
    assert set(taken) == {("call", False), ("call", True), ("mail", True)}  # `wait` is not for them
    assert taken["call", False] == pytest.approx(1_600, abs=60)
    assert taken["mail", True] == pytest.approx(200, abs=45)


def test_each_visit_explores_by_a_draw_of_its_own_and_the_same_on_replay() -> None:
    plan = plan_of(journey(MAIL, CALL, more="    explore: 50"))
    traces = []
    for _ in range(2):
        person = Person(plan, profile={**ANN, "mail": 1, "call": 2})
        for _ in range(40):
            person.signs_up()
            person.resolve()
        told = [(e.branch, e.explored) for e in person.step_events if e.step_id == "best"]
        traces.append(told)
    assert traces[0] == traces[1]
    assert {explored for _, explored in traces[0]} == {True, False}


def test_nobody_explores_where_nothing_is_eligible() -> None:
    text = journey(MAIL, ELSE, more="    explore: 100")
    assert chosen(text, {}) == ("else", None, None, "mail: no score")


def test_a_score_may_be_that_of_a_model() -> None:
    model = 'kind: model\nid: tea\nformula: "#{profile.cups} * 10"\n---\n'
    text = journey(MAIL, 'score: "@decision{tea.score}", to: call', policy=model)
    assert chosen(text, {**ANN, "mail": 29, "cups": 3})[:2] == ("way_2", 30.0)


def test_ways_say_in_a_picture_what_they_are_worth() -> None:
    plan = plan_of(journey(MAIL, WAIT, ELSE, more="    explore: 5"))
    assert summary(plan.steps["best"], plan) == [
        "mail: score #{profile.mail}",
        "wait: score #{profile.wait}, when #{profile.country} == 'DE'",
        "in 5 % of visits any of them",
        "whoever is eligible for none goes else",
    ]


def test_else_alone_is_no_choice() -> None:
    assert "JRN201" in [d.code for d in compiled(journey(ELSE)).errors]
