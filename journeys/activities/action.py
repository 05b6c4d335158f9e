"""Action: decide to act, ask for it once, and go on with its outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from journeys.actions import ACTIONS
from journeys.activity import Block, Branch, Cause, Move, TimeIsUp, Visit
from journeys.call import Call, CallAlternativesSpec, Failure, WithheldError
from journeys.clock import format_duration
from journeys.consents import is_suppressed
from journeys.definitions import ActionDefinition
from journeys.limits import MAX_DEFERRAL_MS
from journeys.messages import ActionStatus, JsonValue
from journeys.outcomes import Reason
from journeys.policy import Contact, Refusal, deferred, holds_in, over_cap, silenced
from journeys.specification import Identifier, Path, StepSpec, shown
from journeys.template import parse_template


@dataclass(frozen=True)
class Action(Call):
    """Ask for an action and wait for its end.

    A withheld one follows `on_not_sent`, or goes on as if nothing had been planned; one that could
    not be written follows `on_error` before it goes on.
    """

    action: str = ""
    on_not_sent: str | None = None

    def usual_branches(self) -> list[Branch]:
        """Being withheld has a way of its own only if one is written."""
        ways = super().usual_branches()
        return ways if self.on_not_sent is None else [*ways, Branch(self.on_not_sent, "not_sent")]

    def definition(self, visit: Visit) -> ActionDefinition:
        """Give the action of the plan."""
        return visit.plan.actions[self.action]

    def sends(self) -> str | None:
        """Name the action."""
        return self.action

    def resume(self, visit: Visit, cause: Cause) -> Move | None:
        """Decide anew when quiet hours are over, or go on with the end of the action."""
        waiting = visit.instance.waiting
        if not isinstance(cause, TimeIsUp) or waiting is None or waiting.request is not None:
            return super().resume(visit, cause)
        move = self.enter(visit)
        if isinstance(move, Block) and move.request is None:  # quiet still: a zone has changed
            visit.instance.waiting = move.waiting
            return None
        return move

    def permit(self, visit: Visit, definition: ActionDefinition) -> int | None:
        """Refuse whoever must not be reached so, and do what the policies say."""
        _check_person(visit, definition)
        contact = self.contact(visit, definition)
        return None if contact is None else _obey(visit, contact)

    def refusal(self, visit: Visit) -> Refusal | None:
        """Say why the message would not be sent now; one that quiet hours put off would be.

        Policies are asked in a silent rehearsal too: it decides as the real walk beside it.
        """
        definition, mode = self.definition(visit), visit.instance.mode
        try:
            _check_person(visit, definition)
            if holds_in(mode) or mode.is_silent:
                _obey(visit, _contact(visit, definition))
            self.message(visit, definition)
        except WithheldError as withheld:
            return withheld.reason, withheld.detail
        return None

    def contact(self, visit: Visit, definition: ActionDefinition) -> Contact | None:
        """Say what policies know the message by; they hold for real walks only."""
        return _contact(visit, definition) if holds_in(visit.instance.mode) else None

    def acts(self) -> bool:
        """Say that it does something outside the walk."""
        return True

    def failure(self) -> Failure:
        """Name how an action fails."""
        return Failure(Reason.ACTION_ERROR, Reason.ACTION_TIMEOUT, Reason.ACTION_CAPPED)

    def way(self, status: ActionStatus, reason: Reason) -> str | None:
        """Go on without the message where it was withheld; one that cannot be written is an error.

        So it follows `on_error`, unless there is a way for all that is not sent.
        """
        if status is ActionStatus.NOT_SENT:
            fault = self.on_error if reason is Reason.TEMPLATE_ERROR else None
            return self.on_not_sent or fault or self.next
        return super().way(status, reason)


def _check_person(visit: Visit, definition: ActionDefinition) -> None:
    refusal = refusal_of_person(definition, visit.profile.attributes)
    if refusal is not None:
        raise WithheldError(*refusal)


def refusal_of_person(
    definition: ActionDefinition, attributes: Mapping[str, JsonValue]
) -> Refusal | None:
    """Say why an action must not reach a person, by what their profile says of being reached."""
    channel = definition.channel
    is_marketing = definition.category == "marketing"
    if is_marketing and ACTIONS[channel].refuses_marketing(attributes):
        return Reason.NO_CONSENT, f"the profile's consents refuse marketing by {channel}"
    if is_suppressed(attributes, channel):
        detail = f"the profile says that nothing reaches the person by {channel}"
        return Reason.SUPPRESSED, detail
    return None


def _contact(visit: Visit, definition: ActionDefinition) -> Contact:
    return Contact(definition.channel, definition.category, visit.instance.journey)


def _obey(visit: Visit, contact: Contact) -> int | None:
    """Do what the policies say: drop the message, send it at once, or later."""
    policies = [policy for policy in visit.plan.policies if policy.covers(contact)]
    if not policies:
        return None
    now, zone = visit.now, visit.profile.zone or visit.zone
    refusal = silenced(policies, now, zone)
    if refusal is not None:
        raise WithheldError(*refusal)
    until = deferred(policies, now, zone)
    if until is not None and until > now + MAX_DEFERRAL_MS:
        detail = f"quiet hours would hold it back for more than {format_duration(MAX_DEFERRAL_MS)}"
        raise WithheldError(Reason.QUIET_HOURS, detail)
    refusal = over_cap(policies, visit.person, now, zone) if until is None else None
    if refusal is not None:
        raise WithheldError(*refusal)
    return until


class ActionAlternativesSpec(CallAlternativesSpec):
    """Where to go when an action does not succeed."""

    not_sent: Identifier | None = None
    """The step to go to when the message was withheld; by default the journey goes on.

    A message that could not be written (`template_error`) then goes to `error`, if that is given.
    """


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
            on_capped=self.on.capped,
            on_not_sent=self.on.not_sent,
        )

    def templates(self) -> Iterator[tuple[Path, JsonValue]]:
        """Name the values for this use."""
        yield ("with",), self.arguments

    def uses(self) -> Iterator[tuple[Path, str, str]]:
        """Name the action."""
        yield ("action",), "action", self.action
