"""The verb `explain`: what a fault means."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli.console import complain, put
from journeys.diagnostics import Code, near
from journeys.faults import fault_page, without_links

USAGE = 2
_NAMES = [str(code) for code in Code]


def _completed(incomplete: str) -> list[tuple[str, str]]:
    """Give the codes that begin so, in the case in which somebody began to write."""
    begun = [code for code in Code if code.startswith(incomplete.upper())]
    is_lower = incomplete.islower()
    return [(code.lower() if is_lower else str(code), fault_page(code).title) for code in begun]


CodesArgument = Annotated[
    list[str] | None,
    typer.Argument(help="Codes such as JRN303.", autocompletion=_completed),
]


def explain(codes: CodesArgument = None) -> None:
    """Say what faults mean, what brings them and what to do; without a code, list them all."""
    if not codes:
        for code in Code:
            put(f"{code}  {fault_page(code).title}")
        return
    asked = [text.upper() for text in codes]
    unknown = [text for text in asked if text not in _NAMES]
    for text in unknown:
        complain(f"error: there is no fault {text}: {near(text, _NAMES)}")
    if unknown:
        raise typer.Exit(USAGE)
    put("\n\n".join(_explained(Code(text)) for text in dict.fromkeys(asked)))


def _explained(code: Code) -> str:
    page = fault_page(code)
    example = "\n".join(f"    {line}".rstrip() for line in page.example.splitlines())
    said = (f"{code}: {page.title}", page.meaning, example, page.remedy)
    return "\n\n".join(map(without_links, said))
