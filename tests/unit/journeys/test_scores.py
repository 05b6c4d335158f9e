"""Scores: what gives none and why, which model decides, and what step events say of it."""

from __future__ import annotations

import subprocess
import sys
from copy import copy
from dataclasses import replace
from typing import Any

import pytest

from journeys import codec
from journeys.control import ContradictionError, Define, apply, publish_message
from journeys.definitions import ModelDefinition
from journeys.expressions import ExpressionError, Value
from journeys.mode import Mode
from journeys.outcomes import ScoreNote
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.scoring import Score, fault_of, score
from tests.harness.onnx_files import classified, weighted
from tests.harness.person import Person
from tests.harness.plans import COMMON, SIMPLE, compiled, plan_of

PAIR = weighted([0.5, 2.0], 1.0)
ONNX = """
kind: model
id: churn
version: {version}
onnx: churn.onnx
inputs: {{features: ["#{{profile.age}}", "count(@history{{purchase.total, P30D}})"]}}
---
"""
JOURNEY = """
kind: journey
id: ranking
version: 1
entry: {event: signup}
exit:
  - {label: churned, when: "@decision{churn.score} > 1000"}
steps:
  pause: {wait: P1D}
  rank:
    condition:
      - label: high
        when: "@decision{churn.score} >= 5 and @decision{churn.score} < 900"
        to: mail
      - {label: low, else: true, to: end}
  mail: {action: mail, next: end}
"""


def model(content: bytes = PAIR, version: int = 1) -> ModelDefinition:
    text = COMMON + ONNX.format(version=version) + SIMPLE
    (found,) = compiled(text, binaries={"churn.onnx": content}).shared
    assert isinstance(found, ModelDefinition)
    return found


def ranking(content: bytes = PAIR, version: int = 1) -> Plan:
    return plan_of(ONNX.format(version=version) + JOURNEY, {"churn.onnx": content})


def ranked(ann: Person) -> list[tuple[str | None, str | None]]:
    return [(e.branch, e.scores) for e in ann.step_events if e.step_id == "rank" and e.branch]


# One score.


def evaluated(text: str) -> Value:
    values: dict[str, Value] = {"null": None, "text": "a", "nan": float("nan"), "big": 10**400}
    if text == "bound":
        raise ExpressionError(text)
    return values.get(text, 4)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("4", Score(4.0, 1)),
        ("null", Score(None, 1, ScoreNote.NO_NUMBER)),
        ("text", Score(None, 1, ScoreNote.NO_NUMBER)),
        ("nan", Score(None, 1, ScoreNote.NO_NUMBER)),
        ("big", Score(None, 1, ScoreNote.NO_NUMBER)),
        ("bound", Score(None, 1, ScoreNote.SCORE_ERROR)),
    ],
)
def test_a_formula_that_gives_no_number_gives_no_score(formula: str, expected: Score) -> None:
    assert score(ModelDefinition("m", 1, formula), evaluated) == expected


@pytest.mark.parametrize(
    ("fed", "missing", "expected"),
    [
        (["4", "4"], "no_score", Score(11.0, 1)),
        (["4", "null"], "no_score", Score(None, 1, ScoreNote.INPUT_MISSING)),
        (["4", "null"], "nan", Score(None, 1, ScoreNote.NO_NUMBER)),
        (["4", "text"], "no_score", Score(None, 1, ScoreNote.INPUT_MISTYPED)),
        (["4", "bound"], "no_score", Score(None, 1, ScoreNote.SCORE_ERROR)),
        (["4", "4", "4"], "no_score", Score(None, 1, ScoreNote.MODEL_ERROR)),
    ],
)
def test_whatever_goes_wrong_with_a_file_gives_no_score(
    fed: list[str], missing: str, expected: Score
) -> None:
    changed = replace(model(), inputs={"features": fed}, missing=missing)  # type: ignore[arg-type]
    assert score(changed, evaluated) == expected


def test_a_file_that_the_runtime_cannot_open_gives_no_score() -> None:
    faults: list[dict[str, Any]] = [
        {"onnx": "AAAA"},
        {"onnx": "A"},
        {"inputs": {"other": ["4"]}},
        {"output": "x"},
    ]
    for wrong in faults:
        broken = replace(model(), **wrong)
        assert score(broken, evaluated) == Score(None, 1, ScoreNote.MODEL_ERROR)
    assert fault_of(replace(model(), onnx="AAAA")) == "it is no ONNX file"


def test_a_trial_with_zeros_tells_what_a_file_hides() -> None:
    assert fault_of(model()) is None
    assert fault_of(ModelDefinition("m", 1, "1")) is None
    anyhow = weighted([0.5, 2.0, 1.0], width=None)  # takes any number, and works with three
    assert "Error" in str(fault_of(model(anyhow))) or "INVALID" in str(fault_of(model(anyhow)))


def test_a_score_reads_well() -> None:
    told = (Score(0.7134567, 3), Score(12.0, 1), Score(100.0, 2), Score(-0.5, 1))
    assert [str(one) for one in told] == ["3=0.7135", "1=12", "2=100", "1=-0.5"]
    assert str(Score(None, 3, ScoreNote.NO_NUMBER)) == "3=null (no_number)"


# In a walk.


def test_step_events_say_which_model_decided() -> None:
    ann = Person(ranking(), profile={"age": 10})
    ann.signs_up()
    ann.passes("P1D")
    assert ranked(ann) == [("high", "churn@1=6")]
    assert [e.scores for e in ann.step_events if e.step_id == "entry"] == [None]


def test_a_person_without_an_input_has_no_score() -> None:
    ann = Person(ranking())
    ann.signs_up()
    ann.passes("P1D")
    assert ranked(ann) == [("low", "churn@1=null (input_missing)")]


def test_an_exit_by_a_score_says_so() -> None:
    ann = Person(ranking(), profile={"age": 10})
    ann.signs_up()
    ann.changes({"age": 10_000})
    assert [(e.outcome, e.scores) for e in ann.step_events[-1:]] == [("exited", "churn@1=5001")]


@pytest.mark.parametrize(("age", "outcome"), [(10, "entered"), (1, "not_entered")])
def test_an_entry_by_a_score_says_so(age: int, outcome: str) -> None:
    text = JOURNEY.replace("{event: signup}", '{event: signup, when: "@decision{churn.score} > 5"}')
    plan = plan_of(ONNX.format(version=1) + text, {"churn.onnx": PAIR})
    ann = Person(plan, profile={"age": age})
    ann.signs_up()
    first = ann.step_events[0]
    assert (first.outcome, first.scores) == (outcome, f"churn@1={1 + age / 2:g}")


def test_a_score_is_computed_once_in_an_activation(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    session = model().session
    run = session.run

    def noted(*given: Any) -> float:
        ran.append(given)
        return run(*given)

    monkeypatch.setattr(session, "run", noted)
    ann = Person(ranking(), profile={"age": 10, "email": "ann@mail.example"})
    ann.signs_up()
    assert len(ran) == 1  # an exit criterion
    ann.passes("P1D")
    assert len(ran) == 2  # exit criteria twice, two expressions of a condition
    ann.changes({"age": 20})
    assert len(ran) == 3


def test_what_a_person_becomes_in_an_activation_counts_at_once() -> None:
    text = JOURNEY.replace("  rank:", "  older: {update_profile: {age: 20}}\n  rank:")
    ann = Person(plan_of(ONNX.format(version=1) + text, {"churn.onnx": PAIR}), profile={"age": 1})
    ann.signs_up()
    ann.passes("P1D")
    assert ranked(ann) == [("high", "churn@1=11")]


def test_a_score_can_say_why_there_is_none() -> None:
    text = JOURNEY.replace("@decision{churn.score} < 900", "@decision{churn.note} == null")
    text = text.replace("@decision{churn.score} >= 5", "@decision{churn.version} == 1")
    ann = Person(plan_of(ONNX.format(version=1) + text, {"churn.onnx": PAIR}))
    ann.signs_up()
    ann.passes("P1D")
    assert ranked(ann) == [("low", "churn@1=null (input_missing)")]


# Versions.


def published(*plans: Plan) -> Person:
    """Publish as the job does: plans carry no models."""
    return Person(*(publish_message(plan).plan for plan in plans), profile={"age": 10})


def test_a_new_version_decides_from_then_on_also_for_people_inside() -> None:
    ann = published(ranking())
    ann.simulator.say(Define(definition=model()))
    ann.signs_up()
    ann.simulator.say(Define(definition=model(weighted([0.1, 2.0]), 2)))
    ann.passes("P1D")
    assert ranked(ann) == [("low", "churn@2=1")]


def test_a_model_that_nobody_has_defined_gives_no_score() -> None:
    ann = published(ranking())
    ann.signs_up()
    ann.passes("P1D")
    assert ranked(ann) == [("low", "churn@?=null (model_unknown)")]


def test_a_rehearsal_brings_its_own_model_along() -> None:
    plans = Plans([publish_message(ranking()).plan])
    plans.define(model())
    newer = replace(ranking(weighted([0.1, 2.0]), 2), version=2)
    apply(plans, publish_message(newer, Mode.DRY_RUN), 9)
    of = {plan.version: plans.models_of(plan)["churn"] for plan in plans}
    assert {number: found.version for number, found in of.items() if found} == {1: 1, 2: 2}
    apply(plans, publish_message(newer), 10)
    assert plans.models_of(newer)["churn"] == model()


@pytest.mark.parametrize(
    ("known", "given", "told"),
    [
        (2, model(weighted([1.0, 1.0]), 2), "with other content: raise `version` to 3"),
        (2, model(PAIR, 1), "with version 2: raise `version` to 3"),
        (2, model(PAIR, 2), None),
        (2, model(PAIR, 3), None),
    ],
)
def test_a_model_is_replaced_by_a_higher_version_alone(
    known: int, given: ModelDefinition, told: str | None
) -> None:
    plans = Plans()
    apply(plans, Define(definition=model(version=known)), 1)
    if told is None:
        apply(plans, Define(definition=given), 2)
        assert plans.models["churn"] == given
    else:
        with pytest.raises(ContradictionError, match=told):
            apply(plans, Define(definition=given), 2)
        assert plans.models["churn"].version == known


def test_a_journey_is_the_same_whatever_its_models_are() -> None:
    one, other = ranking(), ranking(weighted([3.0, 4.0]), 2)
    assert codec.dump_plan(one.alone) == codec.dump_plan(other.alone)
    plans = Plans([one])
    apply(plans, publish_message(other), 2)
    assert len(list(plans)) == 1


def test_a_definition_is_read_as_it_was_written() -> None:
    text = 'kind: model\nid: m\nformula: "count(@history{visit.page, P7D})"\n---\n'
    (formula,) = compiled(COMMON + text + SIMPLE).shared
    for found in (model(), formula):
        assert codec.load_definition(codec.dump_definition(found, 3)) == (found, 3)


# What models read.


def test_the_past_that_a_new_model_reads_is_kept_from_then_on() -> None:
    formula = JOURNEY.replace("@decision{churn.score} > 1000", "false")
    first = 'kind: model\nid: churn\nformula: "1"\n---\n'
    second = (
        'kind: model\nid: churn\nversion: 2\nformula: "count(@history{visit.page, P7D}) * 5"\n---\n'
    )
    ann = published(plan_of(first + formula))
    for text in (first, second):
        (found,) = compiled(COMMON + text + SIMPLE).shared
        ann.simulator.say(Define(definition=found))
        ann.event("web.visit", {"page": "a"}, event_id=f"e-{found.id}-{text == second}")
    ann.event("web.visit", {"page": "a"}, event_id="e-churn-True")  # a repeat
    assert [len(past) for past in ann.history.events.values()] == [1]
    ann.signs_up()
    ann.passes("P1D")
    assert ranked(ann) == [("high", "churn@2=5")]


def test_an_audience_counts_what_a_new_model_reads() -> None:
    text = """
kind: audience
id: hot
when: "@decision{heat.score} >= 2"
---
kind: journey
id: hot
version: 1
entry: {audience: {id: hot, on: enter}}
steps:
  pause: {wait: P1D}
"""
    first = 'kind: model\nid: heat\nformula: "count(@history{signup.total, P7D})"\n---\n'
    second = first.replace("signup.total", "visit.page").replace("heat\n", "heat\nversion: 2\n")
    ann = published(plan_of(first + text))
    for number, kind in enumerate((first, second)):
        (found,) = compiled(COMMON + kind + SIMPLE).shared
        ann.simulator.say(Define(definition=found))
        assert list(ann.simulator.plans.windows) == [("signup", "visit")[number]]
    ann.event("web.visit", {"page": "a"})
    assert ann.event("web.visit", {"page": "b"})[0] == "entry entered"


def test_a_copy_of_plans_keeps_its_models() -> None:
    plans = Plans([ranking()])
    other = copy(plans)
    other.define(model(version=2))
    assert "churn" not in plans.models
    assert other.models_of(ranking())["churn"] == model(version=2)


# Start.


def test_an_engine_without_onnx_models_loads_no_runtime() -> None:
    code = """
import sys
from journeys import simulator, scoring, compiler, onnx_session
from tests.harness.plans import plan_of
plan_of('kind: model\\nid: m\\nformula: "1"\\n---\\nkind: journey\\nid: j\\nversion: 1\\n'
    'entry: {event: signup, when: "@decision{m.score} > 0"}\\nsteps: {a: {wait: PT1H}}')
print([name for name in ("onnxruntime", "numpy", "onnx") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_files_of_every_form_score_in_the_engine() -> None:
    text = """
kind: model
id: churn
onnx: churn.onnx
inputs: {{x: "#{{profile.age}}"}}
output: {output}
class: {label}
---
"""
    for output, label, zipped in (("array", 2, False), ("maps", "leaves", True)):
        head = text.format(output=output, label=label)
        plan = plan_of(head + JOURNEY, {"churn.onnx": classified(zipped=zipped)})
        ann = Person(plan, profile={"age": 20})
        ann.signs_up()
        ann.passes("P1D")
        assert ranked(ann) == [("low", "churn@1=0.8")]


def test_a_success_by_a_score_says_so() -> None:
    text = """
kind: journey
id: ranking
version: 1
entry: {event: signup}
steps:
  try:
    experiment:
      arms: [{id: a, to: end}, {id: b, to: end}]
      metric: {event: purchase, when: "@decision{churn.score} > 5", within: P7D}
"""
    ann = Person(plan_of(ONNX.format(version=1) + text, {"churn.onnx": PAIR}), profile={"age": 10})
    ann.signs_up()
    ann.buys(total=1)
    assert [(e.outcome, e.scores) for e in ann.step_events][-1] == ("converted", "churn@1=8")
