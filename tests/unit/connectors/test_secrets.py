from __future__ import annotations

from pathlib import Path

import pytest

from connectors.secrets import Secrets, UnknownSecretError
from journeys.messages import JsonValue


def test_a_secret_comes_from_the_environment() -> None:
    secrets = Secrets(environment={"JOURNEYS_SECRET_KEY": "hunter2"})
    assert secrets.resolve("Bearer ${secret:KEY}!") == "Bearer hunter2!"


def test_a_secret_comes_from_a_file_without_its_last_line_end(tmp_path: Path) -> None:
    (tmp_path / "KEY").write_text("hunter2\n", encoding="utf-8")
    assert Secrets(tmp_path, {}).resolve("${secret:KEY}") == "hunter2"


def test_a_renewed_file_counts_at_once(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path, {})
    (tmp_path / "KEY").write_text("old-value", encoding="utf-8")
    assert secrets.resolve("${secret:KEY}") == "old-value"
    (tmp_path / "KEY").write_text("new-value", encoding="utf-8")
    assert secrets.resolve("${secret:KEY}") == "new-value"
    assert secrets.mask("old-value new-value") == "*** ***"


@pytest.mark.parametrize("name", ["MISSING", "", "../KEY", "a b", "KEY/..", "x" * 200])
def test_a_name_that_is_not_known_is_named_and_not_retried(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownSecretError) as unknown:
        Secrets(tmp_path, {}).resolve(f"${{secret:{name}}}")
    assert name in str(unknown.value)
    assert unknown.value.retryable is False
    assert unknown.value.code == "unknown_secret"


def test_a_file_that_cannot_be_read_is_named_without_its_place(tmp_path: Path) -> None:
    (tmp_path / "KEY").mkdir()
    with pytest.raises(UnknownSecretError, match="KEY") as unknown:
        Secrets(tmp_path, {}).resolve("${secret:KEY}")
    assert str(tmp_path) not in str(unknown.value)


def test_only_secrets_that_the_definition_refers_to_may_be_used() -> None:
    secrets = Secrets(environment={"JOURNEYS_SECRET_A": "aaaa", "JOURNEYS_SECRET_B": "bbbb"})
    assert secrets.resolve("${secret:A}", allowed=("A",)) == "aaaa"
    with pytest.raises(UnknownSecretError, match="B"):
        secrets.resolve_json({"name": ["${secret:B}"]}, allowed=("A",))


def test_a_value_is_not_searched_for_further_references() -> None:
    secrets = Secrets(environment={"JOURNEYS_SECRET_A": "${secret:B}"})
    assert secrets.resolve("${secret:A}") == "${secret:B}"


def test_references_are_replaced_at_any_depth() -> None:
    secrets = Secrets(environment={"JOURNEYS_SECRET_A": "aaaa"})
    value: JsonValue = {"x": ["${secret:A}", 1, None, {"y": "-${secret:A}-"}]}
    assert secrets.resolve_json(value, ("A",)) == {"x": ["aaaa", 1, None, {"y": "-aaaa-"}]}


def test_values_are_masked_plain_and_percent_encoded() -> None:
    secrets = Secrets(environment={"JOURNEYS_SECRET_A": "p@ss word"})
    assert secrets.mask("p@ss word") == "p@ss word"
    secrets.resolve("${secret:A}")
    assert secrets.mask("x p@ss word y p%40ss%20word z") == "x *** y *** z"


def test_a_longer_value_is_masked_before_one_it_contains() -> None:
    environment = {"JOURNEYS_SECRET_A": "abcd", "JOURNEYS_SECRET_B": "abcdefgh"}
    secrets = Secrets(environment=environment)
    secrets.resolve("${secret:A}${secret:B}")
    assert secrets.mask("abcdefgh abcd") == "*** ***"


def test_what_was_made_from_a_secret_is_masked_where_it_is_named() -> None:
    secrets = Secrets(environment={"JOURNEYS_SECRET_A": "aaaa"})
    secrets.resolve("${secret:A}")
    assert secrets.mask("aaaa YWFhYQ", ("YWFhYQ", "")) == "*** ***"
    assert secrets.mask("YWFhYQ") == "YWFhYQ"


@pytest.mark.parametrize(
    "written",
    ['pä/s"s + 1', "p%C3%A4%2Fs%22s%20%2B%201", "p%C3%A4%2Fs%22s+%2B+1", "p%C3%A4/s%22s%20%2B%201",
     r"pä/s\"s + 1", r"p\u00e4/s\"s + 1", r"pä\/s\"s + 1", r"p\u00e4\/s\"s + 1"],
)  # fmt: skip
def test_values_are_masked_however_they_are_encoded(written: str) -> None:
    secrets = Secrets(environment={"JOURNEYS_SECRET_A": 'pä/s"s + 1'})
    assert secrets.mask(f"a {written} b", ('pä/s"s + 1',)) == "a *** b"
    secrets.resolve("${secret:A}")
    assert secrets.mask(f"a {written} b") == "a *** b"
