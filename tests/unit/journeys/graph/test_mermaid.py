from __future__ import annotations

import re

from journeys.graph import mermaid
from tests.harness.picture import HARD
from tests.harness.plans import plan_of

LINE = re.compile(
    r"flowchart TD"
    r'|    n\d+_\w+(\(\[|\(|\{\{|\[)"[^"#<>&`\\]*((#\d+;|<br/>)[^"#<>&`\\]*)*"(\]\)|\)|\}\}|\])'
    r'|    n\d+_\w+ (-->|-\.->)(\|"[^"<>&`\\]*"\|)? n\d+_\w+'
    r"|    classDef failed [\w:#,-]+"
    r"|    class n\d+_\w+ failed"
)


def test_no_text_of_an_author_can_break_the_chart() -> None:
    for line in mermaid(plan_of(HARD)).splitlines():
        assert LINE.fullmatch(line), line


def test_loops_are_dashed_and_failed_ends_marked() -> None:
    text = mermaid(plan_of(HARD))
    assert re.search(r"n\d+_sixth -\.-> n\d+_choose", text)
    assert re.search(r"class n\d+_lost failed", text)


def test_the_same_plan_gives_the_same_text() -> None:
    assert mermaid(plan_of(HARD)) == mermaid(plan_of(HARD))
