"""All kinds of step: a new one is a file here and a line in each table."""

from journeys.activities.action import Action, ActionStepSpec
from journeys.activities.cap import Cap, CapSpec
from journeys.activities.choose import Choose, ChooseSpec
from journeys.activities.condition import Condition, ConditionSpec
from journeys.activities.emit import EmitSpec, EmitStep
from journeys.activities.end import End, EndSpec
from journeys.activities.experiment import Experiment, ExperimentSpec
from journeys.activities.first_of import FirstOf, FirstOfSpec
from journeys.activities.jump import JumpSpec, JumpStep
from journeys.activities.lookup import Lookup, LookupSpec
from journeys.activities.split import Split, SplitSpec
from journeys.activities.update_profile import UpdateProfileSpec, UpdateProfileStep
from journeys.activities.wait import Wait, WaitSpec
from journeys.activity import Step
from journeys.specification import StepSpec

STEP_SPECS: dict[str, type[StepSpec]] = {
    spec.kind: spec
    for spec in (
        ActionStepSpec,
        CapSpec,
        ChooseSpec,
        ConditionSpec,
        EmitSpec,
        EndSpec,
        ExperimentSpec,
        FirstOfSpec,
        JumpSpec,
        LookupSpec,
        SplitSpec,
        UpdateProfileSpec,
        WaitSpec,
    )
}
"""The key that tells a kind in a definition file, and the form of such a step."""

STEPS: dict[str, type[Step]] = {
    "action": Action,
    "cap": Cap,
    "choose": Choose,
    "condition": Condition,
    "emit": EmitStep,
    "end": End,
    "experiment": Experiment,
    "first_of": FirstOf,
    "jump": JumpStep,
    "lookup": Lookup,
    "split": Split,
    "update_profile": UpdateProfileStep,
    "wait": Wait,
}
"""The same kinds as the engine runs them."""

__all__ = ["STEPS", "STEP_SPECS"]
