"""People walk through three journeys while a worker dies: is every one counted, and once?

    python -m bench.reporting [--people 100000] [--lose]

Broker, cluster, both jobs and the service that is called run on this machine, and `journeys export
--follow` writes Parquet files. When half of the people have entered, a worker of the job that runs
journeys is killed, and so is the export, which begins again. Once all is still, what every source
says of each journey, version and outcome is compared: the last records of the topic `metrics`, the
step events, one by one, and the files, counted by DuckDB. Then the ledger must balance. With
`--lose` the counting job is begun anew and made to leave out one step event: the ledger must tell
of it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeAlias

import duckdb

from bench.answering import Service
from bench.stand import COMMAND, STILL_S, Stand, fail, say, standing
from connectors.embedded.cluster import number_of
from jobs import reporting
from jobs.client import Client
from jobs.reporting_description import ReportingDescription
from journeys.ledger import SIGNS
from journeys.outcomes import Outcome

PROJECT = Path(__file__).with_name("reporting")
VERSIONS = (("calls", 1), ("care", 1), ("trial", 1))
ALARM_MS = 10_000
"""With `--lose`: how long somebody is missing before it is told."""
Counts: TypeAlias = "Counter[tuple[str, int, str]]"
"""Journey, version and outcome to the number of step events."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--lose", action="store_true", help="plant a loss, and wait for the alarm")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        service = Service(Path(name) / "notes.txt")
        try:
            service.start()
            os.environ["BENCH_HTTP_PORT"] = str(service.port)
            with standing(PROJECT) as stand, Files(stand.project.path, Path(name)) as files:
                counting = Counting(stand, files)
                counting.run(given.people)
                if given.lose:
                    counting.lose()
        finally:
            service.stop()


class Counting:
    """A project that runs, and what its topics say of it."""

    def __init__(self, stand: Stand, files: Files) -> None:
        self.stand, self.files = stand, files

    def run(self, people: int) -> None:
        began = time.monotonic()
        self.send("bench.begin", range(people))
        self.until("half have entered", lambda: self.entered() >= people, began)
        worker = min(self.stand.job.taskmanagers())
        self.stand.stack.cluster.kill_taskmanager(number_of(worker))
        self.files.kill_and_go_on()
        say(f"Killed {worker} and the export")
        self.send("bench.buy", range(0, people, 2))
        self.until("all are counted", lambda: self.is_still(people), began)
        sources = self.sources()
        show(sources)
        if len(set(map(frozenset, (counts.items() for counts in sources.values())))) > 1:
            fail("the sources differ")
        self.until("the ledger is told", lambda: len(self.drifts()) == len(VERSIONS), began)
        self.check_ledger(sources["step events"])

    def drifts(self) -> dict[tuple[str, int], int]:
        metrics = self.stand.last("metrics").values()
        return {version(m): m["value"] for m in metrics if m["metric"] == "journeys_ledger_drift"}

    def sources(self) -> Mapping[str, Counts]:
        """Give what each source counts."""
        metrics, step_events = from_metrics(self.stand), from_step_events(self.stand)
        return {"metrics": metrics, "step events": step_events, "files": self.files.count()}

    def check_ledger(self, counts: Counts) -> None:
        """Hold who came and left against who is inside, as the job says by its own state."""
        metrics = self.stand.last("metrics").values()
        inside = {version(m): m["value"] for m in metrics if m["metric"] == "journeys_inside"}
        drift = self.drifts()
        moves: Counter[tuple[str, int]] = Counter()
        for (journey, number, outcome), value in counts.items():
            moves[journey, number] += SIGNS.get(Outcome(outcome), 0) * value
        print("\nledger     by step events  by the job  drift told")
        for name in sorted(inside):
            journey, number = name
            row = f"{moves[name]:>13,}  {inside[name]:>10,}  {drift[name]:>10}"
            print(f"{journey:<7} v{number}  {row}")
        alerts = [
            alert for alert in self.stand.last("alerts").values() if alert["state"] == "raised"
        ]
        print("alerts     " + (", ".join(alert["alert"] for alert in alerts) or "none"))
        if any(moves[name] != value for name, value in inside.items()):
            fail("the ledger does not balance")
        if any(alert["alert"] == "ledger_drift" for alert in alerts) or any(drift.values()):
            fail("the ledger tells of drift, and there is none")

    def lose(self) -> None:
        """Count anew without one step event: the entry of somebody who is inside."""
        left = {
            e["instance_id"] for e in self.stand.read("step-events") if e["outcome"] == "completed"
        }
        lost = next(
            event
            for event in self.stand.read("step-events")
            if event["outcome"] == "entered" and event["instance_id"] not in left
        )
        began = time.monotonic()
        begin_anew(self.stand, without=lost["event_id"], drift_ms=ALARM_MS)
        expected = f"ledger_drift/{lost['journey_id']}/{lost['journey_version']}/"
        raised: list[dict[str, Any]] = []

        def is_told() -> bool:
            raised[:] = [self.stand.last("alerts").get(expected, {})]
            return raised[0].get("state") == "raised"

        self.until("the alarm is raised", is_told, began)
        print(f"alarm      {json.dumps(raised[0])}")

    def entered(self) -> int:
        counts = from_metrics(self.stand)
        return sum(value for (*_, outcome), value in counts.items() if outcome == "entered")

    def is_still(self, people: int) -> bool:
        """Say whether everybody has got as far as they get, and both counts say so."""
        counts = from_metrics(self.stand)
        ended = counts["trial", 1, "completed"], counts["care", 1, "completed"]
        if ended != (people, len(range(0, people, 2))):
            return False
        if counts["calls", 1, "completed"] != counts["calls", 1, "entered"]:
            return False
        time.sleep(STILL_S)
        return counts == from_metrics(self.stand)

    def send(self, kind: str, people: range) -> None:
        def event(n: int) -> bytes:
            return json.dumps({"eventType": kind, "_id": f"{kind}-{n}", "size": n % 100}).encode()

        self.stand.send((b"person-%d" % n, event(n)) for n in people)

    def until(self, what: str, done: Callable[[], bool], began: float) -> None:
        self.stand.until(done, what)
        print(f"{what:<20} {time.monotonic() - began:7.1f} s", flush=True)


class Files:
    """Parquet files of the step events, written by a process that follows the topic."""

    def __init__(self, project: Path, beside: Path) -> None:
        self.folder = beside / "files"
        follow = ["--topic", "step-events", "--follow", "--every", "PT2S"]
        self._command = [COMMAND, "export", str(self.folder), "--project", str(project), *follow]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def kill_and_go_on(self) -> None:
        self.__exit__()
        self.__enter__()

    def count(self) -> Counts:
        """Let what is on the topic come into files, and let DuckDB count them."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=60)
        once = [part for part in self._command if part != "--follow"]
        subprocess.run(once, check=True, capture_output=True)
        everything = f"read_parquet('{self.folder}/step-events/*/*.parquet')"
        sql = (
            f"SELECT journey_id, journey_version, outcome, count(*) FROM {everything} GROUP BY ALL"
        )
        counted = duckdb.sql(sql)
        assert counted is not None, "a SELECT gives a relation"
        return Counter({row[:3]: row[3] for row in counted.fetchall()})


def from_metrics(stand: Stand) -> Counts:
    counts: Counts = Counter()
    for metric in stand.last("metrics").values():
        if metric["metric"] == "journeys_steps_total":
            counts[place(metric)] += metric["value"]
    return counts


def from_step_events(stand: Stand) -> Counts:
    counts: Counts = Counter()
    seen: set[str] = set()
    for event in stand.read("step-events"):
        counts[place(event)] += 1
        seen.add(event["event_id"])
    if len(seen) != counts.total():
        fail(f"{counts.total() - len(seen)} step events are there twice")
    return counts


def begin_anew(stand: Stand, *, without: str | None = None, **rules: object) -> None:
    """Count all anew, by other rules, and without one step event."""
    if stand.reporting is None:
        fail("the job that counts does not run")
    stand.reporting.cancel()
    written = ReportingDescription.read(stand.stack.folder / reporting.FOLDER / reporting.FILE)
    alerts = replace(written.alerts, **rules)  # type: ignore[arg-type]  # its own fields
    planted = written.model_copy(update={"without": without, "alerts": alerts})
    with Client(stand.stack.cluster.environment()) as client:
        reporting.submitted(stand.stack, planted, client, None)


def place(record: Mapping[str, Any]) -> tuple[str, int, str]:
    return record["journey_id"], record["journey_version"], record["outcome"]


def version(metric: Mapping[str, Any]) -> tuple[str, int]:
    return metric["journey_id"], metric["journey_version"]


def show(sources: Mapping[str, Counts]) -> None:
    names = list(sources)
    print(f"\n{'':<26}" + "".join(f"{name:>14}" for name in names))
    for row in sorted(set().union(*sources.values())):
        journey, number, outcome = row
        cells = "".join(f"{sources[name][row]:>14,}" for name in names)
        print(f"{journey:<7} v{number}  {outcome:<14}{cells}")
    print(f"{'all':<26}" + "".join(f"{sources[name].total():>14,}" for name in names))


if __name__ == "__main__":
    main()
