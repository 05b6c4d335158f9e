"""The table of scenarios: each shows a capability, and is played by the simulator and by the job.

What they meet is defined in `capabilities`, and in `later` what is published while they play.
Waits are of seconds or of an hour: what is to be over is over soon, and all else does not end.
"""

from __future__ import annotations

from journeys.messages import JsonObject
from tests.e2e.acts import (
    Enter,
    Erasure,
    Event,
    In,
    Link,
    Pause,
    Profile,
    Publish,
    Reaction,
    Row,
    TableRow,
    Until,
    everybody,
)
from tests.e2e.lifecycles import LIFECYCLES

FAIR = (18, 24)
"""Seconds after the beginning of the play at which a fair begins, and is over."""


def _membership(status: str) -> JsonObject:
    return {"segmentMembership": {"ups": {"listed": {"status": status}}}}


ENTRIES = [
    Row("by_type", "an event begins a walk", [Event("plain"), Event("unheard")]),
    Row(
        "by_rule",
        "`match` and `when` say which records are an event",
        [
            Event("by_rule", {"size": 11, "shop": {"country": "FR"}}),
            Event("by_rule", {"size": 9, "shop": {"country": "DE"}}),
            Event("by_rule", {"size": 11, "shop": {"country": "DE"}}),
        ],
    ),
    Row(
        "choosy",
        "the entry's condition reads event and profile",
        [
            Profile({"tier": "gold"}),
            Event("choosy", {"total": 49}),
            Event("choosy", {"total": 50}),
            Event("choosy", {"total": 50}, who="bob"),
        ],
    ),
    Row(
        "out_of_order",
        "of each attribute stays what is so since later, in whatever order it comes",
        [
            Profile({"_timestamp": "2020-02-01T00:00:00Z", "tier": "gold"}),
            Profile({"_timestamp": "2020-01-01T00:00:00Z", "tier": "silver", "city": "Rome"}),
            Event("choosy", {"total": 50}),
            Profile({"_timestamp": "2020-02-01T00:00:00Z", "tier": None}, who="bob"),
            Profile({"_timestamp": "2020-01-01T00:00:00Z", "tier": "gold"}, who="bob"),
            Event("choosy", {"total": 50}, who="bob"),
            Profile({"_timestamp": "2020-02-01T00:00:00Z", "tier": "silver"}, who="cat"),
            Profile({"tier": "gold"}, who="cat"),
            Event("choosy", {"total": 50}, who="cat"),
        ],
    ),
    Row(
        "golden",
        "an attribute takes a person into an audience and out again",
        [
            Profile({"golden": True}),
            Until("stay"),
            Profile({"golden": False}),
        ],
    ),
    Row(
        "eager",
        "events take a person into an audience, and time alone takes them out",
        [Event("nudge", {"n": 1}), Event("nudge", {"n": 2})],
    ),
    Row(
        "cooled",
        "three purchases in some days, then no visit for a few: an event or time alone decides",
        [
            Event("visited", {"page": "/"}),
            Pause(5),  # all rows begin at once, and how late bob is told of is measured
            *(Event("bought", {"n": number}) for number in range(3)),
            *(Event("bought", {"n": number}, who="bob") for number in range(3)),
            Until("race", who="bob"),
            Pause(3),
            Event("visited", {"page": "/"}, who="bob"),
        ],
    ),
    Row(
        "cooled_and_asked",
        "the same as the condition of an entry by an event",
        [
            *(Event("bought", {"n": number}) for number in range(3)),
            Until("race"),
            Event("asked"),
            Event("asked", who="bob"),
        ],
    ),
    Row(
        "fair",
        "the clock takes a person into an audience and out again",
        [Event("ticket", {"from": In(FAIR[0]), "to": In(FAIR[1])}), Pause(FAIR[0] - 5)],
    ),
    Row(
        "listed",
        "a list takes a person into an audience and out again",
        [
            Profile(_membership("realized")),
            Until("stay"),
            Profile(_membership("realized")),
            Profile(_membership("exited")),
        ],
    ),
    Row(
        "surveyed",
        "whoever is in an audience before it is followed does not go into it",
        [
            Profile({"early": True}),
            Profile({"name": "Bob"}, who="bob"),
            Publish("surveyed"),
            Pause(8),
            Profile({"name": "Ann"}),
            Profile({"early": True}, who="bob"),
            Profile({"early": False}),
            Profile({"early": True}),
        ],
    ),
    Row(
        "keyed",
        "several walks at once, one for each value of the key",
        [
            Event("keyed", {"cart": "a"}),
            Event("keyed", {"cart": "b"}),
            Event("keyed", {"cart": "a"}),
            Event("keyed"),
        ],
    ),
    Row(
        "crowded",
        "ten walks of a person in one journey at most",
        [Event("keyed", {"cart": f"c{number}"}) for number in range(11)],
    ),
    Row("hasty", "entering again too early", [Event("hasty"), Event("hasty")]),
    Row(
        "patient",
        "entering again after the time",
        [Event("patient"), Until("done", "completed"), Pause(2), Event("patient")],
    ),
    Row("once", "entering once only", [Event("once"), Event("once")]),
    Row("inside", "being inside already", [Event("plain"), Event("plain")]),
    Row(
        "repeat",
        "the same event twice",
        [Event("hasty", id="e1"), Event("plain", id="e2"), Event("plain", id="e2")],
    ),
    Row("debounce", "entering too soon after entering", [Event("bounced"), Event("bounced")]),
    Row(
        "max_age",
        "an event that happened too long ago",
        [
            Event("fresh", {"timestamp": In(-7200)}),
            Event("fresh", {"timestamp": In(-1800)}),
        ],
    ),
    Row("dates", "before the start and after the end of a journey", [Event("dated")]),
    Row("jump", "a jump begins another journey", [Event("hop", {"size": 7})]),
    Row("circle", "jumps in a circle come to an end", [Event("circle", {"n": 1})]),
    Row("echo", "events for journeys are bounded by the minute", [Event("echo", {"n": 1})]),
    Row("no_jump", "the other journey's rules hold for a jump", [Event("hop", {"size": 8})]),
]
READINGS = [
    Row(
        "read_once",
        "everyone in an audience is read as soon as a journey is published",
        [Profile({"reads": "once"}), Profile({"reads": "no"}, who="bob"), Publish("read_once")],
    ),
    Row(
        "read_again",
        "an audience is read again and again",
        [
            Profile({"reads": "again"}),
            Profile({"reads": "again", "stays": True}, who="bob"),
            Publish("read_again"),
            Until("entry", "not_entered", who="bob"),
        ],
    ),
    Row(
        "read_forced",
        "a reading lets those inside out first",
        [Profile({"reads": "forced"}), Publish("read_forced"), Until("stay", "exited")],
    ),
    Row(
        "read_new",
        "a reading of those who came in since the one before",
        [
            Profile({"reads": "new"}),
            Publish("read_new"),
            Until("stay"),
            Profile({"reads": "new"}, who="bob"),
            Until("stay", who="bob"),
        ],
    ),
    Row(
        "read_waves",
        "a reading in waves, at a bounded rate",
        [*everybody(6, lambda who: Profile({"reads": "waves"}, who=who)), Publish("read_waves")],
    ),
    Row(
        "business",
        "an event of nobody reads an audience, once",
        [
            Profile({"shops": True, "city": "Lyon"}),
            Profile({"shops": True, "city": "Oslo"}, who="bob"),
            Profile({"city": "Lyon"}, who="cat"),
            Event("sale", {"city": "Lyon"}, who="shop", id="e1"),
            Event("sale", {"city": "Lyon"}, who="shop", id="e1"),
        ],
    ),
    Row(
        "asked_for",
        "an entry that somebody asks for",
        [
            Profile({"tier": "gold"}),
            Enter("choosy", {"total": 49}),
            Enter("choosy", {"total": 50}, id="a1"),
            Enter("choosy", {"total": 50}, id="a1"),
            Enter("choosy", {"total": 50}),
        ],
    ),
]
TIMES = [
    Row("waits", "waits of a length", [Event("short")]),
    Row("until", "a wait until an instant of the event", [Event("dateful", {"at": In(5)})]),
    Row("until_past", "an instant that is over", [Event("dateful", {"at": In(-60)})]),
    Row("until_null", "no instant to wait for", [Event("dateful")]),
    Row(
        "appointment",
        "a wait until a time of day",
        [Publish("appointed"), Event("appointed"), Until("hour"), Until("hour", "completed")],
    ),
    Row(
        "night",
        "a time of day in the person's zone, on certain days",
        [Profile({"timeZone": "Asia/Tokyo"}), Event("nightly"), Event("nightly", who="bob")],
    ),
    Row(
        "send_time",
        "a wait for the hour at which a person opens messages, where that is known",
        [
            *(Event("habit", who=who) for who in ("ann", "bob")),
            *(Until("line", who=who) for who in ("ann", "bob")),
            *(Reaction("send", reaction) for reaction in ("opened", "clicked", "opened")),
            Pause(2),
            *(Event("go", who=who) for who in ("ann", "bob")),
            Until("curious", "completed"),
        ],
    ),
    Row("timeout", "a walk that takes longer than the journey's timeout", [Event("overdue")]),
    Row(
        "closing",
        "the end of a journey comes while somebody is inside",
        [
            Publish("closing"),
            Event("closing"),
            Until("stay", "exited"),
            Event("closing"),
        ],
    ),
    Row("rounds", "a loop that exits at `max_visits`", [Event("rounds")]),
    Row("laps", "a loop that goes on elsewhere at `max_visits`", [Event("laps")]),
]
WAYS = [
    Row(
        "condition",
        "rules over data, ways that join, and nobody's way",
        [
            Profile({"tier": "gold"}, who="bob"),
            Event("sized", {"size": 51}),
            Event("sized", {"size": 1}, who="bob"),
            Event("sized", {"size": 11}, who="cat"),
            Event("sized", {"size": 1}, who="dan"),
        ],
    ),
    Row(
        "scored",
        "scores by a formula and by an ONNX file, and one that is missing",
        [
            Profile({"age": 30}),
            Profile({"age": 2}, who="bob"),
            *(Event("scored", {"n": n}, who=who) for n in (1, 2) for who in ("ann", "bob", "cat")),
        ],
    ),
    Row(
        "calendar",
        "rules over dates, days and hours, in the person's zone",
        [
            Profile({"timeZone": "America/Los_Angeles"}, who="bob"),
            Event("timely"),
            Event("timely", who="bob"),
        ],
    ),
    Row(
        "shares",
        "a split and an experiment with people kept out",
        everybody(12, lambda who: Event("shared", who=who)),
    ),
    Row(
        "choose",
        "the way with the highest score of those that are open for a person",
        [
            Profile({"email": "ann@mail.example", "tea": 2, "coffee": 1}),
            Profile({"email": "bob@mail.example", "tea": 1, "coffee": 2}, who="bob"),
            Profile(
                {"tea": 1, "coffee": 2, "consents": {"marketing": {"any": {"val": "n"}}}},
                who="cat",
            ),
            Profile({"email": "dan@mail.example", "tea": 0.5, "curious": True}, who="dan"),
            *(Event("thirsty", who=who) for who in ("ann", "bob", "cat", "dan", "eve")),
        ],
    ),
    Row(
        "bandit",
        "an event is the success of an arm, and later people are given the better arm",
        [
            *everybody(8, lambda who: Event("learn", who=who)),
            Pause(12),
            *everybody(8, lambda who: Event("learn", who=f"then_{who}")),
        ],
    ),
    Row(
        "cap",
        "a cap, with another way and without",
        everybody(6, lambda who: Event("queue", who=who)),
        free=True,
    ),
    Row(
        "race_event",
        "a race won by an event whose condition holds",
        [
            Event("race"),
            Until("line"),
            Event("go", {"n": 1}),
            Event("go", {"n": 2}),
            Event("go", {"n": 3}),
        ],
    ),
    Row(
        "race_early",
        "what comes before the race begins",
        [
            Event("race"),
            Event("go", {"n": 2}, id="e1"),
            Until("line"),
            Event("go", {"n": 2}, id="e1"),
            Pause(1),
            Event("go", {"n": 2}),
        ],
    ),
    Row(
        "race_audience",
        "a race won by an audience",
        [Event("race"), Until("line"), Profile({"fan": True})],
    ),
    Row("race_timeout", "a race won by its wait", [Event("sprint")]),
    Row("race_at_once", "an event right after the race begins", [Event("sprint"), Event("go")]),
]
CALLS = [
    Row(
        "answers",
        "a call, whose answer is read by a condition",
        [Event("ask", {"size": 80}), Event("ask", {"size": 20}, who="bob")],
    ),
    Row("refused", "a call that is refused, with a way for it", [Event("refused")]),
    Row("failing", "a call that fails again, without a way", [Event("failing")]),
    Row("timed_out", "a call that takes too long, without a way", [Event("timed_out")]),
    Row(
        "timed_out_way",
        "a call that takes too long, with a way",
        [Event("timed_out_with_a_way")],
    ),
    Row("forbidden", "a call to where calls may not go", [Event("forbidden")]),
    Row(
        "busy",
        "an event that comes during a call",
        [Event("busy"), Until("call", "requested"), Event("go")],
    ),
    Row(
        "too_busy",
        "more events during a call than are kept",
        [
            Event("busy"),
            Until("call", "requested"),
            *(Event("go", {"n": number}) for number in range(11)),
        ],
    ),
    Row(
        "languages",
        "an email in the language that each person prefers",
        [
            Profile({"preferredLanguage": "fr-CA"}),
            Profile({"preferredLanguage": "nl"}, who="bob"),
            *(Event("greeted", who=who) for who in ("ann", "bob", "cat")),
        ],
    ),
    Row(
        "emails",
        "emails sent, and withheld by consent, address and template",
        [
            Profile({"email": "ann@mail.example"}),
            Profile(
                {"email": "bob@mail.example", "consents": {"marketing": {"any": {"val": "n"}}}},
                who="bob",
            ),
            Event("write", {"size": 5}),
            Event("write", {"size": 5}, who="bob"),
            Event("write", {"size": 5}, who="cat"),
        ],
    ),
    Row(
        "reaction",
        "a click on an email wins a race",
        [Event("react"), Until("line"), Reaction("link", "clicked")],
    ),
    Row(
        "phones",
        "an SMS and a push",
        [
            Profile({"phone": "+33612345678", "device": "t-1"}),
            Event("ring"),
            Event("ring", who="bob"),
        ],
    ),
    Row("capped", "calls beyond the cap of their endpoint", [Event("capped")]),
    Row("lookup", "lookups that answer, fail and are late", [Event("look")]),
    Row(
        "judged",
        "calls that say who calls, and whose answers are judged by a rule",
        [
            Event("order", {"size": 7}),
            Event("order", {"size": 3}, who="bob"),
            Event("order", {"size": 1}, who="cat"),
            Event("order", {"size": 0}, who="dan"),
        ],
    ),
    Row(
        "table",
        "lookups in a table, whose rows came from a file, or come and go",
        [
            Event("shop", {"sku": "tea", "skus": ["tea", 7, "none"]}),
            Event("shop", {"sku": "new"}, who="bob"),
            Until("several", "completed", who="bob"),
            TableRow("goods", "new", {"sku": "new", "price": 80}),
            Event("shop", {"sku": "new", "skus": ["new"]}, who="cat"),
            Until("several", "completed", who="cat"),
            TableRow("goods", "new", None),
            Event("shop", {"sku": "new"}, who="dan"),
            Event("shop", {"skus": ["none"]}, who="eve"),
            Event("shop", {"sku": "tea", "skus": [*range(51)]}, who="fay"),
        ],
    ),
    Row(
        "table_failed",
        "a lookup of too many keys, without a way",
        [Event("browse", {"skus": [*range(51)]})],
    ),
    Row("lookup_failed", "a lookup that fails, without a way", [Event("look_in_vain")]),
]
CONTACTS = [
    Row(
        "frequency_cap",
        "two journeys send one message, the one that goes first",
        [Event("offer")],
    ),
    Row("given_back", "a message that failed does not count", [Event("retried")]),
    Row("entry_cap", "a limit on journeys begun", [Event("often"), Event("often")]),
    Row("inside_cap", "a limit on journeys at once, and which goes first", [Event("swarm")]),
    Row(
        "quiet_deferred",
        "a message waits for the end of quiet hours",
        [Publish("quiet_deferred"), Event("quiet_deferred")],
    ),
    Row(
        "quiet_discarded",
        "a message is not sent in quiet hours",
        [Publish("quiet_discarded"), Event("quiet_discarded")],
    ),
    Row(
        "unsubscribed",
        "who unsubscribes gets no marketing, and other messages",
        [Event("subscribed"), Until("line"), Reaction("send", "unsubscribed")],
    ),
    Row(
        "suppressed",
        "nothing is sent to an address that bounced",
        [Event("subscribed"), Until("line"), Reaction("send", "bounced")],
    ),
]
EFFECTS = [
    Row("note", "an attribute is written, and read later", [Event("note", {"size": 7})]),
    Row("tell", "an event is sent, and heard by another journey", [Event("tell", {"size": 7})]),
    Row("huge", "values that are too large to be written", [Event("huge", {"text": "x" * 40_000})]),
]
ENDINGS = [
    Row(
        "exit_event",
        "an event ends a walk",
        [Event("leave"), Event("go", {"n": 1}), Event("go", {"n": 2})],
    ),
    Row(
        "exit_audience",
        "an audience ends a walk",
        [Event("leave"), Until("stay"), Profile({"banned": True})],
    ),
    Row(
        "exit_attribute",
        "an attribute ends a walk",
        [Event("leave"), Until("stay"), Profile({"gaveUp": True})],
    ),
    Row("failed", "an end as failed", [Event("doomed")]),
    Row(
        "endless",
        "an expression that goes past a bound",
        [Event("endless", {"text": "x" * 30_000})],
    ),
    Row(
        "erased",
        "a person inside is erased, and comes again as a stranger",
        [
            Event("leave"),
            Event("once", id="e1"),
            Until("stay"),
            Erasure(),
            Event("once", id="e1"),
        ],
    ),
]
IDENTITIES = [
    Row(
        "linked",
        "two identities become one person, with walks on both sides",
        [
            *(Event("keyed", {"cart": cart}, who="device") for cart in ("a", "b")),
            Until("stay", who="device"),
            Pause(2),
            *(Event("keyed", {"cart": cart}) for cart in ("b", "c")),
            Until("stay"),
            Pause(2),
            Link("device"),
            Until("stay", "exited"),
            Event("keyed", {"cart": "a"}, who="device"),
            Event("once", id="e1", who="device"),
            Until("done", "completed"),
            Event("once", id="e1"),
        ],
    ),
    Row(
        "unlinked",
        "erasing an identity erases its person, and later events begin anew",
        [
            Event("leave", who="device"),
            Until("stay", who="device"),
            Link("device"),
            Until("stay", "joined"),
            Erasure(who="device"),
            Until("stay", "exited"),
            Pause(4),
            Event("once", who="device"),
        ],
    ),
]
TABLE = {
    "Entries": ENTRIES,
    "Readings": READINGS,
    "Times": TIMES,
    "Ways": WAYS,
    "Calls": CALLS,
    "Contacts": CONTACTS,
    "Effects": EFFECTS,
    "Endings": ENDINGS,
    "Identities": IDENTITIES,
    "Lifecycles": LIFECYCLES,
}
ROWS = [row for rows in TABLE.values() for row in rows]
