"""All kinds of step: a new one is a file here and a line in the list."""

from journeys.activities.action import Action, ActionStepSpec
from journeys.activities.condition import Condition, ConditionSpec
from journeys.activities.end import End, EndSpec
from journeys.activities.first_of import FirstOf, FirstOfSpec
from journeys.activities.wait import Wait, WaitSpec
from journeys.activity import Step
from journeys.specification import StepSpec

STEP_SPECS: dict[str, type[StepSpec]] = {
    spec.kind: spec for spec in (ActionStepSpec, ConditionSpec, EndSpec, FirstOfSpec, WaitSpec)
}
"""The key that tells a kind in a definition file, and the form of such a step."""

STEPS: dict[str, type[Step]] = {
    "action": Action,
    "condition": Condition,
    "end": End,
    "first_of": FirstOf,
    "wait": Wait,
}
"""The same kinds as the engine runs them."""

__all__ = ["STEPS", "STEP_SPECS"]
