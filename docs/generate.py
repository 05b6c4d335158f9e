"""Write the generated parts of the pages, their pictures and the schemas for editors.

    python -m docs.generate [--check]

It is run as a module, at the root: then the code of this very checkout is described.

A page holds such a part between `<!-- generated: NAME ARGUMENT -->` and `<!-- end -->`; all else is
written by hand. With `--check` nothing is written, and files that are out of date are named.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.benchmarks import benchmark, plots
from docs.bounds import author_limits, bounds, expression_bounds
from docs.capabilities import capabilities
from docs.commands import changed_scenario, command, verbs
from docs.examples import BINARIES, example_files
from docs.faults import faults
from docs.functions import functions
from docs.models import model_fields
from docs.privileges import role_privileges
from docs.recipes import recipes
from docs.records import (
    alert_fields,
    alert_kinds,
    answer_fields,
    dead_letter_fields,
    outcomes,
    silences,
    step_event_fields,
    topics,
)
from docs.templates import liquid_filters, liquid_tags
from jobs import editor_schemas, step_event_schemas
from journeys.compiler import compile_project
from journeys.graph import svg
from journeys.project import read_project

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "pictures" / "welcome.svg"
_PART = re.compile(
    r"(?P<open><!-- generated: (?P<name>[\w-]+)(?: (?P<argument>[^>]+?))? -->\n).*?"
    r"(?P<close><!-- end -->)",
    re.DOTALL,
)


PARTS: Mapping[str, Callable[[str], str]] = {
    "fields": model_fields,
    "step-event": step_event_fields,
    "dead-letter": dead_letter_fields,
    "alert": alert_fields,
    "alerts": alert_kinds,
    "answer": answer_fields,
    "silences": silences,
    "topics": topics,
    "outcomes": outcomes,
    "bounds": bounds,
    "expression-bounds": expression_bounds,
    "limits": author_limits,
    "capabilities": capabilities,
    "recipes": recipes,
    "privileges": role_privileges,
    "benchmark": benchmark,
    "verbs": verbs,
    "functions": functions,
    "liquid-tags": liquid_tags,
    "liquid-filters": liquid_filters,
    "faults": faults,
    "command": command,
    "changed-scenario": changed_scenario,
}
"""What a page may ask for: called with the argument."""


def generated(page: str) -> str:
    """Give a page with all its generated parts written anew."""

    def written(match: re.Match[str]) -> str:
        part = PARTS[match["name"]](match["argument"] or "")
        return f"{match['open']}\n{part}\n\n{match['close']}"

    return _PART.sub(written, page)


def picture() -> str:
    """Draw the journey of the welcome example."""
    compilation = compile_project(read_project(example_files(""), {}, BINARIES))
    return svg(compilation.plans["welcome"]) + "\n"


def pages() -> list[Path]:
    """List every page."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def fresh_texts() -> dict[Path, str]:
    """Give every generated file as it should be."""
    texts = {page: generated(page.read_text(encoding="utf-8")) for page in pages()}
    schemas = {**editor_schemas.schema_texts(), **step_event_schemas.schema_texts()}
    written = {ROOT / "docs" / "schemas" / name: text for name, text in schemas.items()}
    return texts | written | plots() | {PICTURE: picture()}


def main() -> None:
    """Write or check all generated files."""
    check = sys.argv[1:] == ["--check"]
    stale = []
    for file, fresh in fresh_texts().items():
        if file.is_file() and file.read_text(encoding="utf-8") == fresh:
            continue
        stale.append(file.relative_to(ROOT).as_posix())
        if not check:
            file.parent.mkdir(exist_ok=True)
            file.write_text(fresh, encoding="utf-8")
    for name in stale:
        sys.stderr.write(f"{name} {'is out of date: run `make docs`' if check else 'written'}\n")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    main()
