"""What a program has measured, with the machine that it ran on, as one JSON file.

`docs.benchmarks` makes the page of such files.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from connectors.embedded.toolchain import find_java
from journeys.step_event import ENGINE_VERSION

GIB = 1024**3
PARTS = (50, 95, 99)
"""Of a hundred: what is told of times, beside the longest."""


def machine() -> dict[str, Any]:
    """Say where something is measured, and how busy it was before."""
    load = os.getloadavg()[0]
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / GIB, 1),
        "system": f"{platform.system()} {platform.release()}",
        "java": _java(),
        "python": platform.python_version(),
        "flink": version("apache-flink"),
        "engine": ENGINE_VERSION,
        "load_before": round(load, 2),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _java() -> str:
    said = subprocess.run([find_java(), "-version"], check=True, capture_output=True, text=True)
    return said.stderr.split('"')[1]


@dataclass
class Result:
    """One run of a program."""

    measured: Any
    program: str
    command: str = field(default_factory=lambda: _command(sys.argv))
    at: str = field(
        default_factory=lambda: (
            datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        )
    )
    """When it began."""
    machine: dict[str, Any] = field(default_factory=machine)

    def write(self, file: Path | None) -> None:
        """Keep it, if a file is named."""
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(_rounded(asdict(self)), indent=2)
            file.write_text(text + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, 2) if isinstance(value, float) else value


def _command(words: Sequence[str]) -> str:
    """Give the line that was typed, but for where the result goes."""
    kept = list(words)
    if "--json" in kept:
        place = kept.index("--json")
        del kept[place : place + 2]
    return " ".join(["python -m", f"bench.{Path(kept[0]).stem}", *kept[1:]])


def spread(values: Sequence[float]) -> dict[str, float]:
    """Give the value that so many of a hundred do not exceed, the longest, and how many there are.

    Of `n` values the p-th is the smallest that at least `n * p / 100` do not exceed.
    """
    ordered = sorted(values)
    if not ordered:
        return {"count": 0}
    found = {f"p{part}": ordered[-(-len(ordered) * part // 100) - 1] for part in PARTS}
    return {**found, "max": ordered[-1], "count": len(ordered)}
