"""YAML: plain values, exact places, and hostile texts refused at once."""

from __future__ import annotations

import pytest

from journeys.diagnostics import Code, Diagnostic
from journeys.document import MAX_FAULTS, Document, read_documents
from journeys.messages import JsonValue
from tests.harness.quickly import assert_quick


def read(text: str, **environment: str) -> tuple[list[Document], list[Diagnostic]]:
    return read_documents("f.yaml", text, environment)


def value(text: str, **environment: str) -> JsonValue:
    (document,), diagnostics = read(text, **environment)
    assert diagnostics == []
    return document.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on", "on"),
        ("no", "no"),
        ("12:30", "12:30"),
        ("2026-03-01", "2026-03-01"),
        ("0x1F", "0x1F"),
        ("=", "="),
        ("null", None),
        ("~", None),
        ("True", True),
        ("false", False),
        ("007", 7),
        ("-3", -3),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("99999999999999999999999", 1e23),
        ('"7"', "7"),
        ("'true'", "true"),
        ("''", ""),
    ],
)
def test_scalars_follow_the_core_schema(text: str, expected: JsonValue) -> None:
    found = value(f"a: {text}\n")
    assert found == {"a": expected}
    assert isinstance(found, dict)
    assert type(found["a"]) is type(expected)


def test_a_file_holds_several_documents_and_empty_ones_are_none() -> None:
    documents, _ = read("a: 1\n---\n# nothing\n---\nb: 2\n")
    assert [d.value for d in documents] == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a: #{b}\n", 4),
        ("a:    #{b} == 1\n", 7),
        ("a: b #{c}\n", 6),
        ('a: "b" #{c}\n', 8),
        ("a:\n  - #{b}\n", 5),
        ("a: {b: 1, c: d #{e}\n}\n", 16),
    ],
)
def test_an_expression_that_yaml_takes_for_a_comment_is_told(text: str, column: int) -> None:
    _, (fault,) = read(text)
    assert (fault.code, fault.place.column) == (Code.YAML, column)
    assert "in quotes" in (fault.hint or "")


@pytest.mark.parametrize(
    "text",
    ["a: b#{c}\n", "a: '#{c}'\n", "# #{b}\na: 1 # {b}\n", "a: |\n  b #{c}\n", "#{a}\nb: 1\n"],
)
def test_other_comments_and_texts_stay_what_they_are(text: str) -> None:
    assert read(text)[1] == []


def test_a_byte_order_mark_moves_no_place() -> None:
    (document,), _ = read("\ufeffa: text\n")
    assert str(document.place_in(("a",), 1, 2)) == "f.yaml:1:5"


def test_variables_come_from_the_environment_or_their_default() -> None:
    text = 'a: ${env:A}\nb: "x${env:B:-y}z"\nc: ${env:C:-7}\n'
    assert value(text, A="1", B="b") == {"a": 1, "b": "xbz", "c": 7}


def test_a_variable_that_is_not_set_is_a_fault_at_its_place() -> None:
    _, (fault,) = read("a: 1\nb: ${env:MISSING}\n")
    assert (fault.code, str(fault.place)) == (Code.ENVIRONMENT, "f.yaml:2:4")


SCALARS = r"""plain: some text here
single: 'it''s some text'
double: "a \"quoted\" \u00e9 text"
literal: |
  first line
    second text
folded: >-
  some folded
  text

  and more
indented: |2
    four text
continued: some
  plain text
joined: "some \
  double
  text"
list: ["a text", 'b text']
"""


@pytest.mark.parametrize(
    "path",
    [
        *((name,) for name in ("plain", "single", "double", "literal", "folded", "indented")),
        *((name,) for name in ("continued", "joined")),
        ("list", 0),
        ("list", 1),
    ],
)
def test_a_place_inside_a_text_is_exact_however_it_is_written(path: tuple[str | int, ...]) -> None:
    (document,), _ = read(SCALARS)
    start = document.text(path).index("text")
    place = document.place_in(path, start, start + 4)
    line = SCALARS.splitlines()[place.line - 1]
    assert line[place.column - 1 :][: place.length] == "text"


def test_a_place_in_a_text_that_the_environment_changed_is_the_whole_text() -> None:
    (document,), _ = read('a: "${env:A} and more"\n', A="long text")
    assert str(document.place_in(("a",), 10, 13)) == "f.yaml:1:4"


def test_a_place_behind_the_end_stands_there() -> None:
    (document,), _ = read("a: 'text'\n")
    assert str(document.place_in(("a",), 4, 4)) == "f.yaml:1:9"


def test_what_is_not_there_has_the_place_of_what_is_above_it() -> None:
    (document,), _ = read("a:\n  b:\n    c: 1\n")
    assert str(document.place(("a", "b", "missing"))) == "f.yaml:3:5"
    assert str(document.place(("a", "b", "missing"), key=True)) == "f.yaml:2:3"
    assert str(document.place(("missing",))) == "f.yaml:1:1"


def test_both_uses_of_a_key_are_told_and_the_rest_is_read() -> None:
    (document,), (fault,) = read("a: 1\nb: 2\na: 3\n")
    assert (fault.code, str(fault.place)) == (Code.DUPLICATE_KEY, "f.yaml:3:1")
    assert document.value == {"a": 3, "b": 2}


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
HOSTILE = {
    "bomb": BOMB,
    "nested": "[" * 5_000,
    "nested mappings": "{a: " * 5_000,
    "nested blocks": "".join(f"{' ' * n}a:\n" for n in range(500)),
    "alias": "a: &a 1\nb: *a\n",
    "merge key": "a: &a {x: 1}\nb:\n  <<: *a\n",
    "python object": "a: !!python/object/apply:os.system ['echo']\n",
    "python name": "!!python/name:os.system\n",
    "tag": "a: !!str 1\n",
    "duplicate keys": "a: 1\n" * 100_000,
    "ten megabytes": "a: " + "x" * 10_000_000,
    "many values": "- 1\n" * 200_000,
    "many documents": "--- 1\n" * 100_000,
    "tab": "a:\n\tb: 1\n",
    "nul": "a: \0\n",
    "half a pair": "a: \ud800\n",
    "complex key": "? [a]\n: 1\n",
    "unclosed": "a: 'x\n",
    "lone colon": "a: b: c\n",
    "directive": "%YAML 3.0\n---\na: 1\n",
    "reserved": "a: @x\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_refused_in_a_moment(name: str) -> None:
    _, diagnostics = read(HOSTILE[name])
    assert 0 < len(diagnostics) <= MAX_FAULTS + 1
    assert_quick(lambda: read(HOSTILE[name]))


def test_a_field_can_be_read_under_another_name_at_its_old_place() -> None:
    (document,), _ = read("a: 1\nrule: {text: x}\nb: 2\n")
    document.rename(("rule",), "when")
    assert document.value == {"a": 1, "when": {"text": "x"}, "b": 2}
    assert list(document.value) == ["a", "when", "b"]
    assert str(document.place(("when", "text"))) == "f.yaml:2:14"
    assert str(document.place(("when",), key=True)) == "f.yaml:2:1"


def test_a_field_whose_new_name_is_taken_is_removed() -> None:
    (document,), _ = read("a: 1\nb: 2\nc: 3\n")
    document.rename(("a",), "b")
    document.rename(("c",), None)
    assert document.value == {"b": 2}
