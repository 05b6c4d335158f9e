"""What scenarios meet: the project that the job begins with, and what is published later."""

from __future__ import annotations

import os
from collections.abc import Iterable
from copy import deepcopy
from functools import cache
from pathlib import Path

from jobs.folder import read_folder
from journeys.clock import format_instant
from journeys.compiler import Compilation, compile_project
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.project import read_project
from journeys.tables import Tables

CAPABILITIES = Path(__file__).parent / "capabilities"
LATER = Path(__file__).parent / "later"
SOON_S = 30
"""Seconds after the beginning of the play at which what is published meanwhile comes to pass."""
BEFORE_S = 3600
"""Seconds before it at which a time of day has begun that it is then."""

LATER_S = 41
"""Seconds after the beginning at which that ends which came to pass again and again."""


def first_plans() -> list[Plan]:
    """Give what the job begins with."""
    compilation = read_folder(CAPABILITIES).compilation
    compilation.raise_errors()
    return list(compilation.plans.values())


def with_reference(plans: Iterable[Plan]) -> Plans:
    """Give plans beside the datasets that the job begins with, and the rows of their files."""
    reference, known = _reference(), Plans(plans)
    for dataset in reference.shared:
        known.define(dataset)
    known.tables = deepcopy(Tables(dict(reference.tables)))
    return known


@cache
def _reference() -> Compilation:
    return read_folder(CAPABILITIES).compilation


def later_plan(file: str, begun: int) -> Plan:
    """Compile a journey that is published while the job runs; it may name what is soon."""
    seconds = (-BEFORE_S, SOON_S, LATER_S)
    before, soon, later = (format_instant(begun + s * 1000) for s in seconds)
    clocks = {"SOON": soon, "SOON_CLOCK": soon[11:19], "BEFORE_CLOCK": before[11:19]}
    environment = {**os.environ, **clocks, "LATER": later}
    name = f"{file}.yaml"
    text = (LATER / name).read_text(encoding="utf-8")
    compilation = compile_project(read_project({name: text}, environment))
    compilation.raise_errors()
    (plan,) = compilation.plans.values()
    return plan


def later_plans(begun: int) -> list[Plan]:
    """Give everything that is published while the job runs."""
    return [later_plan(file.stem, begun) for file in sorted(LATER.glob("*.yaml"))]
