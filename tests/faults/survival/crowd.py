"""A crowd: what some people send, chosen by a seed, with everything in it that goes wrong.

Each event of a person has a number `n`, each of its kind once. What is sent twice, out of order,
late, without an id or beyond reading is planted here; whatever cannot be read carries the header
`planted`, which says the reason that its dead letter must give.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

PREFIX = "survival."
"""What every type of event begins with."""
PLANTED = "planted"
"""Header of a record that nobody can read: the reason that must be given."""
MOST = {"paid": 8, "lingered": 4, "asked": 8, "answered": 8, "passed_on": 3, "seen": 6}
"""Events of each kind that one person sends at most: ten walks at once fit into one journey."""
OTHER_TIMES = ("1970-01-02T00:00:00Z", "2020-02-29T12:00:00Z", "2100-01-01T00:00:00Z")
"""By clocks of producers that are wrong."""
BEGINNING = "2026-01-01T00:{:02}:00Z"
"""Since when a patch is so, by its number."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A record, as a producer sends it."""

    topic: str
    """Its name without a prefix."""
    key: bytes | None
    value: bytes | None
    planted: str = ""
    """The reason of its dead letter; empty where it can be read."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a crowd is, and how much of what it sends goes wrong, by shares of records."""

    people: int = 100
    repeated: float = 0.15
    out_of_order: float = 0.15
    bad: float = 0.06
    hot: int = 300
    """Events of the one person who sends more than all others."""


def names(seed: int, size: Size) -> list[str]:
    """Name the people; the first is the one who sends most."""
    return [f"storm-{seed}-{number:04}" for number in range(size.people)]


def storm(seed: int, size: Size) -> list[Sent]:
    """Give all that a crowd sends while everything around it fails."""
    chance = Random(f"storm/{seed}")  # not secret: it is to be repeated
    first, *others = names(seed, size)
    scripts = [_script(name, chance) for name in others]
    scripts.append([_event(first, "seen", n, id=f"seen-{n}") for n in range(size.hot)])
    scripts = [_disturbed(script, size, chance) for script in scripts]
    scripts += [_patches(name, chance) for name in others]
    good = list(_shuffled_together(scripts, chance))
    count = round(len(good) * size.bad)
    bad = [bad_record(f"storm-{seed}-bad-{number:04}", chance) for number in range(count)]
    return list(_shuffled_together([good, bad], chance))


def closing(seed: int, size: Size) -> list[Sent]:
    """Ask what is known of each person, and say that their profile is complete."""
    people = names(seed, size)
    asked = [_event(name, "closing", 0, id="closing") for name in people]
    return asked + [_sent("profiles", name, {"settled": True}) for name in people]


def erasure(seed: int, size: Size) -> list[Sent]:
    """Erase everybody."""
    return [Sent("profiles", name.encode(), None) for name in names(seed, size)]


def _script(name: str, chance: Random) -> list[Sent]:
    """Give what one person sends, in any order, but answers rather late."""
    when: list[tuple[float, Sent]] = []
    for kind, most in MOST.items():
        for n in range(chance.randint(0, most)):
            known = "" if kind == "seen" and chance.random() < 0.5 else f"{kind}-{n}"
            at = chance.random() ** (0.4 if kind == "answered" else 1)
            when.append((at, _event(name, kind, n, id=known, **_fields(kind, chance))))
    if chance.random() < 0.3:
        when.append((chance.random(), _event(name, "left", 0, id="left")))
    when.append((chance.random(), _event(name, "unheard", 0)))
    return [sent for _, sent in sorted(when, key=lambda one: one[0])]


def _fields(kind: str, chance: Random) -> dict[str, Any]:
    match kind:
        case "paid":
            late = {"timestamp": chance.choice(OTHER_TIMES)} if chance.random() < 0.2 else {}
            return {"amount": chance.randint(1, 1000), **late}
        case "lingered":
            return {"seconds": chance.randint(1, 10)}
        case _:
            return {}


def _disturbed(script: list[Sent], size: Size, chance: Random) -> list[Sent]:
    """Swap some neighbours, and send some again, soon after or with other content."""
    script = list(script)
    for at in range(len(script) - 1):
        if chance.random() < size.out_of_order:
            script[at], script[at + 1] = script[at + 1], script[at]
    for sent in list(script):
        if chance.random() < size.repeated and b'"_id"' in (sent.value or b""):
            at = script.index(sent)
            script.insert(at + chance.randint(1, 12), _again(sent, chance))
    return script


def _again(sent: Sent, chance: Random) -> Sent:
    """Send the same, or something else under the same id."""
    value = json.loads(sent.value or b"{}")
    if "amount" in value and chance.random() < 0.5:
        value["amount"] += 7
    return Sent(sent.topic, sent.key, json.dumps(value).encode())


def _patches(name: str, chance: Random) -> list[Sent]:
    """Say how many points a person has had since when, in any order and with repeats."""
    patches = [
        _sent(
            "profiles", name, {"_timestamp": BEGINNING.format(n), "points": chance.randint(1, 99)}
        )
        for n in chance.sample(range(60), 4)
    ]
    return chance.sample([*patches, *patches[:2]], 6)


def _shuffled_together(scripts: list[list[Sent]], chance: Random) -> Iterator[Sent]:
    """Mix what several send; what one sends keeps its order."""
    turns = [number for number, script in enumerate(scripts) for _ in script]
    chance.shuffle(turns)
    rests = [iter(script) for script in scripts]
    for number in turns:
        yield next(rests[number])


def _event(name: str, kind: str, n: int, *, id: str = "", **fields: object) -> Sent:  # noqa: A002
    known = {"_id": f"{name}/{id}"} if id else {}
    return _sent("events", name, {"eventType": PREFIX + kind, **known, "n": n, **fields})


def _sent(topic: str, name: str, value: object) -> Sent:
    return Sent(topic, name.encode(), json.dumps(value).encode())


def bad_record(key: str, chance: Random) -> Sent:
    """Give one record that nobody can read."""
    topic, reason, value = chance.choice(BAD)
    match reason:
        case "no_identity":
            return Sent(topic, None, value, reason)
        case "key_too_long":
            return Sent(topic, key.encode() * 40, value, reason)
        case "key_not_utf8":
            return Sent(topic, key.encode() + b"\xff", value, reason)
        case _:
            return Sent(topic, key.encode(), value, reason)


_GOOD = b'{"eventType": "survival.paid", "n": 1, "amount": 1}'
BAD: list[tuple[str, str, bytes | None]] = [
    *(
        (topic, reason, value)
        for topic in ("events", "profiles")
        for reason, value in (
            ("not_json", b"nul"),
            ("not_json", _GOOD[:-9]),
            ("not_json", _GOOD + _GOOD),
            ("not_json", b'{"eventType": "survival.paid", "n": NaN, "amount": 1}'),
            ("not_json", b'{"eventType": "survival.paid", "n": 1e400, "amount": 1}'),
            ("not_json", b'{"eventType": "survival.paid", "n": "\\ud800"}'),
            ("not_json", b"\xef\xbb\xbf" + _GOOD),
            ("not_json", b"\x00\x00\x00\x00\x01" + _GOOD),
            ("not_utf8", b'{"eventType": "survival.paid", "n": "\xff"}'),
            ("not_utf8", bytes(range(128, 256))),
            ("not_an_object", b"[1, 2]"),
            ("not_an_object", b'"survival.paid"'),
            ("not_an_object", b"12"),
            ("empty", b""),
            ("too_large", b'{"eventType": "survival.paid", "n": "%s"}' % (b"x" * 100_000)),
            ("too_deep", b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
            ("no_identity", _GOOD),
            ("key_too_long", _GOOD),
            ("key_not_utf8", _GOOD),
        )
    ),
    ("events", "empty", None),
    ("events", "wrong_type", b"{}"),
    ("events", "wrong_type", b'{"eventType": 7}'),
    ("events", "wrong_type", b'{"eventType": "survival.paid", "n": 1, "timestamp": 7}'),
    ("events", "wrong_type", b'{"eventType": "survival.paid", "n": 1, "timestamp": "soon"}'),
    ("events", "schema", b'{"eventType": "probe.start", "size": "large"}'),
    (
        "events",
        "wrong_identity",
        b'{"eventType": "survival.paid", "n": 1, "identityMap": {"profile": [{"id": "other"}]}}',
    ),
    ("profiles", "implausible_time", b'{"_timestamp": "2100-01-01T00:00:00Z", "points": 1}'),
    ("profiles", "unknown_dataset", b'{"_dataset": "nowhere", "points": 1}'),
    ("feedback", "wrong_type", b'{"request_id": "r1", "reaction": "sneezed"}'),
    ("feedback", "not_json", b"{"),
]
"""Topic, reason and value of what nobody can read."""
