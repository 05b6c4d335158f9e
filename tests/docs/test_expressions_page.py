"""The page of the expression language says what it does."""

import json
import re
from pathlib import Path

import pytest

from journeys.expressions import Scope, compile_expression, to_json

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "expressions.md").read_text()
EXAMPLES = re.findall(r"^- `(.+)` gives `(.+)`$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("text", "value"), EXAMPLES)
def test_an_example_of_the_page_gives_what_it_says(text: str, value: str) -> None:
    found = to_json(compile_expression(text)(Scope()))
    assert (type(found), found) == (type(json.loads(value)), json.loads(value))
