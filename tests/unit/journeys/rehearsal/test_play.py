"""Everything that can happen to a person in a scenario, does."""

from __future__ import annotations

import pytest

from tests.harness.scenarios import verdict_of

JOURNEYS = """
kind: audience
id: loyal
when: "#{profile.loyal} == true"
---
kind: event
id: saved
match: {eventType: cart.saved}
---
kind: journey
id: mailing
version: 1
entry: {event: signup}
exit:
  - {audience: {id: loyal, on: exit}}
steps:
  send: {action: mail}
  note: {emit: {type: cart.saved, payload: {n: 3}}}
  tell: {emit: {type: cart.told, topic: crm, payload: {to: "#{profile.id}"}}}
  race:
    first_of:
      - {label: clicked, reaction: {step: send, is: clicked}, to: end}
      - {label: loyal, audience: {id: loyal, on: enter}, to: end}
---
kind: journey
id: hearing
version: 1
entry: {event: saved, when: "@event{saved.n} == 3"}
steps:
  pause: {wait: PT1H}
---
kind: journey
id: reading
version: 1
entry: {read: {audience: loyal}}
steps:
  who:
    condition:
      - {label: loyal, when: "inAudience('loyal')", to: end}
      - {label: others, else: true, to: end}
---
"""
ANN = "{id: ann, email: ann@example.org, firstName: Ann}"


def failed(do: str, expect: str, *, journey: str = "mailing", audiences: str = "[]") -> int | None:
    """Give the first expectation that was not met."""
    head = f"kind: scenario\nid: s\njourney: {journey}\nprofile: {ANN}\naudiences: {audiences}\n"
    return verdict_of(f"{JOURNEYS}{head}do:\n{do}\nexpect:\n{expect}").unmet


SIGNUP = "  - event: signup\n"


def test_a_reaction_is_to_the_latest_message_of_a_step() -> None:
    opened, clicked = (
        f"  - feedback: {{step: send, is: {way}}}\n" for way in ("opened", "clicked")
    )
    expect = "  - step: {id: race, branch: clicked}\n  - completed: true"
    assert failed(f"{SIGNUP}{opened}{clicked}", expect) is None
    assert failed(f"{SIGNUP}{opened}", expect) == 0
    assert failed(f"{clicked}{SIGNUP}", expect) == 0


def test_people_go_into_audiences_and_out_of_them() -> None:
    enter = f"{SIGNUP}  - audience: {{id: loyal, on: enter}}"
    assert failed(enter, "  - step: {id: race, branch: loyal}") is None
    leave = f"{SIGNUP}  - audience: {{id: loyal, on: exit}}"
    assert failed(leave, "  - exited: {reason: exit_criteria}", audiences="[loyal]") is None
    assert failed(leave, "  - exited: {reason: exit_criteria}") == 0


def test_what_another_identity_did_before_and_does_after_a_link_counts() -> None:
    elsewhere = "  - {event: signup, identity: d7}\n"
    link, feedback = "  - link: d7\n", "  - feedback: {step: send, is: clicked}\n"
    sent = f"  - {{profile: {{email: d@example.org}}, identity: d7}}\n{elsewhere}"
    expect = "  - action: {id: mail, to: d@example.org}\n"
    assert failed(sent, expect) is None
    joined = f"{expect}  - step: {{id: race, outcome: joined}}\n"
    assert failed(f"{sent}{link}", joined) is None
    assert failed(f"{sent}{link}{feedback}", f"{joined}  - completed: true\n") is None
    patch = "  - {profile: {seen: 1}, identity: d7}\n"
    seen = "  - profile: {seen: 1, email: ann@example.org}\n"
    assert failed(f"{link}{patch}", seen) is None
    assert failed(f"{patch}", seen) == 0
    twice = f"{sent}{SIGNUP}{link}{elsewhere}"
    reasons = ["  - {exited: merged}\n", "  - not_entered: {reason: already_inside}\n"]
    assert failed(twice, "".join(reasons)) is None


def test_people_are_read_into_a_journey() -> None:
    expect = "  - entered: true\n  - step: {id: who, branch: loyal}"
    assert failed("  - read: {}", expect, journey="reading", audiences="[loyal]") is None
    assert failed("  - read: {}", expect, journey="reading") == 0


SALE = """
kind: event
id: sale
match: {eventType: shop.sale}
---
kind: journey
id: selling
version: 1
entry: {business: {event: sale, audience: loyal}}
steps:
  rest: {wait: P1D}
---
"""


def test_a_business_event_reads_people_into_a_journey() -> None:
    do = "do:\n  - event: sale\n  - advance: PT1M\n"
    for audiences, unmet in (("[loyal]", None), ("[]", 0)):
        head = f"kind: scenario\nid: s\njourney: selling\nprofile: {ANN}\naudiences: {audiences}\n"
        text = f"{JOURNEYS}{SALE}{head}{do}expect:\n  - at: rest\n"
        assert verdict_of(text).unmet == unmet


def test_events_that_a_journey_sends_are_seen_and_heard() -> None:
    expect = """
  - emitted: {type: cart.saved, topic: events, with: {n: 3}}
  - emitted: {type: cart.told, with: {to: ann}, at: +PT0S}
  - entered: hearing
"""
    assert failed(SIGNUP, expect) is None
    assert failed(SIGNUP, "  - emitted: cart.told") is None
    for wrong in (
        "{type: cart.lost}",
        "{type: cart.saved, topic: crm}",
        "{type: cart.saved, with: {n: 4}}",
    ):
        assert failed(SIGNUP, f"  - emitted: {wrong}") == 0


TWINS = """
kind: journey
id: one
version: 1
entry: {event: signup}
steps: {ask: {action: score, with: {reason: x}, on: {error: end}}}
---
kind: journey
id: two
version: 1
entry: {event: signup}
steps: {ask: {action: score, with: {reason: x}, on: {error: end}}}
---
kind: scenario
id: s
journey: one
do:
  - respond: {step: ask, status: 500}
  - event: signup
expect:
  - step: {id: ask, branch: error}
  - step: {journey: two, id: ask, outcome: succeeded}
"""


def test_an_answer_is_to_a_step_of_the_journey_that_is_tested() -> None:
    assert verdict_of(TWINS).passed


AGED = """  - event: saved
    {ago}payload: {{n: 3}}
"""


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        ("", "entered: hearing"),
        ("ago: PT1H\n    ", "entered: hearing"),
        ("ago: PT2H\n    ", "not_entered: {reason: late}"),
    ],
)
def test_an_event_may_have_happened_before_it_comes(ago: str, expected: str) -> None:
    aged = JOURNEYS.replace("entry: {event: saved,", "entry: {event: saved, max_age: PT1H,")
    head = f"kind: scenario\nid: s\njourney: hearing\nprofile: {ANN}\n"
    do = AGED.format(ago=ago)
    assert verdict_of(f"{aged}{head}do:\n{do}\nexpect:\n  - {expected}\n").unmet is None


def test_an_event_says_itself_when_it_happened() -> None:
    condition = "@event{saved.timestamp} == '2026-01-01T08:00:00.000Z'"
    told = JOURNEYS.replace("@event{saved.n} == 3", condition)
    head = "kind: scenario\nid: s\njourney: hearing\nstart: 2026-01-02T08:00:00Z\n"
    do = AGED.format(ago="ago: P1D\n    ")
    text = f"{told}{head}do:\n{do}\nexpect:\n  - entered: hearing\n"
    assert verdict_of(text).unmet is None
