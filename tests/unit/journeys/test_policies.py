"""Policies at work: what is sent, put off and withheld, and who begins a journey."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from journeys.activation import FeedbackReceived
from journeys.clock import format_instant, parse_instant
from journeys.messages import ActionStatus, JsonObject
from journeys.mode import Mode
from journeys.outcomes import Outcome
from journeys.plans import Plans
from tests.harness.person import START, Person
from tests.harness.plans import plans_of

ANN: JsonObject = {"email": "ann@example.org", "mobilePhone": "+4915112345678"}
ACTIONS = """
kind: action
id: hello
channel: email
category: marketing
unsubscribe: false
to: "#{profile.email}"
subject: Hello
body: Hello
---
kind: action
id: text
channel: sms
category: marketing
to: "#{profile.mobilePhone}"
text: Hello
---
kind: action
id: receipt
channel: email
category: transactional
to: "#{profile.email}"
subject: Receipt
body: Thank you
---
"""


def journey(name: str, event: str, action: str = "hello", more: str = "") -> str:
    return f"""
kind: journey
id: {name}
version: 1
{more}
entry: {{event: {event}, reentry: {{after: PT0S}}}}
steps:
  send: {{action: {action}, on: {{error: failed, not_sent: withheld}}, next: end}}
  withheld: {{end: completed}}
  failed: {{end: completed}}
---
"""


def policy(text: str, name: str = "calm") -> str:
    return f"kind: policy\nid: {name}\n{text}\n---\n"


BOTH = journey("news", "signup") + journey("offers", "purchase")
TWO_A_WEEK = policy("caps: [{at_most: 2, per: P7D}]")
NIGHT = policy('quiet_hours: {from: "22:00", to: "08:00"}', "night")


def person(text: str, profile: JsonObject = ANN) -> Person:
    return Person(*plans_of(ACTIONS + text.removesuffix("---\n")), profile=profile)


def later(ann: Person, instant: str) -> None:
    """Let time pass up to an instant."""
    ann.simulator.run_until(parse_instant(instant))


# Frequency caps.


def test_a_cap_holds_across_journeys_and_says_which_it_is() -> None:
    ann = person(TWO_A_WEEK + BOTH)
    assert ann.signs_up("e1") == ["entry entered", "send requested"]
    assert ann.resolve() == ["send succeeded", "send completed"]
    assert ann.buys("e2")[-1] == "send requested"
    ann.resolve()
    assert ann.signs_up("e3") == [
        "entry entered",
        "send not_sent:not_sent (frequency_cap)",
        "withheld completed",
    ]
    assert ann.step_events[-2].detail == "policy 'calm' allows 2 per P7D"
    later(ann, "2026-03-08T07:59:59.999Z")
    assert ann.buys("e4")[1] == "send not_sent:not_sent (frequency_cap)"
    later(ann, "2026-03-08T08:00:00Z")
    assert ann.buys("e5")[1] == "send requested"


def test_a_message_counts_from_its_request_and_only_while_it_may_have_been_sent() -> None:
    ann = person(policy("caps: [{at_most: 1, per: P7D}]") + BOTH)
    ann.signs_up("e1")
    assert ann.buys("e2")[1] == "send not_sent:not_sent (frequency_cap)"
    ann.resolve(status=ActionStatus.ERROR, code="http_500")
    assert (ann.person.contacts, ann.person.asked) == ({}, {})
    assert ann.buys("e3")[1] == "send requested"


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (ActionStatus.SUCCEEDED, True),
        (ActionStatus.ERROR, False),
        (ActionStatus.TIMEOUT, False),
        (ActionStatus.NOT_SENT, False),
    ],
)
def test_a_message_that_ends_after_its_walk_is_given_back_too(
    status: ActionStatus, *, counts: bool
) -> None:
    exits = "exit: [{event: visit}]"
    ann = person(TWO_A_WEEK + journey("news", "signup", more=exits))
    ann.signs_up()
    assert ann.event("web.visit") == ["send exited:visit (exit_criteria)"]
    assert ann.resolve(status=status) == []
    assert ann.person.contacts == ({"email/marketing/news": [START]} if counts else {})
    assert ann.person.asked == {}


def test_a_message_that_cannot_be_written_does_not_count() -> None:
    ann = person(TWO_A_WEEK + BOTH, profile={})
    assert ann.signs_up()[1] == "send not_sent:not_sent (no_address)"
    assert ann.person.contacts == {}


def test_a_calendar_week_is_that_of_the_persons_own_clocks() -> None:
    weekly = policy("caps: [{at_most: 1, per: week}]")
    ann = person(weekly + BOTH, profile={**ANN, "timeZone": "America/New_York"})
    ann.signs_up("e1")
    later(ann, "2026-03-02T04:59:59.999Z")
    assert ann.buys("e2")[1] == "send not_sent:not_sent (frequency_cap)"
    later(ann, "2026-03-02T05:00:00Z")
    assert ann.buys("e3")[1] == "send requested"


def test_a_person_without_a_zone_has_that_of_the_journey() -> None:
    daily = policy("caps: [{at_most: 1, per: day}]")
    zone = "timezone: Asia/Tokyo"
    ann = person(daily + journey("news", "signup", more=zone), profile={**ANN, "timeZone": "?"})
    ann.signs_up("e1")
    ann.resolve()
    later(ann, "2026-03-01T14:59:59.999Z")
    assert ann.signs_up("e2")[1] == "send not_sent:not_sent (frequency_cap)"
    later(ann, "2026-03-01T15:00:00Z")
    assert ann.signs_up("e3")[1] == "send requested"


def test_a_policy_of_some_journeys_counts_theirs_alone() -> None:
    only = policy("journeys: [news]\ncaps: [{at_most: 1, per: P7D}]")
    ann = person(only + BOTH)
    ann.buys("e1")
    ann.resolve()
    assert ann.signs_up("e2")[1] == "send requested"
    ann.resolve()
    assert ann.buys("e3")[1] == "send requested"
    ann.resolve()
    assert ann.signs_up("e4")[1] == "send not_sent:not_sent (frequency_cap)"


def test_messages_that_people_need_are_neither_counted_nor_held_back() -> None:
    cap = policy("caps: [{at_most: 1, per: P7D}]") + NIGHT
    ann = person(cap + journey("bills", "purchase", "receipt") + journey("news", "signup"))
    for n in range(3):
        assert ann.buys(f"b{n}")[1] == "send requested"
        ann.resolve()
    assert ann.signs_up("e1")[1] == "send requested"
    later(ann, "2026-03-01T23:00:00Z")
    assert ann.buys("b9")[1] == "send requested"


def test_a_walk_keeps_the_policies_of_its_version_and_the_count_is_shared() -> None:
    (free,) = plans_of(ACTIONS + journey("news", "signup").removesuffix("---\n"))
    ann = person(policy("caps: [{at_most: 1, per: P7D}]") + journey("offers", "purchase"))
    ann.plans = Plans([*ann.plans, free])
    ann.signs_up("e1")
    ann.resolve()
    assert ann.buys("e2")[1] == "send not_sent:not_sent (frequency_cap)"
    assert ann.signs_up("e3")[1] == "send requested"


def test_a_rehearsal_neither_counts_nor_waits_but_asks_for_consent() -> None:
    cap = policy("caps: [{at_most: 1, per: P7D}]") + NIGHT
    waiting = journey("news", "signup").replace("send:", "pause: {wait: PT15H}\n  send:")
    ann = person(cap + waiting)
    for n in range(3):
        ann.signs_up(f"e{n}")
        ann.person.instances[0].mode = Mode.TEST
        assert ann.passes("PT15H")[1] == "send requested"
        ann.resolve()
        later(ann, f"2026-03-0{n + 2}T08:00:00Z")
    assert ann.person.contacts == {}
    ann.changes({"suppressed": {"email": True}})
    ann.signs_up("e9")
    ann.person.instances[0].mode = Mode.TEST
    assert ann.passes("PT15H")[1] == "send not_sent:not_sent (suppressed)"


def test_erasing_a_person_forgets_what_they_were_sent() -> None:
    ann = person(policy("caps: [{at_most: 1, per: P7D}]") + BOTH)
    ann.signs_up("e1")
    ann.changes(None)
    assert ann.person.is_empty()
    ann.resolve()
    assert ann.person.is_empty()


# Quiet hours.


def test_a_message_at_night_is_sent_in_the_morning() -> None:
    ann = person(NIGHT + BOTH)
    later(ann, "2026-03-01T22:30:00Z")
    assert ann.signs_up(plan="old") == ["entry entered", "send waiting (quiet_hours)"]
    due = ann.step_events[-1].due_at
    assert due is not None
    assert format_instant(due) == "2026-03-02T08:00:00.000Z"
    assert ann.passes("PT9H29M59S") == []
    assert ann.passes("PT1S") == ["send requested"]
    assert ann.step_events[-1].cause == "timer"
    assert ann.resolve() == ["send succeeded", "send completed"]


def test_everything_is_decided_anew_when_the_night_is_over() -> None:
    ann = person(NIGHT + policy("caps: [{at_most: 1, per: P7D}]") + BOTH)
    later(ann, "2026-03-01T22:30:00Z")
    ann.signs_up("e1")
    ann.changes({"email": "new@example.org"})
    ann.passes("PT9H30M")
    assert ann.requests[-1].message["to"] == "new@example.org"
    ann.resolve()
    later(ann, "2026-03-02T23:00:00Z")
    ann.signs_up("e2")
    assert ann.passes("PT9H") == [
        "send not_sent:not_sent (frequency_cap)",
        "withheld completed",
    ]
    later(ann, "2026-03-09T23:00:00Z")
    ann.signs_up("e3")
    ann.changes({"consents": {"marketing": {"email": {"val": "n"}}}})
    assert ann.passes("PT9H")[0] == "send not_sent:not_sent (no_consent)"


def test_a_message_may_be_dropped_at_night() -> None:
    drop = policy('quiet_hours: {from: "22:00", to: "08:00", then: discard}')
    ann = person(drop + BOTH)
    later(ann, "2026-03-01T22:30:00Z")
    assert ann.signs_up()[1] == "send not_sent:not_sent (quiet_hours)"
    assert ann.step_events[-2].detail == "policy 'calm' is quiet from 22:00 to 08:00"


def test_quiet_times_without_end_send_nothing() -> None:
    halves = [
        policy(f'quiet_hours: {{from: "{start}", to: "{end}"}}', f"p{start[:2]}")
        for start, end in (("00:00", "12:00"), ("12:00", "00:00"))
    ]
    ann = person("".join(halves) + BOTH)
    assert ann.signs_up()[1] == "send not_sent:not_sent (quiet_hours)"


def test_somebody_who_travels_meanwhile_waits_for_their_new_morning() -> None:
    ann = person(NIGHT + BOTH, profile={**ANN, "timeZone": "Europe/Paris"})
    later(ann, "2026-03-01T21:30:00Z")
    assert ann.signs_up()[1] == "send waiting (quiet_hours)"
    ann.changes({"timeZone": "America/New_York"})
    later(ann, "2026-03-02T12:59:59Z")
    assert len(ann.step_events) == 2
    later(ann, "2026-03-02T13:00:00Z")
    assert [e.outcome for e in ann.step_events[2:]] == [Outcome.REQUESTED]


def test_nothing_but_the_morning_and_an_exit_moves_a_message_that_waits() -> None:
    exits = 'exit: [{event: visit, when: "@event{visit.n} == 2"}]'
    ann = person(NIGHT + journey("news", "signup", more=exits))
    later(ann, "2026-03-01T22:30:00Z")
    ann.signs_up()
    assert ann.event("web.visit", {"n": 1}) == ann.changes({"x": 1}) == []
    assert ann.crosses("gold") == ann.activate(FeedbackReceived("f", "r", "clicked")) == []
    assert ann.passes("PT1H") == []
    assert ann.event("web.visit", {"n": 2}) == ["send exited:visit (exit_criteria)"]
    assert ann.passes("P1D") == []


def test_a_timer_asks_for_no_message_that_was_asked_for_already() -> None:
    ann = person(BOTH)
    ann.signs_up()
    waiting = ann.person.instances[0].waiting
    assert waiting is not None
    waiting.due = START + 1
    assert ann.passes("PT1S", asleep=True) == []
    assert len(ann.requests) == 1


# Consent and suppression.


@pytest.mark.parametrize(
    ("reaction", "told", "then"),
    [
        (
            "bounced",
            {"suppressed": {"email": True}},
            {"hello": "suppressed", "receipt": "suppressed"},
        ),
        (
            "complained",
            {"suppressed": {"email": True}},
            {"hello": "suppressed", "receipt": "suppressed"},
        ),
        (
            "unsubscribed",
            {"consents": {"marketing": {"email": {"val": "n"}}}},
            {"hello": "no_consent", "receipt": None},
        ),
        ("clicked", {}, {"hello": None, "receipt": None}),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_what_becomes_of_a_message_is_minded_for_those_that_follow(
    reaction: str, told: JsonObject, then: dict[str, str | None], *, inside: bool
) -> None:
    waiting = journey("news", "signup").replace("next: end", "next: pause")
    waiting = waiting.replace("  withheld:", "  pause: {wait: PT1H}\n  withheld:")
    ann = person(
        waiting
        + journey("mails", "purchase")
        + journey("bills", "purchase", "receipt")
        + journey("texts", "purchase", "text")
    )
    ann.signs_up()
    ann.resolve()
    request = ann.requests[-1]
    if inside:
        ann.reacts(reaction)
    else:
        ann.passes("PT1H")
        ann.activate(FeedbackReceived("f1", request.request_id, reaction, "email"))
    assert ann.attributes == {**ANN, **told}
    ann.buys("b")
    events = {(e.journey_id, e.outcome): e for e in ann.step_events}
    for name, action in (("mails", "hello"), ("bills", "receipt")):
        withheld = events.get((name, Outcome.NOT_SENT))
        assert (withheld.reason if withheld else None) == then[action]
    assert ("texts", Outcome.REQUESTED) in events


def test_feedback_that_is_not_known_to_be_of_a_channel_changes_nothing() -> None:
    ann = person(BOTH)
    ann.activate(FeedbackReceived("f1", "unknown", "bounced"))
    assert (ann.attributes, ann.person.is_empty()) == (ANN, True)


def test_feedback_that_comes_twice_is_minded_once() -> None:
    ann = person(BOTH)
    bounced = FeedbackReceived("f1", "unknown", "bounced", "email")
    ann.activate(bounced)
    assert ann.attributes == {**ANN, "suppressed": {"email": True}}
    ann.changes({"suppressed": None})
    ann.activate(bounced)
    assert ann.attributes == ANN


# Priority.


@pytest.mark.parametrize(("news", "offers", "first"), [(10, 90, "offers"), (50, 50, "news")])
def test_the_last_place_is_that_of_the_higher_priority(news: int, offers: int, first: str) -> None:
    once = policy("caps: [{at_most: 1, per: P7D}]")
    text = journey("news", "signup", more=f"priority: {news}")
    text += journey("offers", "signup", more=f"priority: {offers}")
    ann = person(once + text)
    ann.signs_up()
    assert [request.journey_id for request in ann.requests] == [first]
    ben = person(NIGHT + once + text)
    later(ben, "2026-03-01T23:00:00Z")
    ben.signs_up()
    assert ben.requests == []
    later(ben, "2026-03-02T08:00:00Z")
    assert [request.journey_id for request in ben.requests] == [first]


WOKEN = """
kind: audience
id: gold
when: "#{profile.tier} == 'gold'"
---
"""


@pytest.mark.parametrize("branch", ["event: visit", "audience: {id: gold}"])
@pytest.mark.parametrize(("news", "offers", "first"), [(10, 90, "offers"), (50, 50, "news")])
def test_of_walks_that_are_woken_at_once_the_higher_priority_goes_first(
    branch: str, news: int, offers: int, first: str
) -> None:
    race = f"race: {{first_of: [{{{branch}, to: send}}, {{wait: P1D, to: end}}]}}\n  send:"
    text = journey("offers", "purchase", more=f"priority: {offers}")
    text += journey("news", "signup", more=f"priority: {news}")
    ann = person(WOKEN + policy("caps: [{at_most: 1, per: P7D}]") + text.replace("send:", race))
    order = (ann.buys, ann.signs_up) if first == "news" else (ann.signs_up, ann.buys)
    for begin in order:
        begin()
    ann.event("web.visit")
    ann.changes({"tier": "gold"})
    assert [request.journey_id for request in ann.requests] == [first]


@pytest.mark.parametrize(("news", "offers", "first"), [(10, 90, "offers"), (50, 50, "news")])
def test_of_journeys_that_an_audience_begins_the_higher_priority_goes_first(
    news: int, offers: int, first: str
) -> None:
    entry = "entry: {audience: {id: gold}}"
    text = walks("news", "offers", news=news, offers=offers)
    text = text.replace("entry: {event: signup, reentry: {after: PT0S}}", entry)
    ann = person(WOKEN + policy("inside: 1") + text)
    ann.changes({"tier": "gold"})
    assert [instance.journey for instance in ann.person.instances] == [first]


# Caps of journeys.


def walks(*names: str, event: str = "signup", **priorities: int) -> str:
    return "".join(
        f"""
kind: journey
id: {name}
version: 1
priority: {priorities.get(name, 50)}
entry: {{event: {event}, reentry: {{after: PT0S}}}}
steps:
  pause: {{wait: PT1H}}
---
"""
        for name in names
    )


def test_so_many_journeys_are_begun_in_a_time() -> None:
    ann = person(policy("entries: {at_most: 3, per: week}") + walks("a", "b"))
    assert ann.signs_up("e1") == ["entry entered", "pause waiting"] * 2
    ann.passes("PT2H")
    assert ann.signs_up("e2") == [
        "entry entered",
        "pause waiting",
        "entry not_entered (entry_cap)",
    ]
    assert ann.step_events[-1].detail == "policy 'calm' allows 3 per week"
    assert ann.person.entries == {"a": [START, START + 7_200_000], "b": [START]}
    later(ann, "2026-03-02T00:00:00Z")  # a Monday
    assert ann.signs_up("e3") == ["entry entered", "pause waiting"] * 2


def test_a_week_of_entries_is_that_of_the_persons_own_clocks() -> None:
    once = policy("entries: {at_most: 1, per: week}")
    ann = person(once + walks("a"), profile={**ANN, "timeZone": "America/New_York"})
    ann.signs_up("e1")
    later(ann, "2026-03-02T04:59:59.999Z")
    assert ann.signs_up("e2") == ["entry not_entered (entry_cap)"]
    later(ann, "2026-03-02T05:00:00Z")
    assert ann.signs_up("e3")[0] == "entry entered"


def test_only_walks_that_began_count() -> None:
    ann = person(policy("journeys: [a]\nentries: {at_most: 1, per: P1D}") + walks("a", "b"))
    ann.signs_up("e1")
    assert ann.signs_up("e2") == ["entry not_entered (already_inside)"] * 2
    ann.passes("P1D")
    assert ann.signs_up("e3") == ["entry entered", "pause waiting"] * 2
    assert ann.person.entries == {"a": [START + 86_400_000]}


@pytest.mark.parametrize(
    ("priorities", "reasons"),
    [
        ({}, {"c": "too_many_journeys"}),
        ({"b": 10}, {"b": "priority"}),
        ({"a": 60}, {"c": "priority"}),
        ({"c": 60}, {"b": "priority"}),
        ({"a": 10, "b": 10}, {"b": "priority"}),
    ],
)
def test_so_many_journeys_are_walked_at_once(
    priorities: dict[str, int], reasons: dict[str, str]
) -> None:
    ann = person(policy("inside: 2") + walks("a", "b", "c", event="signup", **priorities))
    ann.signs_up("e1")
    refused = {e.journey_id: e.reason for e in ann.step_events if e.reason is not None}
    assert refused == reasons
    ann.passes("PT1H")
    ann.signs_up("e2")
    assert len(ann.person.instances) == 2


def test_nobody_is_sent_out_to_make_room() -> None:
    text = walks("a", a=10) + walks("b", event="purchase", b=90)
    ann = person(policy("inside: 1") + text)
    ann.signs_up("e1")
    assert ann.buys("e2") == ["entry not_entered (too_many_journeys)"]
    assert [i.journey for i in ann.person.instances] == ["a"]


def test_the_detail_names_who_is_in_the_way() -> None:
    ann = person(policy("inside: 1") + walks("a", "b", b=90))
    ann.signs_up()
    assert ann.step_events[-1].detail == "policy 'calm' allows 1 at once; inside: b"


def test_a_rehearsal_takes_no_place() -> None:
    ann = person(policy("inside: 1") + walks("a") + walks("b", event="purchase"))
    ann.signs_up("e1")
    ann.person.instances = [replace(ann.person.instances[0], mode=Mode.TEST)]
    assert ann.buys("e2") == ["entry entered", "pause waiting"]


def test_a_policy_without_the_journey_lets_it_begin() -> None:
    ann = person(policy("journeys: [a, c]\ninside: 1") + walks("a", "b", "c"))
    assert ann.signs_up().count("entry entered") == 2
    assert [i.journey for i in ann.person.instances] == ["a", "b"]


# Plans.


def test_a_plan_carries_the_policies_that_hold_for_it() -> None:
    text = (
        policy("channels: [sms]\ncaps: [{at_most: 1, per: P7D}]", "texts")
        + policy("caps: [{at_most: 1, per: P7D}]", "all")
        + policy("category: transactional\ncaps: [{at_most: 1, per: P7D}]", "needed")
        + policy("journeys: [offers]\ninside: 1", "walks")
    )
    plans = plans_of(ACTIONS + text + BOTH.removesuffix("---\n"))
    carried = {plan.journey: [policy.id for policy in plan.policies] for plan in plans}
    assert carried == {"news": ["all"], "offers": ["all", "walks"]}
    assert [policy.id for policy in Plans(plans).policies] == ["all", "walks"]
