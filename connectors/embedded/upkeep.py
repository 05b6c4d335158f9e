"""Starts TaskManagers again whose processes have ended: `python -m connectors.embedded.upkeep`.

A process of its own beside the cluster, as whoever started that has gone. It gives what it starts
its own environment; so whoever brings workers of another release lets another one watch over them.
"""

from __future__ import annotations

import argparse
import signal
import time
from pathlib import Path
from threading import Event

from connectors.embedded.cluster import TASKMANAGER
from connectors.embedded.processes import ChildProcess
from connectors.embedded.stack import LocalStack

LOOK_S = 0.2
LEAST_LIFE_S = 10.0
"""What ends sooner after its start is begun again only then: what cannot live is no burden."""
TAKE_OVER_S = 12.0
"""How long a new process waits where another one stands by: to come up takes seconds of a core,
which a job needs itself that begins anew there."""


def dead(processes: dict[str, ChildProcess], now: float) -> list[str]:
    """Name the TaskManagers to start again; one that was ended on purpose is not among these."""
    return [
        name
        for name, process in processes.items()
        if name.startswith(TASKMANAGER)
        and now - process.started >= LEAST_LIFE_S
        and not process.alive()
    ]


def rest_s(free: int, resting: int) -> float:
    """Say how long one that has died is not started again.

    Args:
        free: slots that no job uses; one that was free itself and has died is nobody's loss.
        resting: how many others have died, for which free slots stand in already.
    """
    return TAKE_OVER_S if free > resting else 0.0


def keep(folder: Path, ended: Event) -> None:
    """Watch over the stack in a folder until it is stopped, or this is.

    A broker or a JobManager that is gone may come back, and workers are needed then.
    """
    stack = LocalStack.load(folder)
    due: dict[str, float] = {}
    while (stack.broker.alive() or stack.cluster.alive()) and not ended.wait(LOOK_S):
        now = time.time()
        found = dead(stack.cluster.processes(), now)
        due = {name: due[name] for name in found if name in due}  # others were stopped meanwhile
        for name in found:
            if name not in due:
                due[name] = now + rest_s(stack.cluster.slots("available") or 0, len(due))
            if now >= due[name]:
                del due[name]
                stack.cluster.restart_taskmanager(name)


def main() -> None:
    """Watch over the stack that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of a stack")
    folder = parser.parse_args().folder
    ended = Event()
    # Not in the middle: a worker that was started and not written down would be nobody's.
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    keep(folder, ended)


if __name__ == "__main__":
    main()
