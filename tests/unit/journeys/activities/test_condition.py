"""Condition: the first rule that holds, and nobody left standing."""

from __future__ import annotations

import pytest

from journeys.messages import JsonValue
from tests.harness.person import Person
from tests.harness.plans import plan_of

RULES = """
kind: journey
id: choosing
version: 1
entry: {event: signup, reentry: {after: PT0S}}
steps:
  choose:
    condition:
      - {label: rich, when: "@event{signup.total} > 100", to: end}
      - {when: "@event{signup.total} > 50", to: end}
      - {else: true, to: end}
"""


@pytest.mark.parametrize(
    ("total", "branch"), [(101, "rich"), (100, "when_2"), (50, "else"), (None, "else")]
)
def test_the_first_rule_that_holds_decides(total: JsonValue, branch: str) -> None:
    trace = Person(plan_of(RULES)).signs_up(total=total)
    assert trace == ["entry entered", f"choose passed:{branch}", "choose completed"]


def test_without_a_rule_that_holds_the_walk_ends() -> None:
    text = RULES.replace("      - {else: true, to: end}\n", "")
    trace = Person(plan_of(text)).signs_up(total=1)
    assert trace == ["entry entered", "choose exited (no_match)"]


def test_a_rule_without_a_step_leads_to_the_next_one() -> None:
    text = RULES.replace("{else: true, to: end}", "{else: true}") + "  rest: {wait: PT1H}\n"
    trace = Person(plan_of(text)).signs_up(total=1)
    assert trace[1:] == ["choose passed:else", "rest waiting"]


def test_a_random_choice_differs_between_people_and_is_the_same_on_replay() -> None:
    plan = plan_of(RULES.replace("@event{signup.total} > 100", "random() < 0.5"))
    chosen = [Person(plan, name=f"p{n}").signs_up()[1] for n in range(40)]
    again = [Person(plan, name=f"p{n}").signs_up()[1] for n in range(40)]
    assert chosen == again
    assert len(set(chosen)) == 2
