"""The same rows, streamed and out of files of every kind, here and on the cluster, on the real job.

What each person then is, a journey tells by a call that holds every attribute.
"""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.embedded.cluster import number_of
from connectors.kafka.admin import lag
from connectors.kafka.client import ends, read_topic
from journeys.clock import format_instant, parse_instant
from tests.e2e.rig import COMMAND, PREFIX, Rig, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PROJECT = Path(__file__).parent / "ingesting"
PATIENCE_S = 240
PEOPLE = 40
MANY = 200_000
START = parse_instant("2026-03-01T08:00:00Z")
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def ingesting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("ingesting"), PROJECT)
    (rig.folder / "data").mkdir()
    try:
        rig.start()
        yield rig
    finally:
        rig.stop()


def updates(seed: int, *, overlapping: bool) -> Rows:
    """Make the rows of people in the order of time: of each, several with some of the attributes.

    Where the rows of a person overlap, only their own times say which of them is the last.
    """
    chance = random.Random(seed)
    rows: Rows = []
    for n in range(PEOPLE):
        whole: dict[str, Any] = {
            "name": f'Ms "{n}", Aÿ',
            "visits": chance.randrange(1, 9),
            "score": chance.randrange(1, 99) / 4,
            "vip": chance.random() < 0.5,
            "joined": format_instant(START - chance.randrange(1, 2**40)),
            "address": {"city": "Oslo", "zip": f"{n:05}"},
            "tags": ["a"] * chance.randrange(1, 4),
        }
        names = list(whole)
        chance.shuffle(names)
        for part in range(3):
            some = names[part::3] if not overlapping else chance.sample(names, 4)
            changed = {name: whole[name] for name in some}
            if overlapping and "visits" in changed:
                changed["visits"] = 100 + part
            at = format_instant(START + 1_000 * (PEOPLE * part + n))
            rows.append({"id": f"{n:03}", **changed, "updatedAt": at})
    return sorted(rows, key=lambda row: str(row["updatedAt"]))


def of(way: str, rows: Rows) -> Rows:
    return [row | {"id": f"{way}-{row['id']}"} for row in rows]


def write_parquet(file: Path, rows: Rows) -> None:
    names = {name: None for row in rows for name in row}  # Arrow looks at the first row only
    table = pa.Table.from_pylist([names | row for row in rows])
    when = pa.array([parse_instant(row["updatedAt"]) for row in rows], pa.timestamp("ms"))
    table = table.drop_columns("updatedAt").append_column("updatedAt", when)
    pq.write_table(table, file, row_group_size=17)


def write_csv(file: Path, rows: Rows) -> None:
    text = io.StringIO()
    columns = ["id", "name", "visits", "score", "vip", "joined", "address.city", "address.zip"]
    table = csv.DictWriter(text, [*columns, "tags", "updatedAt"])
    table.writeheader()
    for row in rows:
        flat = {name: value for name, value in row.items() if name not in ("address", "tags")}
        flat |= {f"address.{name}": value for name, value in row.get("address", {}).items()}
        table.writerow(flat | ({"tags": json.dumps(row["tags"])} if "tags" in row else {}))
    file.write_text(text.getvalue(), encoding="utf-8")


def write_jsonl(file: Path, rows: Rows) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


KINDS: dict[str, Callable[[Path, Rows], None]] = {
    "parquet": write_parquet,
    "csv": write_csv,
    "jsonl": write_jsonl,
}


def stream(rig: Rig, name: str, rows: Rows, chance: random.Random | None) -> None:
    """Send rows as records, in order or, by chance, in any order and with repeats."""
    if chance is not None:
        rows = [*rows, *chance.sample(rows, len(rows) // 3)]
        chance.shuffle(rows)
    lines = []
    for row in rows:
        payload = row | {"_dataset": "crm", "_timestamp": row["updatedAt"]}
        lines.append(json.dumps({"topic": "profiles", "key": row["id"], "payload": payload}))
    file = rig.folder / "data" / f"{name}.lines"
    file.write_text("\n".join(lines))
    rig.journeys("send", str(file), "--project", str(rig.folder), "--at-once")


def told(rig: Rig, people: str) -> dict[str, Any]:
    bodies = [c["body"] for c in rig.receivers.calls() if c["path"] == "/told"]
    return {b["id"]: b for b in bodies if str(b["id"]).startswith(people)}


@pytest.mark.parametrize("overlapping", [False, True])
def test_streamed_or_from_any_file_people_are_the_same(
    ingesting: Rig, *, overlapping: bool
) -> None:
    rows, name = updates(7, overlapping=overlapping), f"same{int(overlapping)}"
    stream(ingesting, name, of(f"{name}-stream", rows), random.Random(1))
    for words in ((), ("--on-cluster",)):
        files = []
        for kind, write in KINDS.items():
            way = f"{name}-{'cluster_' if words else ''}{kind}"
            files.append(ingesting.folder / "data" / f"{way}.{kind}")
            write(files[-1], of(way, rows))
        project = ("--project", str(ingesting.folder), "--format", "json")
        said = json.loads(ingesting.journeys("ingest", "crm", *map(str, files), *words, *project))
        every = len(KINDS) * len(rows)
        assert (said["read"], said["sent"], said["bad"]) == (every, every, 0)
    processes = ingesting.stack.processes()
    assert [name for name, each in processes.items() if each.alive()] == [
        "broker",
        "jobmanager",
        "taskmanager-0",
        "taskmanager-1",
    ]
    everybody = {r["key"] for r in keys(ingesting, f"{name}-")}
    assert len(everybody) == 7 * PEOPLE
    behind = partial(lag, ingesting.stack.bootstrap, "ingesting", f"{PREFIX}profiles")
    wait_until(lambda: behind() == 0, PATIENCE_S, "the job has read all profiles")
    ingesting.send([("events", person, {"eventType": "probe.tell"}) for person in everybody])
    wait_until(lambda: len(told(ingesting, f"{name}-")) == len(everybody), PATIENCE_S, "all tell")
    ways: dict[str, list[Any]] = {}
    for person, body in sorted(told(ingesting, f"{name}-").items()):
        ways.setdefault(person.rpartition("-")[0], []).append(body | {"id": person[-3:]})
    streamed = ways.pop(f"{name}-stream")
    assert len(ways) == 6
    for way, bodies in ways.items():
        assert bodies == streamed, way


def keys(rig: Rig, people: str) -> list[dict[str, Any]]:
    found = read_topic(rig.stack.bootstrap, PREFIX + "profiles")
    return [{"key": r.key, "at": r.offset} for r in found if (r.key or "").startswith(people)]


def test_a_killed_worker_of_the_job_that_reads_files_loses_no_row(ingesting: Rig) -> None:
    file = ingesting.folder / "data" / "visits.parquet"
    rows = {"who": [f"v{n}" for n in range(MANY)], "n": list(range(MANY))}
    table = pa.table({**rows, "eventType": ["probe.unheard"] * MANY})
    table = table.set_column(1, "n", pa.array([n if n != 5 else None for n in range(MANY)]))
    pq.write_table(table, file, row_group_size=10_000)
    before = set(ingesting.stack.cluster.processes())
    command = [str(COMMAND), "ingest", "visits", str(file), "--on-cluster", "--format", "json"]
    words = [*command, "--project", str(ingesting.folder)]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: visits(ingesting) > MANY // 10, PATIENCE_S, "the job reads")
    assert visits(ingesting) < MANY // 2, "it is not done yet"
    cluster = ingesting.stack.cluster
    (added, *_) = sorted(set(cluster.processes()) - before)
    cluster.kill_taskmanager(number_of(added))
    out, talk = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, talk
    said = json.loads(out)
    assert (said["read"], said["sent"], said["bad"]) == (MANY, MANY, 0)
    found = Counter(e["_id"] for e in ingesting.read("events") if e["eventType"] == "probe.unheard")
    assert len(found) == MANY
    repeated = sum(found.values()) - MANY
    assert repeated < MANY // 2, "it went on from a checkpoint, and did not begin anew"


def visits(rig: Rig) -> int:
    return sum(ends(rig.stack.bootstrap, PREFIX + "events").values())
