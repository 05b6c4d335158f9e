"""Update profile: write attributes of the person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from journeys import limits
from journeys.activity import Effect, UpdateProfile
from journeys.effect_step import EffectStep
from journeys.messages import JsonObject, JsonValue
from journeys.specification import Path, StepSpec, shown
from journeys.template import parse_template


@dataclass(frozen=True)
class UpdateProfileStep(EffectStep):
    """Merge values into the attributes; null removes one."""

    def effect(self, filled: JsonObject) -> Effect:
        """Write them."""
        return UpdateProfile(_nested(filled))


def _nested(flat: JsonObject) -> JsonObject:
    """Turn dotted names into objects, as a merge patch has them."""
    patch: JsonObject = {}
    for name, value in flat.items():
        here = patch
        *parents, last = name.split(".")
        for parent in parents:
            child = here.setdefault(parent, {})
            if not isinstance(child, dict):
                child = here[parent] = {}
            here = child
        here[last] = value
    return patch


class UpdateProfileSpec(StepSpec):
    """`{update_profile: {loyalty.tier: gold}}`: dotted attribute to its new value."""

    model_config = shown({"update_profile": {"loyalty.tier": "gold"}})

    kind: ClassVar[str] = "update_profile"
    update_profile: Annotated[
        dict[str, JsonValue], Field(min_length=1, max_length=limits.MAX_UPDATES)
    ]
    """Dotted attribute to its new value, which may have holes; null removes the attribute."""

    def compiled(self, step_id: str, following: str) -> UpdateProfileStep:
        """Turn into the step that the engine runs."""
        values = parse_template(self.update_profile)
        return UpdateProfileStep(**self.common(step_id, following), values=values)

    def templates(self) -> Iterator[tuple[Path, JsonValue]]:
        """Name the values."""
        yield ("update_profile",), self.update_profile
