"""The page of functions of the expression language."""

from __future__ import annotations

import orjson

from journeys.expressions.functions import FUNCTIONS


def functions(_: str) -> str:
    """Describe every function of the expression language, by family."""
    families: dict[str, list[str]] = {}
    for function in FUNCTIONS.values():
        lines = [
            f"### {function.name}",
            "",
            function.description,
            "",
            "```text",
            *(signature.text for signature in function.signatures),
            "```",
            "",
            *(f"- `{text}` gives `{_json(value)}`" for text, value in function.examples),
        ]
        families.setdefault(function.family, []).append("\n".join(lines))
    titles = {name: name.replace("_", " ").capitalize() for name in families}
    return "\n\n".join(f"## {titles[name]}\n\n" + "\n\n".join(families[name]) for name in families)


def _json(value: object) -> str:
    return orjson.dumps(value, default=str).decode()
