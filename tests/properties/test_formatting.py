"""Formatting keeps what a file says, keeps its comments, and does nothing twice."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from journeys.document import read_documents
from journeys.expressions import parse
from journeys.formatting import format_text
from journeys.formatting.written import comments_in

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"^```yaml[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILES = [*ROOT.glob("examples/**/*.yaml"), *ROOT.glob("bench/**/*.yaml")]
TEXTS = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in FILES}
for page in sorted((*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md"))):
    for n, found in enumerate(FENCED.findall(page.read_text(encoding="utf-8")), start=1):
        if not [f for f in read_documents("", found, {})[1] if f.code != "JRN205"]:
            TEXTS[f"{page.relative_to(ROOT).as_posix()}#{n}"] = found


def values(text: str) -> list[object]:
    documents, faults = read_documents("f.yaml", text, {})
    assert not [fault for fault in faults if fault.code != "JRN205"]
    return [document.value for document in documents]


def assert_kept(text: str) -> str:
    """Hold a text of which no field is an expression against its form."""
    formatted = format_text("f.yaml", text)
    assert values(formatted) == values(text)
    assert sorted(comments_in(formatted)) == sorted(comments_in(text))
    assert format_text("f.yaml", formatted) == formatted
    assert formatted == "" or formatted.endswith("\n")
    return formatted


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_and_example_of_the_project_says_the_same_afterwards(name: str) -> None:
    formatted = format_text(name, TEXTS[name])
    assert format_text(name, formatted) == formatted
    assert sorted(comments_in(formatted)) == sorted(comments_in(TEXTS[name]))
    assert len(values(formatted)) == len(values(TEXTS[name]))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_the_projects_of_this_repository_are_in_form(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert format_text(file.name, text) == text, "run `journeys fmt examples bench/latency`"


# Any YAML, written in any way.

WORD = st.text("abcxyz_", min_size=1, max_size=8)
TEXT = st.one_of(
    st.text("ab #:{}[],'\"\\|>-?&*!%@`=~.0123\n\té \u2028", max_size=24),
    st.sampled_from(
        ["yes", "null", "1.5", "P1D", "12:30", "# no comment", "a: b", "- a", "${env:X}"]
    ),
)
SCALAR = st.one_of(TEXT, st.integers(-99, 99), st.booleans(), st.none())


@st.composite
def flow(draw: DrawFn, depth: int = 2) -> str:
    """Write a value that may stand in one line."""
    if depth == 0 or draw(st.booleans()):
        value = draw(SCALAR)
        return json.dumps(value, ensure_ascii=draw(st.booleans())) if value is not None else "null"
    items = draw(st.lists(flow(depth=depth - 1), max_size=4))
    if draw(st.booleans()):
        return f"[{', '.join(items)}]"
    return f"{{{', '.join(f'k{n}: {item}' for n, item in enumerate(items))}}}"


@st.composite
def block(draw: DrawFn, indent: int = 0, depth: int = 3) -> list[str]:
    """Write a mapping or a list over several lines, with comments and blank ones."""
    pad = " " * indent
    is_list = draw(st.booleans()) if indent else False
    lines: list[str] = []
    for n in range(draw(st.integers(1, 4))):
        lines += draw(st.lists(st.sampled_from(["", f"{pad}# above {n}", f"{pad}#"]), max_size=3))
        lead = f"{pad}-" if is_list else f"{pad}k{n}:"
        behind = draw(st.sampled_from(["", " # behind", "  #behind"]))
        match draw(st.sampled_from(["flow", "plain", "nested", "literal", "folded", "broken"])):
            case "flow":
                lines.append(f"{lead} {draw(flow())}{behind}")
            case "plain":
                lines.append(f"{lead} {draw(WORD)}{behind}")
            case "nested" if depth:
                step = draw(st.integers(1, 4))
                lines += [f"{lead}{behind}", *draw(block(indent + step, depth - 1))]
            case "literal" | "folded" as style:
                sign = "|" if style == "literal" else ">"
                chomping = draw(st.sampled_from(["", "-", "+"]))
                inner = [
                    f"{pad}   {word}" if word else ""
                    for word in draw(st.lists(WORD | st.just(""), min_size=1, max_size=4))
                ]
                lines += [f"{lead} {sign}{chomping}{behind}", f"{pad}   first", *inner]
            case "broken":
                lines += [f"{lead} {draw(WORD)}", f"{pad}     {draw(WORD)}{behind}"]
            case _:
                lines += [f"{lead} {{ a: 1, # inside", f"{pad}   b: [2,", f"{pad}   3] }}{behind}"]
    return lines + draw(st.lists(st.sampled_from(["", f"{pad}# below"]), max_size=2))


@given(st.lists(block(), min_size=1, max_size=3))
def test_whatever_is_written_says_the_same_afterwards(documents: list[list[str]]) -> None:
    assert_kept("---\n".join("".join(f"{line}\n" for line in lines) for lines in documents))


@given(st.lists(block(), min_size=1, max_size=2))
def test_line_ends_of_another_system_and_a_byte_order_mark_go(documents: list[list[str]]) -> None:
    text = "---\n".join("".join(f"{line}\n" for line in lines) for lines in documents)
    foreign = "\ufeff" + text.replace("\n", "\r\n")
    assert format_text("f.yaml", foreign) == format_text("f.yaml", text)


# Expressions.

EXPRESSIONS = st.sampled_from(
    [
        "@event{signup.plan}=='free'",
        '@event{signup.plan}  ==  "it\'s"',
        "((@event{signup.n} > 1)) and not (true or false)",
        "in(#{profile.country},['DE','FR'])",
        "@event{signup.items.any( currentEventField.n>3 )}",
        '"a\\\\b" != "\\u00e9\\n"',
        "this is = no expression",
    ]
)


@given(EXPRESSIONS, st.sampled_from(["'", '"']))
def test_expressions_are_printed_and_keep_their_trees(text: str, quote: str) -> None:
    inner = text.replace("'", "''") if quote == "'" else json.dumps(text)[1:-1]
    before = (
        "kind: journey\nid: j\nversion: 1\nentry:\n  event: signup\n"
        f"  when: {quote}{inner}{quote}\nsteps:\n  pause: {{ wait: PT1H }}\n"
    )
    after = format_text("f.yaml", before)
    (document,), _ = read_documents("f.yaml", after, {})
    written = document.text(("entry", "when"))
    if "no expression" in text:
        assert written == text
    else:
        assert parse(written).root == parse(text).root
    assert format_text("f.yaml", after) == after
