"""The reference page of all functions, written from the functions themselves."""

from __future__ import annotations

from collections.abc import Iterator

from journeys.expressions.function import Function
from journeys.expressions.functions import FAMILIES, FUNCTIONS
from journeys.expressions.printer import quoted

_HEAD = """# Expression functions

This page is generated from the functions: their signatures, what they do, and examples, which run
as tests.

- A function whose argument is null gives null, unless it says otherwise; one that answers yes or no
  says no.
- A null list counts as an empty one.
- `number` is an integer or a decimal, `T` one type that all its places share, and `?` marks what
  may be left out.
- Examples read the clock at `2026-03-01T08:00:00Z`.
"""
EXAMPLE_NOW = 1_772_352_000_000
"""The time that examples are evaluated at, in milliseconds since 1970-01-01 UTC."""


def markdown() -> str:
    """Write the page as Markdown."""
    return "\n".join([_HEAD, *_contents(), *_pages()]).rstrip() + "\n"


def families() -> Iterator[tuple[str, str, list[Function]]]:
    """Give each family of functions: its name, what it holds, and its functions by name."""
    for module in FAMILIES:
        name = module.__name__.rpartition(".")[2]
        members = [function for function in FUNCTIONS.values() if function.family == name]
        summary = " ".join((module.__doc__ or "").split())
        yield name, summary, sorted(members, key=lambda function: function.name.lower())


def _contents() -> Iterator[str]:
    for name, _, members in families():
        links = ", ".join(f"[{one.name}](#{one.name.lower()})" for one in members)
        yield f"- {_title(name)}: {links}"
    yield ""


def _pages() -> Iterator[str]:
    for name, summary, members in families():
        yield f"## {_title(name)}\n\n{summary}\n"
        for function in members:
            yield f"### {function.name}\n\n{function.description}\n"
            yield "```"
            yield from (signature.text for signature in function.signatures)
            yield "```\n"
            yield from (_example(text, value) for text, value in function.examples)
            yield ""


def _title(family: str) -> str:
    return family.replace("_", " ").capitalize()


def _example(text: str, value: object) -> str:
    return f"- `{text}` gives `{_written(value)}`"


def _written(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case _:
            return repr(value)
