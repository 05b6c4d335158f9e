"""The page of recipes: what each answers, and of a small world."""

from __future__ import annotations

from pathlib import Path

from connectors.analysis.recipes import recipes as known

ROOT = Path(__file__).resolve().parents[1]
ANSWERS = ROOT / "tests" / "golden" / "recipes"
SOURCES = "../../connectors/analysis/recipes"


def recipes(_: str) -> str:
    """Describe every recipe, and show its answer."""
    return "\n\n".join(_recipe(name) for name in known())


def _recipe(name: str) -> str:
    recipe = known()[name]
    needs = "".join(f" --with {need}=…" for need in recipe.needs)
    answer = (ANSWERS / f"{name}.txt").read_text(encoding="utf-8")
    topics = ", ".join(f"`{topic}`" for topic in sorted(recipe.topics))
    return (
        f"### {name}\n\n{recipe.question}\n\n"
        f"Reads {topics}; [its SQL]({SOURCES}/{name}.sql).\n\n"
        f"```text\n$ journeys query {name}{needs}\n{answer}```"
    )
