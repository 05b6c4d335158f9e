"""The whole path in one go: run the project, send people through it, show what came of it.

    python examples/welcome/demo.py [--people 200] [--keep]
    python examples/welcome/demo.py --stop

It does what a person would do at the keyboard, with the command `journeys`. A mail server and an
HTTP service on this machine receive what the journey sends. With `--keep` everything goes on
running afterwards, until `--stop`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.embedded.receivers import LocalReceivers

HERE = Path(__file__).parent.resolve()
STACK = HERE / ".journeys"
RECEIVERS = LocalReceivers(STACK / "receivers")
COMMAND = str(Path(sys.executable).with_name("journeys"))
Received = Mapping[str, Any]
"""A mail or a call, as a server has kept it."""
PAUSE_S = 3
"""How long the journey waits before it asks for a score: ten minutes in life, seconds here."""
BUY_MS = 10_000
"""How long after signing up people buy: later than the offer, also on a slow machine."""
QUIET_S = PAUSE_S + 3
LONGEST_S = 120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--keep", action="store_true", help="leave everything running")
    parser.add_argument("--stop", action="store_true", help="stop what --keep left running")
    arguments = parser.parse_args()
    if arguments.stop:
        clean_up()
        return
    try:
        demonstrate(arguments.people)
    finally:
        if not arguments.keep:
            clean_up()
    if arguments.keep:
        print("\nEverything goes on running. `make demo-stop` ends it.")


def demonstrate(people: int) -> None:
    STACK.mkdir(exist_ok=True)
    print("Starting a mail server and an HTTP service for what the journey sends", flush=True)
    RECEIVERS.start(HERE / "answers.json")
    os.environ |= {
        "WELCOME_SMTP_PORT": str(RECEIVERS.smtp_port),
        "WELCOME_HTTP_PORT": str(RECEIVERS.http_port),
        "WELCOME_PAUSE": f"PT{PAUSE_S}S",
    }
    journeys("run", str(HERE))
    records = STACK / "people.jsonl"
    print(f"\n$ python generate.py --people {people} > {records.name}", flush=True)
    made = subprocess.run(
        [sys.executable, HERE / "generate.py", "--people", str(people), "--buy-ms", str(BUY_MS)],
        stdout=subprocess.PIPE,
        check=True,
    )
    records.write_bytes(made.stdout)
    journeys("send", str(records), "--project", str(HERE))
    wait_until_quiet()
    journeys("report", str(HERE))
    show_received(records)


def journeys(*words: str) -> str:
    """Run a verb of the command line as a person would, and show what it says."""
    print(f"\n$ journeys {' '.join(words)}", flush=True)
    done = subprocess.run([COMMAND, *words], stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end="", flush=True)
    if done.returncode != 0:
        sys.exit(f"`journeys {words[0]}` ended with {done.returncode}")
    return done.stdout


def wait_until_quiet() -> None:
    """Wait until no new step event has come for longer than the journey's pause."""
    print("\nWaiting until everyone has gone as far as they can", flush=True)
    deadline = time.monotonic() + LONGEST_S
    count, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET_S and time.monotonic() < deadline:
        tail = [COMMAND, "tail", "step-events", "--project", str(HERE)]
        found = subprocess.run(tail, stdout=subprocess.PIPE, check=True).stdout.count(b"\n")
        if found != count:
            count, since = found, time.monotonic()


def show_received(records: Path) -> None:
    """Count what arrived at the servers, and check that every body fits its person."""
    profiles = {
        record["key"]: record["payload"]
        for record in map(json.loads, records.read_text().splitlines())
        if record["topic"] == "profiles"
    }
    emails, calls = RECEIVERS.emails(), RECEIVERS.calls()
    subjects = Counter(kind_of(str(email["subject"])) for email in emails)
    paths = Counter(call["path"] for call in calls)
    wrong = [e for e in emails if not fits_email(e, profiles)]
    wrong += [c for c in calls if not fits_call(c, profiles)]
    print(f"\nThe mail server received {len(emails)} emails:")
    for subject, count in sorted(subjects.items()):
        print(f"  {count:>5}  {subject}")
    print(f"The HTTP service received {len(calls)} calls:")
    for path, count in sorted(paths.items()):
        print(f"  {count:>5}  POST {path}")
    repeated = len(emails) + len(calls) - len({message_id(m) for m in emails + calls})
    print(f"Bodies that do not fit their person: {len(wrong)}. Sent twice: {repeated}.")
    if wrong or repeated or not emails or not calls:
        sys.exit("The demo did not come out as it should.")


def kind_of(subject: str) -> str:
    return re.sub(r"^Your order \S+", "Your order …", re.sub(r"^[^\s,]+, a|, \S+!$", "…", subject))


def fits_email(email: Received, profiles: Received) -> bool:
    person = profiles.get(email["to"][0].partition("@")[0])
    return person is not None and str(person["firstName"]) in email["text"] + email["subject"]


def fits_call(call: Received, profiles: Received) -> bool:
    person = profiles.get(call["body"].get("person"))
    if person is None:
        return False
    if call["path"] == "/score":
        return bool(call["body"]["country"] == person["country"])
    return str(call["body"]["name"]) == f"{person['firstName']} {person['lastName']}"


def message_id(message: Received) -> str:
    headers = {name.lower(): value for name, value in dict(message["headers"]).items()}
    return str(headers.get("message-id") or headers["idempotency-key"])


def clean_up() -> None:
    """Stop every process that was started, and remove what they wrote."""
    print("\nStopping everything and removing what it wrote", flush=True)
    RECEIVERS.stop()
    if (STACK / "stack.json").exists():
        subprocess.run([COMMAND, "down", HERE, "--remove-data"], check=False)
    shutil.rmtree(STACK, ignore_errors=True)


if __name__ == "__main__":
    main()
