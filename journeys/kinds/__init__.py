"""All kinds of definition: a new one is a file here and a line in the table.

An action is of this kind too; its form depends on its channel (`journeys.actions`).
"""

from journeys.kinds.audience import AudienceSpec
from journeys.kinds.auth import SharedAuthSpec
from journeys.kinds.dataset import DatasetSpec
from journeys.kinds.endpoint import EndpointSpec
from journeys.kinds.event import EventSpec
from journeys.kinds.journey import JourneySpec
from journeys.kinds.model import ModelSpec
from journeys.kinds.policy import PolicySpec
from journeys.kinds.scenario import ScenarioSpec
from journeys.kinds.source import SourceSpec
from journeys.specification import ActionSpec, NamedSpec

KINDS: dict[str, type[NamedSpec]] = {
    "action": ActionSpec,
    "audience": AudienceSpec,
    "auth": SharedAuthSpec,
    "dataset": DatasetSpec,
    "endpoint": EndpointSpec,
    "event": EventSpec,
    "journey": JourneySpec,
    "model": ModelSpec,
    "policy": PolicySpec,
    "scenario": ScenarioSpec,
    "source": SourceSpec,
}
"""What stands after `kind:`, and the form of such a document."""

__all__ = ["KINDS", "JourneySpec"]
