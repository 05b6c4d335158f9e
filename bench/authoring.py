"""How long an author waits: start, one small journey, and a large project.

    python bench/authoring.py [--journeys 200] [--steps 20] [--runs 3] [--keep FOLDER]

Each figure is the best of several runs, each a new process as a person starts it. The modules'
bytecode is kept, as Python does unless it is told not to; a first run, not counted, writes it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from string import Template

ROOT = Path(__file__).parents[1]
WELCOME = ROOT / "examples" / "welcome"
EVENTS = 30
ACTIONS = 40
EVENT = Template("""\
kind: event
id: event_$n
label: Event $n
schema: schemas/event_$n.json
match: { eventType: shop.event$n }
""")
TASK = Template("""\
kind: action
id: action_$n
channel: webhook
url: https://crm.example/tasks/$n
body:
  person: "#{profile.id}"
  country: "#{profile.country}"
  reason: "{{ params.reason }}"
""")
EMAIL = Template("""\
kind: action
id: action_$n
channel: email
category: marketing
unsubscribe: false
to: "#{profile.email}"
subject: "{{ profile.firstName }}, offer $n"
body: |
  Hello {{ profile.firstName | capitalize }},

  this is offer $n.
  {% if profile.country == 'DE' %}Only in Germany.{% endif %}
""")
JOURNEY = Template("""\
kind: journey
id: journey_$n
label: Journey $n
version: 1
entry:
  event: event_$entry
  when: "@event{event_$entry.total} >= $total"
steps:
""")
STEPS = Template("""\
  wait_$k: { wait: PT${k}H }
  choose_$k:
    condition:
      - when: "#{profile.score} > $bound and in(#{profile.country}, ['DE', 'FR'])"
        to: offer_$k
      - { when: "@event{event_$entry.items.any(currentEventField.n > $k)}", to: offer_$k }
      - { else: true, to: react_$k }
  offer_$k:
    action: action_$act
    with: { reason: "{{ event.event_$entry.cartId }} in journey $n" }
  react_$k:
    first_of:
      - event: event_$other
        when: "@event{event_$other.cartId} == @event{event_$entry.cartId}"
        to: last_$k
      - { wait: P${k}D, to: last_$k }
  last_$k: { action: action_$after, with: { reason: silent } }
""")
SCENARIO = Template("""\
kind: scenario
id: journey_$n.way_$m
journey: journey_$n
profile: { firstName: Ann, email: ann$m@mail.example, country: $country, score: $score }
start: 2026-03-01T08:00:00Z
do:
  - event: event_$entry
    payload: { cartId: c$m, total: $total, items: [{ sku: a, n: $m }] }
  - advance: PT1H
  - advance: P1D
expect:
  - entered: journey_$n
  - at: wait_1
  - step: { id: choose_1, branch: $branch }
  - step: react_1
""")
COUNTRIES = ("DE", "FR", "US", "ES", "IT")
COMMAND = (sys.executable, "-c", "from jobs.cli import main; main()")
PROFILE = {
    "type": "object",
    "properties": {
        "email": {"type": "string"},
        "firstName": {"type": "string"},
        "country": {"type": "string"},
        "score": {"type": "integer"},
        "bornOn": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--journeys", type=int, default=200)
    parser.add_argument("--steps", type=int, default=20, help="of each journey, in fives")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="write the large project here and leave it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        folder = arguments.keep or Path(name) / "project"
        bytecode = Path(name) / "bytecode"
        write_project(folder, arguments.journeys, arguments.steps // 5)
        scenarios = arguments.journeys * len(COUNTRIES)
        for label, command in (
            ("python -c pass", (sys.executable, "-c", "pass")),
            ("journeys --help", (*COMMAND, "--help")),
            ("journeys validate examples/welcome", (*COMMAND, "validate", str(WELCOME))),
            (
                f"journeys validate, {arguments.journeys} journeys of {arguments.steps} steps",
                (*COMMAND, "validate", str(folder)),
            ),
            (f"journeys test of it, {scenarios} scenarios", (*COMMAND, "test", str(folder))),
            ("journeys fmt --check of it", (*COMMAND, "fmt", "--check", str(folder))),
        ):
            print(f"{label:<52} {best(command, arguments.runs, bytecode):6.2f} s", flush=True)


def best(command: tuple[str, ...], runs: int, bytecode: Path) -> float:
    """Time a command that must succeed; give the best run, in seconds."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    times = []
    for _ in range(1 + runs):
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
        times.append(time.perf_counter() - began)
    return min(times[1:])


def write_project(folder: Path, journeys: int, blocks: int) -> None:
    """Write a project whose every text differs from the others as those of people do."""
    files = {
        "journeys.yaml": "name: large\nprofile:\n  schema: schemas/profile.json\n",
        "schemas/profile.json": json.dumps(PROFILE),
        "events.yaml": "---\n".join(EVENT.substitute(n=n) for n in range(EVENTS)),
        "actions.yaml": "---\n".join(action(n) for n in range(ACTIONS)),
    }
    for n in range(EVENTS):
        files[f"schemas/event_{n}.json"] = json.dumps(event_schema(n))
    for n in range(journeys):
        files[f"journeys/team_{n % 10}/journey_{n}.yaml"] = journey(n, blocks)
        files[f"journeys/team_{n % 10}/journey_{n}.scenarios.yaml"] = scenarios(n)
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def event_schema(n: int) -> dict[str, object]:
    item = {"type": "object", "properties": {"sku": {"type": "string"}, "n": {"type": "integer"}}}
    return {
        "type": "object",
        "properties": {
            "cartId": {"type": "string"},
            "total": {"type": "number"},
            "channel": {"enum": ["web", "app", f"other{n}"], "type": "string"},
            "placedAt": {"type": "string", "format": "date-time"},
            "items": {"type": "array", "items": item},
        },
        "required": ["cartId"],
    }


def action(n: int) -> str:
    return (TASK if n % 4 == 0 else EMAIL).substitute(n=n)


def journey(n: int, blocks: int) -> str:
    names = {"n": n, "entry": n % EVENTS, "other": (n + 7) % EVENTS}
    steps = [
        STEPS.substitute(
            names, k=k, bound=n + k, act=(n + k) % ACTIONS, after=(n * 3 + k) % ACTIONS
        )
        for k in range(1, blocks + 1)
    ]
    return JOURNEY.substitute(names, total=n + 10) + "".join(steps)


def scenarios(n: int) -> str:
    """Write one scenario for a person of each country."""
    written = []
    for m, country in enumerate(COUNTRIES):
        by_score, by_item = country in ("DE", "FR"), m > 1
        branch = "when_1" if by_score else "when_2" if by_item else "else"
        names = {"n": n, "m": m, "country": country, "branch": branch, "entry": n % EVENTS}
        written.append(SCENARIO.substitute(names, score=n + 100, total=n + 20))
    return "---\n".join(written)


if __name__ == "__main__":
    main()
