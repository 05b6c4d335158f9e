"""Action: decide to act, ask for it once, and go on with its outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from journeys.actions import ACTIONS
from journeys.activity import Branch, Visit
from journeys.call import Call, CallAlternativesSpec, Failure, WithheldError
from journeys.definitions import ActionDefinition
from journeys.messages import ActionStatus, JsonValue
from journeys.outcomes import Reason
from journeys.specification import Identifier, Path, StepSpec, shown
from journeys.template import parse_template


@dataclass(frozen=True)
class Action(Call):
    """Ask for an action and wait for its end.

    A withheld one follows `on_not_sent`, or goes on as if nothing had been planned.
    """

    action: str = ""
    on_not_sent: str | None = None

    def usual_branches(self) -> list[Branch]:
        """Being withheld has a way of its own only if one is written."""
        ways = super().usual_branches()
        return ways if self.on_not_sent is None else [*ways, Branch(self.on_not_sent, "not_sent")]

    def definition(self, visit: Visit) -> ActionDefinition:
        """Give the action of the plan."""
        return visit.actions[self.action]

    def permit(self, visit: Visit, definition: ActionDefinition) -> None:
        """Refuse marketing to whoever has said no to it."""
        kind = ACTIONS[definition.channel]
        if definition.category == "marketing" and kind.refuses_marketing(visit.profile.attributes):
            detail = f"the profile's consents refuse marketing by {definition.channel}"
            raise WithheldError(Reason.NO_CONSENT, detail)

    def acts(self) -> bool:
        """Say that it does something outside the walk."""
        return True

    def failure(self) -> Failure:
        """Name how an action fails."""
        return Failure(Reason.ACTION_ERROR, Reason.ACTION_TIMEOUT)

    def way(self, status: ActionStatus) -> str | None:
        """Go on without the message where it was withheld."""
        if status is ActionStatus.NOT_SENT:
            return self.on_not_sent or self.next
        return super().way(status)


class ActionAlternativesSpec(CallAlternativesSpec):
    """Where to go when an action does not succeed."""

    not_sent: Identifier | None = None
    """The step to go to when the message was withheld; by default the journey goes on."""


class ActionStepSpec(StepSpec):
    """`{action: remind, with: {…}, on: {error: …}}`: carry out an action of the project."""

    model_config = shown({"action": "welcome_email", "on": {"error": "give_up"}})

    kind: ClassVar[str] = "action"
    action: Identifier
    """Id of an action of the project."""
    arguments: dict[str, JsonValue] = Field(default_factory=dict, alias="with")
    """Values for this use of the action; its templates read them as `params.name`."""
    on: ActionAlternativesSpec = ActionAlternativesSpec()
    """Where to go when the action does not succeed."""

    def compiled(self, step_id: str, following: str) -> Action:
        """Turn into the step that the engine runs."""
        return Action(
            **self.common(step_id, following),
            action=self.action,
            arguments=parse_template(self.arguments),
            on_error=self.on.error,
            on_timeout=self.on.timeout,
            on_not_sent=self.on.not_sent,
        )

    def templates(self) -> Iterator[tuple[Path, JsonValue]]:
        """Name the values for this use."""
        yield ("with",), self.arguments

    def uses(self) -> Iterator[tuple[Path, str, str]]:
        """Name the action."""
        yield ("action",), "action", self.action
