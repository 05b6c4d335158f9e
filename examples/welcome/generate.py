"""Generate people and what they do, one record a line, for `journeys send`.

    python generate.py --people 200 --seed 7 > people.jsonl

Each line is an envelope: the topic, the key, the payload, and `after_ms`, when it happens counted
from the start. The same seed gives the same people.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter

FIRST_NAMES = [
    "Ada",
    "Björn",
    "Chloé",
    "Dmitri",
    "Eun-ji",
    "Farid",
    "Grace",
    "Hanna",
    "Iñaki",
    "Jun",
]
LAST_NAMES = [
    "Abe",
    "Berg",
    "Costa",
    "Dubois",
    "Engel",
    "Fischer",
    "García",
    "Haddad",
    "Ito",
    "Jones",
]
HOMES = [
    ("DE", "Europe/Berlin"),
    ("FR", "Europe/Paris"),
    ("GB", "Europe/London"),
    ("JP", "Asia/Tokyo"),
    ("US", "America/New_York"),
]
LEAD_MS = 3_000
PLANS = ["free", "free", "free", "basic", "basic", "premium"]
CHANNELS = ["web", "web", "app", "app", "app", "import"]


def record(topic: str, person: str, payload: dict[str, object], after_ms: int) -> dict[str, object]:
    return {"topic": topic, "key": person, "after_ms": after_ms, "payload": payload}


def event(kind: str, person: str, number: int, at: datetime, **fields: object) -> dict[str, object]:
    return {
        "_id": f"{person}-{kind}-{number}",
        "eventType": kind,
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "identityMap": {"ecid": [{"id": person, "primary": True}]},
        **fields,
    }


def person(
    number: int, chance: random.Random, start: datetime, spread_ms: int, buy_ms: int
) -> Iterator[dict[str, object]]:
    """Describe one person, let them sign up, look around, and perhaps buy."""
    who = f"person-{number:05d}"
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    country, zone = chance.choice(HOMES)
    # Some seconds after the profile: topics have no order between them.
    signed_up = LEAD_MS + chance.randrange(spread_ms)
    attributes: dict[str, object] = {
        "firstName": first,
        "lastName": last,
        "email": f"{who}@mail.example",
        "country": country,
        "timeZone": zone,
    }
    if chance.random() < 0.1:
        attributes["consents"] = {"marketing": {"email": {"val": "n"}}}
    yield record("profiles", who, attributes, 0)
    at = start + timedelta(milliseconds=signed_up)
    yield record(
        "events",
        who,
        event(
            "account.signup", who, 1, at, plan=chance.choice(PLANS), channel=chance.choice(CHANNELS)
        ),
        signed_up,
    )
    for view in range(chance.randrange(3)):
        seen = signed_up + chance.randrange(buy_ms)
        at = start + timedelta(milliseconds=seen)
        yield record(
            "events",
            who,
            event("web.pageViews", who, view, at, page=f"/tea/{chance.randrange(40)}"),
            seen,
        )
    if chance.random() < 0.5:
        bought = signed_up + buy_ms + chance.randrange(spread_ms)
        at = start + timedelta(milliseconds=bought)
        total = round(chance.uniform(5, 80), 2)
        yield record(
            "events",
            who,
            event(
                "commerce.purchases",
                who,
                1,
                at,
                orderId=f"T{number:05d}",
                total=total,
                currency="EUR",
            ),
            bought,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--spread-ms", type=int, default=2_000, help="signups come within this time"
    )
    parser.add_argument(
        "--buy-ms", type=int, default=6_000, help="whoever buys does it this long after"
    )
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    start = datetime.now(UTC)
    records = [
        record
        for number in range(arguments.people)
        for record in person(number, chance, start, arguments.spread_ms, arguments.buy_ms)
    ]
    for line in sorted(records, key=itemgetter("after_ms")):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
