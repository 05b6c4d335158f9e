"""The canonical form of definition files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from journeys.formatting import FormatError, format_text

GOLDEN = Path(__file__).parents[2] / "golden" / "formatting"


def test_the_form_is_what_a_person_would_write(golden: Callable[[Path, str], None]) -> None:
    text = (GOLDEN / "before.yaml").read_text(encoding="utf-8")
    golden(GOLDEN / "after.yaml", format_text("before.yaml", text))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("# only a comment", "# only a comment\n"),
        ("---\n# x\n---\na: 1\n...\n# y\n---\n# z\n", "# x\na: 1\n# y\n# z\n"),
        ("a: {}\nb: [ ]\n", "a: {}\nb: []\n"),
        ("{}", "{}\n"),
        ("a: {b: 1, # c\n c: 2}\n", "a:\n  b: 1 # c\n  c: 2\n"),
        ("a:\n- 1\n# c\n- 2\n# d\nb: 3\n", "a:\n  - 1\n  # c\n  - 2\n# d\nb: 3\n"),
        ("a:\n  b: 1\n  # of a\n# of c\nc: 2\n", "a:\n  b: 1\n  # of a\n# of c\nc: 2\n"),
        ("a: |+\n  x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"),
        ("a: |2\n    x\n  y\n", "a: |2\n    x\n  y\n"),
        ('a: "no"\nb: "x"\nc: "1.5"\nd: \'~\'\n', 'a: "no"\nb: x\nc: "1.5"\nd: "~"\n'),
        ('a: "\\u0007\\t"\n', 'a: "\\u0007\\t"\n'),
        ("a: 'say \"so\"'\n", "a: 'say \"so\"'\n"),
        ("a:   # c\n  b: 1\n", "a: # c\n  b: 1\n"),
        ("a: # c\n  text\n", "a: text # c\n"),
    ],
)
def test_small_things(before: str, after: str) -> None:
    assert format_text("f.yaml", before) == after
    assert format_text("f.yaml", after) == after


def test_steps_keep_their_order_and_fields_of_people_theirs() -> None:
    text = (
        "kind: journey\nid: j\nversion: 1\nentry: { event: e }\nsteps:\n"
        "  z: { action: a, with: { to: x, label: y, kind: k } }\n  a: { wait: PT1H }\n"
    )
    assert format_text("f.yaml", text) == text


def test_settings_keep_the_order_of_their_author() -> None:
    assert format_text("journeys.yaml", "job: {}\nname: a\n") == "job: {}\nname: a\n"


def test_a_comment_moves_with_its_field() -> None:
    before = "id: e # the id\n# what it is\nkind: event\n"
    assert format_text("f.yaml", before) == "# what it is\nkind: event\nid: e # the id\n"


def test_what_stands_above_all_stays_there() -> None:
    before = "# A file of events.\n\nid: e\nkind: event\n"
    assert format_text("f.yaml", before) == "# A file of events.\n\nkind: event\nid: e\n"


@pytest.mark.parametrize(
    "text", ["a: [", "a: &x 1\nb: *x\n", "a: 1\na: 2\n", "a: !!str 1\n", "\ta: 1\n"]
)
def test_what_cannot_be_read_is_not_formatted(text: str) -> None:
    with pytest.raises(FormatError, match=r"f\.yaml"):
        format_text("f.yaml", text)


def test_a_directive_is_refused() -> None:
    with pytest.raises(FormatError, match="directive"):
        format_text("f.yaml", "%YAML 1.2\n---\na: 1\n")
