from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.answers import Answer, AnswersFileError, answers_of, load_answers
from journeys.messages import JsonObject

RULES = """
/customers/{person}:
  body: {tier: {$choose: [/person, [gold, silver]]}, id: {$echo: /person}}
/score:
  status: 202
  delay_ms: 5
  headers: {X-Model: 7}
  body:
    score: {$hash_bucket: [/who/ids/0, 100]}
    nothing: {$echo: /who/missing/3}
/flaky:
  status: {$choose: [/person, [200, 503]]}
/empty: {status: 204, body: null}
"""


def call(path: str, body: object = None, **query: str) -> JsonObject:
    return {"method": "POST", "path": path, "query": dict(query), "headers": {}, "body": body}  # type: ignore[dict-item]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "answers.yaml"
    file.write_text(RULES, encoding="utf-8")
    return file


def test_a_path_without_a_rule_gets_ok(rules: Path) -> None:
    assert load_answers(rules)(call("/elsewhere")) == Answer(200, {"ok": True})
    assert load_answers(rules)(call("/customers/a/b")) == Answer(200, {"ok": True})


def test_a_rule_computes_its_answer_from_the_call(rules: Path) -> None:
    answer = load_answers(rules)(call("/score", {"who": {"ids": ["p1"]}}))
    assert isinstance(answer.body, dict)
    assert answer.body["score"] in range(100)
    assert answer.body["nothing"] is None
    assert (answer.status, answer.delay_ms, answer.headers) == (202, 5, {"X-Model": "7"})


def test_a_segment_in_braces_is_found_by_its_name(rules: Path) -> None:
    answer = load_answers(rules)(call("/customers/p7"))
    assert isinstance(answer.body, dict)
    assert answer.body["id"] == "p7"
    assert answer.body["tier"] in ("gold", "silver")


def test_people_get_different_answers_and_each_always_the_same(rules: Path) -> None:
    answering = load_answers(rules)
    people = [f"p{number}" for number in range(200)]
    first = [answering(call("/flaky", {"person": person})).status for person in people]
    again = [answering(call("/flaky", None, person=person)).status for person in people]
    assert first == again
    assert 60 < first.count(200) < 140


def test_no_body_can_be_answered(rules: Path) -> None:
    assert load_answers(rules)(call("/empty")) == Answer(204, None)


def test_buckets_are_the_same_on_every_machine() -> None:
    answering = answers_of({"/x": {"body": {"$hash_bucket": ["/person", 100]}}})
    assert [answering(call("/x", {"person": f"p{n}"})).body for n in range(5)] == [
        32,
        36,
        41,
        9,
        71,
    ]


def test_a_json_file_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({"/x": {"status": 404}}), encoding="utf-8")
    assert load_answers(file)(call("/x")).status == 404


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1]", "must map paths"),
        ("{x: {status: 200}}", "begins with /"),
        ("{/x: 5}", "/x may have"),
        ("{/x: {state: 200}}", "/x may have"),
        ("{/x: {status: ok}}", "status must be a whole number"),
        ("{/x: {headers: [1]}}", "headers must be an object"),
        ("{/x: {body: {$hash_bucket: [/a, 0]}}}", "hash_bucket takes"),
        ("{/x: {body: {$hash_bucket: /a}}}", "hash_bucket takes"),
        ("{/x: {body: {$choose: [/a, []]}}}", "choose takes"),
        ("{/x: {body: {$echo: 5}}}", "echo takes"),
        ("{/x: {body: {$echo: person}}}", "must begin with /"),
        ("{/x: [", "cannot be read"),
    ],
)
def test_a_rule_that_cannot_work_is_named_with_what_is_expected(
    tmp_path: Path, text: str, reason: str
) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(AnswersFileError, match=reason) as fault:
        load_answers(file)
    assert str(file) in str(fault.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnswersFileError, match="nowhere"):
        load_answers(tmp_path / "nowhere.yaml")
