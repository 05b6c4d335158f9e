"""A bar for work that takes a while, where somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Told: TypeAlias = Callable[[int, int], None]
"""Told how much is done, and of how much."""


def silent(done: int, whole: int) -> None:
    """Tell nobody."""
    del done, whole


@contextmanager
def progress(title: str, unit: str) -> Iterator[Told]:
    """Show a bar, where somebody looks; gives what is to be told how far it is."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield silent
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None, speed="")

        def told(done: int, whole: int) -> None:
            speed = bar.tasks[task].speed
            shown = "" if speed is None else f"{speed:,.0f} {unit}/s"
            bar.update(task, total=whole, completed=done, speed=shown)

        yield told
