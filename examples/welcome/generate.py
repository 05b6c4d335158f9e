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


def event(
    who: str, kind: str, number: int, start: datetime, after_ms: int, **fields: object
) -> dict[str, object]:
    at = start + timedelta(milliseconds=after_ms)
    payload = {
        "_id": f"{who}-{kind}-{number}",
        "eventType": kind,
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "identityMap": {"ecid": [{"id": who, "primary": True}]},
        **fields,
    }
    return record("events", who, payload, after_ms)


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
    plan, channel = chance.choice(PLANS), chance.choice(CHANNELS)
    yield event(who, "account.signup", 1, start, signed_up, plan=plan, channel=channel)
    for view in range(chance.randrange(3)):
        seen, page = signed_up + chance.randrange(buy_ms), f"/tea/{chance.randrange(40)}"
        yield event(who, "web.pageViews", view, start, seen, page=page)
    if chance.random() < 0.5:
        bought = signed_up + buy_ms + chance.randrange(spread_ms)
        bill = {"orderId": f"T{number:05d}", "total": round(chance.uniform(5, 80), 2)}
        yield event(who, "commerce.purchases", 1, start, bought, **bill, currency="EUR")


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
