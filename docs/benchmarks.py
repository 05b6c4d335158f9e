"""The figures of the page of benchmarks: tables and plots of what programs of `bench/` measured.

Each program writes one file into `docs/benchmarks/`; nothing on the page is typed by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from docs.plots import Bar, Group, plot
from docs.tables import table

FOLDER = Path(__file__).with_name("benchmarks")
PICTURES = Path(__file__).with_name("pictures")
MIB = 1024**2
QUIET = 0.5
"""Load of the machine before a run, above which something else was running."""
FLINK = {"raw": "Flink SQL, raw → raw", "filter": "Flink SQL, JSON filter"}
OURS = "journeys"
TOLD = ("p50", "p95", "p99", "max")
Run = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One part of the page."""

    file: str
    """What the program wrote, without its ending."""
    target: str
    """Of the Makefile."""
    rows: Callable[[Run], str]
    """Makes a table of what was measured."""
    groups: Callable[[Run], Iterable[Group]]
    """Makes the bars of it."""
    title: str
    """Of the plot."""


def benchmark(argument: str) -> str:
    """Write table, plot, machine and command of one figure."""
    figure, result = FIGURES[argument], read(argument)
    if result is None:
        return f"Not measured yet: `make {figure.target}`."
    picture = f"![{figure.title}](pictures/bench-{argument}.svg)"
    return "\n\n".join([figure.rows(result["measured"]), picture, facts(figure, result)])


def plots() -> dict[Path, str]:
    """Draw every figure that was measured."""
    found = ((name, figure, read(name)) for name, figure in FIGURES.items())
    return {
        PICTURES / f"bench-{name}.svg": plot(figure.title, [*figure.groups(result["measured"])])
        for name, figure, result in found
        if result is not None
    }


def read(name: str) -> Run | None:
    """Read what was measured; None: nothing yet."""
    file = FOLDER / f"{FIGURES[name].file}.json"
    return orjson.loads(file.read_bytes()) if file.is_file() else None


def facts(figure: Figure, result: Run) -> str:
    """Say where and how it was measured."""
    on = result["machine"]
    text = (
        f"`make {figure.target}`, here as `{result['command']}`, on {result['at'][:10]}: "
        f"{on['processor']}, {on['cores']} cores, {on['memory_gib']} GiB, {on['system']}, "
        f"Java {on['java']}, Python {on['python']}, Flink {on['flink']}."
    )
    busy = f" **The machine had other things to do** (load {on['load_before']:g} before the run)."
    return text + (busy if on["load_before"] > QUIET else "")


# Events a second.


def throughput_rows(measured: Run) -> str:
    """Tell each run, and how much of Flink's own rates it is."""
    rows = []
    for run in measured["runs"]:
        rates, ours = run["rates"], run["rates"][OURS]
        told = [_rate(rates.get(name)) for name in (*FLINK, OURS)]
        rows.append([*_shape(run), *told, *(_ratio(ours, rates.get(name)) for name in FLINK)])
    head = ["Matching", "Journeys", "State", *FLINK.values(), OURS, "of raw", "of the filter"]
    return table(head, rows)


def throughput_groups(measured: Run) -> Iterator[Group]:
    """Compare contenders by the share of matching events, with the usual number of journeys."""
    for share, runs in _by(measured["runs"], "matching").items():
        usual = [run for run in runs if run["journeys"] == _usual(runs)]
        flink = usual[0]["rates"]
        bars = [
            Bar(FLINK[n], flink[n], _rate(flink[n]), is_ours=False) for n in FLINK if n in flink
        ]
        bars += [
            Bar(f"{OURS}, {run['backend']}", run["rates"][OURS], _rate(run["rates"][OURS]))
            for run in usual
        ]
        yield Group(f"{_percent(share)} matching, {_usual(runs)} journeys", bars)


def idle_rows(measured: Run) -> str:
    """Tell what more journeys cost at equal events that match."""
    rows = []
    for few, many in _pairs(measured["runs"], "journeys"):
        dearer = f"{few['rates'][OURS] / many['rates'][OURS]:.2f}"
        told = [f"{run['journeys']}: {_rate(run['rates'][OURS])}" for run in (few, many)]
        rows.append([_percent(few["matching"]), few["backend"], *told, dearer])
    return table(["Matching", "State", "Fewest journeys", "Most journeys", "Cost by"], rows)


def idle_groups(measured: Run) -> Iterator[Group]:
    """Show rates by the number of journeys."""
    for share, runs in _by(measured["runs"], "matching").items():
        bars = [
            Bar(
                f"{run['journeys']}, {run['backend']}",
                run["rates"][OURS],
                _rate(run["rates"][OURS]),
            )
            for run in runs
        ]
        yield Group(f"{_percent(share)} matching, journeys published", bars)


def scaling_rows(measured: Run) -> str:
    """Tell what a second TaskManager gives, to all contenders."""
    rows = []
    for one, more in _pairs(measured["runs"], "parallelism"):
        for name in (*FLINK, OURS):
            if name in one["rates"] and name in more["rates"]:
                rates = one["rates"][name], more["rates"][name]
                row = [_percent(one["matching"]), one["backend"], FLINK.get(name, OURS)]
                rows.append([*row, *map(_rate, rates), f"{rates[1] / rates[0]:.2f}"])
    return table(["Matching", "State", "Job", "Fewest", "Most TaskManagers", "Times"], rows)


def scaling_groups(measured: Run) -> Iterator[Group]:
    """Show rates by the number of TaskManagers."""
    for share, runs in _by(measured["runs"], "matching").items():
        bars = [
            Bar(
                f"{FLINK.get(name, OURS)}, {run['parallelism']}",
                run["rates"][name],
                _rate(run["rates"][name]),
                is_ours=name == OURS,
            )
            for name in (*FLINK, OURS)
            for run in runs
            if name in run["rates"]
        ]
        yield Group(f"{_percent(share)} matching, TaskManagers", bars)


# People who wait.


def waiting_rows(measured: Run) -> str:
    """Tell each number of people in a column."""
    runs = measured["runs"]
    rows = [[name, *map(tell, runs)] for name, tell in WAITING.items()]
    return table(["", *(f"{run['people']:,} people" for run in runs)], rows)


def waiting_groups(measured: Run) -> Iterator[Group]:
    """Show where the state of a person lies."""
    for run in measured["runs"]:
        people, parts = run["people"], run["state_by_task"]
        bars = [Bar("all", run["state_of_a_person"], f"{run['state_of_a_person']:,.0f} bytes")]
        bars += [
            Bar(name, size / people, f"{size / people:,.0f} bytes", is_ours=False)
            for name, size in parts.items()
        ]
        yield Group(f"{people:,} people: bytes of state each, by task", bars, bound=700)


WAITING: Mapping[str, Callable[[Run], str]] = {
    "all are inside after": lambda run: f"{run['entered_s']:,.0f} s",
    "state of a person": lambda run: f"{run['state_of_a_person']:,.0f} bytes",
    "memory of the job, at most": lambda run: f"{run['memory_bytes'] / MIB:,.0f} MiB",
    "checkpoint, p50": lambda run: _seconds(run["checkpoint_ms"]["p50"]),
    "checkpoint, longest": lambda run: _seconds(run["checkpoint_ms"]["max"]),
    "it writes anew, p50": lambda run: f"{run['checkpoint_bytes']['p50'] / MIB:,.1f} MiB",
    "goes on from a checkpoint": lambda run: _restart(run["from_checkpoint"]),
    "takes a savepoint": lambda run: f"{run['savepoint_s']:,.1f} s",
    "of": lambda run: f"{run['savepoint_bytes'] / MIB:,.0f} MiB",
    "goes on from a savepoint": lambda run: _restart(run["from_savepoint"]),
}


def _restart(found: Run) -> str:
    return f"decides after {found['decided_s']:,.1f} s ({found['submitted_s']:,.1f} s to submit)"


# How late and how long.


def timers_rows(measured: Run) -> str:
    """Tell how late waits were decided."""
    late = measured["late_ms"]
    row = [f"{measured['people']:,} in {measured['within_s']} s", measured["backend"]]
    return table(["Waits", "State", *TOLD], [[*row, *(_ms(late[part]) for part in TOLD)]])


def timers_groups(measured: Run) -> Iterator[Group]:
    """Show how late waits were decided."""
    name = f"{measured['people']:,} waits end within {measured['within_s']} s: late by"
    yield Group(name, [*_times(measured["late_ms"])], bound=1000)


def latency_rows(measured: Run) -> str:
    """Tell how long decisions took."""
    rates = [_rate(measured["maximum"]), _rate(measured["sent_rate"])]
    row = [_percent(measured["matching"]), f"{measured['journeys']}", measured["backend"], *rates]
    times = [_ms(measured["decided_ms"][part]) for part in TOLD]
    sender = f"{measured['sender_cores']:.2f} cores"
    head = ["Matching", "Journeys", "State", "Maximum", "Sent", "Sender took", *TOLD]
    return table(head, [[*row, sender, *times]])


def latency_groups(measured: Run) -> Iterator[Group]:
    """Show how long decisions took."""
    name = f"event → decision at {_rate(measured['sent_rate'])}"
    yield Group(name, [*_times(measured["decided_ms"])], bound=100)


def calls_rows(measured: Run) -> str:
    """Tell how many calls went out, and how long each part of a journey took."""
    crowd = [
        f"{measured['people']:,}",
        _rate(measured["rate"]),
        f"{measured['again']:,}",
        f"{measured['memory_bytes'] / MIB:,.0f} MiB",
    ]
    times = [[name, *(_ms(of(measured)[part]) for part in TOLD)] for name, of in CALLS.items()]
    return "\n\n".join(
        [
            table(["People at once", "Calls", "Made again, of all", "Memory, at most"], [crowd]),
            table([f"Evenly, {_rate(measured['evenly'])}", *TOLD], times),
        ]
    )


def calls_groups(measured: Run) -> Iterator[Group]:
    """Show how much of a journey's time is ours."""
    name = f"of each journey with one call, ours, at {_rate(measured['evenly'])}"
    yield Group(name, [*_times(measured["ours_ms"])], bound=250)


CALLS: Mapping[str, Callable[[Run], Run]] = {
    "ours, of all": lambda run: run["ours_ms"],
    "event → decision": lambda run: run["hops_ms"]["ingest_ms"],
    "decision → first attempt": lambda run: run["hops_ms"]["queued_ms"],
    "the call": lambda run: run["hops_ms"]["latency_ms"],
    "its end → decision": lambda run: run["hops_ms"]["returned_ms"],
}


def _times(found: Run) -> Iterator[Bar]:
    return (Bar(part, found[part], _ms(found[part])) for part in TOLD)


# Pieces.


def _shape(run: Run) -> list[str]:
    return [_percent(run["matching"]), f"{run['journeys']}", run["backend"]]


def _by(runs: Sequence[Run], name: str) -> dict[Any, list[Run]]:
    found: dict[Any, list[Run]] = {}
    for run in runs:
        found.setdefault(run[name], []).append(run)
    return found


def _usual(runs: Sequence[Run]) -> int:
    numbers: list[int] = sorted({run["journeys"] for run in runs})
    return numbers[len(numbers) // 2]


def _pairs(runs: Sequence[Run], name: str) -> Iterator[tuple[Run, Run]]:
    """Pair runs that differ in one thing only: the one with least of it, and with most."""
    alike: dict[tuple[Any, ...], list[Run]] = {}
    for run in runs:
        same = ("matching", "journeys", "backend", "parallelism")
        alike.setdefault(tuple(run[each] for each in same if each != name), []).append(run)
    for group in alike.values():
        first, *_, last = sorted([group[0], *group], key=lambda run: run[name])
        if first[name] != last[name]:
            yield first, last


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}/s"


def _ratio(ours: float, other: float | None) -> str:
    return "" if other is None else f"{ours / other:.2f}"


def _ms(value: float) -> str:
    return f"{value:,.0f} ms"


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:,.2f} s"


FIGURES: Mapping[str, Figure] = {
    "throughput": Figure(
        "throughput",
        "bench-throughput",
        throughput_rows,
        throughput_groups,
        "Events a second by share of matching events",
    ),
    "decisions": Figure(
        "decisions",
        "bench-decisions",
        throughput_rows,
        throughput_groups,
        "Events a second when many events are decided",
    ),
    "idle": Figure(
        "idle",
        "bench-idle",
        idle_rows,
        idle_groups,
        "Events a second by number of published journeys",
    ),
    "scaling": Figure(
        "scaling",
        "bench-scaling",
        scaling_rows,
        scaling_groups,
        "Events a second by number of TaskManagers",
    ),
    "latency": Figure(
        "latency",
        "bench-latency",
        latency_rows,
        latency_groups,
        "Time from event to decision",
    ),
    "calls": Figure(
        "calls",
        "bench-calls",
        calls_rows,
        calls_groups,
        "How much of a journey's time is ours",
    ),
    "timers": Figure(
        "timers",
        "bench-timers",
        timers_rows,
        timers_groups,
        "How late waits are decided",
    ),
    "waiting": Figure(
        "waiting",
        "bench-waiting",
        waiting_rows,
        waiting_groups,
        "State of each person who waits",
    ),
}
"""What a page may ask for."""
