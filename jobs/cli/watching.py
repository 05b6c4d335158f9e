"""Doing something again whenever a project's files change: `--watch`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import complain, say
from jobs.folder import belongs_to, require_folder
from journeys.errors import JourneyError

INTERRUPTED = 130
SETTLE_MS = 200
"""Changes that follow one another within so many milliseconds count as one."""

WatchOption = Annotated[
    bool, typer.Option("--watch", "-w", help="Run again whenever a file of the project changes.")
]


def watch(folder: Path, run: Callable[[], object]) -> None:
    """Run something, and again after every change of a project, until Ctrl-C.

    A run may end with `typer.Exit` or a `JourneyError`, which is told; the watch goes on.

    Raises:
        typer.Exit: it was interrupted.
        FolderError: there is no such folder.
    """
    import watchfiles  # noqa: PLC0415 - only whoever watches waits for it to load

    require_folder(folder)
    root = folder.resolve()

    def is_ours(_: watchfiles.Change, path: str) -> bool:
        return belongs_to(Path(path).relative_to(root))

    # The first, empty set comes when the watch has begun: no change after the first run is missed.
    changes = watchfiles.watch(
        root,
        watch_filter=is_ours,
        debounce=SETTLE_MS,
        rust_timeout=SETTLE_MS,
        yield_on_timeout=True,
    )
    try:
        next(changes)
        _once(run)
        for changed in filter(None, changes):
            names = sorted({Path(path).relative_to(root).as_posix() for _, path in changed})
            _announce(names)
            _once(run)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _once(run: Callable[[], object]) -> None:
    try:
        run()
    except typer.Exit:
        pass  # its findings have been told
    except JourneyError as error:
        complain(f"error: {error}")
    say("Waiting for changes; Ctrl-C ends.")


def _announce(names: list[str]) -> None:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    now = datetime.now().astimezone()
    say(f"\n──── {now:%H:%M:%S} {names[0]}{more} changed ────")
