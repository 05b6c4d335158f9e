"""Questions to step events, ready to be asked: one file of SQL each, in the folder `recipes`.

A file begins with what it answers, as a comment, and maybe with a line `Needs:` that names the
variables which must be set. Everything else of it is SQL over the views of `views.sql`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from journeys.diagnostics import near
from journeys.errors import JourneyError

_HERE = files("connectors.analysis")
_SUFFIX = ".sql"
_NEEDS = "Needs: "
_WORD = re.compile(r"\w+")
COMMON = ("journey", "version", "mode", "since", "until")
"""Variables that narrow every recipe down."""
_READ = {
    "feedback": ("feedback", "messages"),
    "dead-letters": ("dead_letters",),
    "metrics": ("metrics", "latest_metrics"),
    "alerts": ("alerts",),
    "step-events": (
        *("step_events", "chosen", "events", "cohort"),
        *("visits", "walks", "standing", "calls", "messages"),
    ),
}
"""Topic to the tables and views by which a recipe reads it."""


class RecipeError(JourneyError):
    """A question cannot be asked so."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One question."""

    name: str
    question: str
    """What it answers, in a sentence."""
    needs: tuple[str, ...]
    """Variables that must be set."""
    sql: str

    @property
    def topics(self) -> set[str]:
        """All topics, by name without prefix, that it reads."""
        words = {*_WORD.findall(self.sql)}
        return {topic for topic, views in _READ.items() if not words.isdisjoint(views)}


def views() -> str:
    """Give the SQL of the views that recipes are written over."""
    return (_HERE / "views.sql").read_text(encoding="utf-8")


@cache
def recipes() -> dict[str, Recipe]:
    """Give every recipe by its name."""
    found = (_HERE / "recipes").iterdir()
    names = sorted(f.name.removesuffix(_SUFFIX) for f in found if f.name.endswith(_SUFFIX))
    return {name: _read(name) for name in names}


def recipe_of(name: str) -> Recipe:
    """Find a recipe.

    Raises:
        RecipeError: there is none of that name.
    """
    known = recipes()
    if name not in known:
        message = f"there is no recipe '{name}': {near(name, known)}; `journeys query` lists them"
        raise RecipeError(message)
    return known[name]


def _read(name: str) -> Recipe:
    text = (_HERE / "recipes" / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    lines = text.splitlines()
    comments = [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
    needs = [line.removeprefix(_NEEDS).split(", ") for line in comments if line.startswith(_NEEDS)]
    said = " ".join(line for line in comments if not line.startswith(_NEEDS))
    sql = "\n".join(line for line in lines if not line.startswith("-- "))
    return Recipe(name, said, tuple(needs[0]) if needs else (), sql.strip().removesuffix(";"))
