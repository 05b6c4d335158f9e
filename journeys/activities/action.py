"""Action: decide to act, ask for it once, and go on with its outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import Field

from journeys.actions import ACTIONS
from journeys.activity import Block, Branch, Cause, Go, Leave, Move, ResultArrived, Step, Visit
from journeys.definitions import ActionDefinition
from journeys.expressions import ExpressionError
from journeys.identifiers import request_id
from journeys.messages import ActionRequest, ActionResult, ActionStatus, JsonObject, JsonValue
from journeys.outcomes import Outcome, Reason
from journeys.specification import Identifier, Path, Spec, StepSpec
from journeys.state import Waiting
from journeys.template import Names, Template, TemplateError, fill_object, parse_template


@dataclass(frozen=True, slots=True)
class Withheld(Exception):  # noqa: N818  # not an error: a decision not to send
    """The message is not sent, and why."""

    reason: Reason
    detail: str


@dataclass(frozen=True)
class Action(Step):
    """Ask for an action and wait for its end.

    A failed action follows `on_error` or `on_timeout`; without such a way the walk fails.
    A withheld one follows `on_not_sent`, or goes on as if nothing had been planned.
    """

    action: str = ""
    arguments: Template = field(default_factory=lambda: ["map", {}])
    on_error: str | None = None
    on_timeout: str | None = None
    on_not_sent: str | None = None

    def branches(self) -> list[Branch]:
        """Success goes on without a label; each other outcome has a way only if one is written."""
        ways = {"error": self.on_error, "timeout": self.on_timeout, "not_sent": self.on_not_sent}
        named = [Branch(to, label) for label, to in ways.items() if to is not None]
        return [Branch(self.next), *named]

    def enter(self, visit: Visit) -> Move:
        """Write the message and ask for it to be sent, unless something forbids it."""
        definition = visit.actions[self.action]
        try:
            request = self._request(visit, definition, self._message(visit, definition))
        except Withheld as withheld:
            return self._withheld(visit, withheld)
        return Block(Waiting(request=request.request_id), request)

    def resume(self, visit: Visit, cause: Cause) -> Move | None:
        """Keep the response for later steps and follow the outcome."""
        if not isinstance(cause, ResultArrived):
            return None
        result = cause.result
        action = visit.actions[self.action]
        visit.instance.actions[self.id] = _remembered(result)
        if result.status is ActionStatus.SUCCEEDED:
            return Go(self.next, Outcome.SUCCEEDED, result=result, action=action)
        reason = _reason(result)
        visit.instance.last_error = reason
        way = self._way(result.status)
        if way is None:
            return Leave(Outcome.FAILED, reason, result=result, action=action, detail=result.detail)
        outcome = Outcome(result.status)
        return Go(way, outcome, outcome.value, reason, result, action)

    def _way(self, status: ActionStatus) -> str | None:
        """Say where a step leads whose action did not succeed, if anywhere."""
        if status is ActionStatus.NOT_SENT:
            return self.on_not_sent or self.next
        if status is ActionStatus.TIMEOUT:
            return self.on_timeout or self.on_error
        return self.on_error

    def _message(self, visit: Visit, definition: ActionDefinition) -> JsonObject:
        kind = ACTIONS[definition.channel]
        if definition.category == "marketing" and kind.refuses_marketing(visit.profile.attributes):
            detail = f"the profile's consents refuse marketing by {definition.channel}"
            raise Withheld(Reason.NO_CONSENT, detail)
        try:
            names = Names(visit.scope, {}, visit.conversions)
            arguments = fill_object(self.arguments, names)
            names = Names(visit.scope, arguments, visit.conversions)
            message = fill_object(definition.message, names)
        except (TemplateError, ExpressionError) as error:
            raise Withheld(Reason.TEMPLATE_ERROR, str(error)) from error
        refusal = kind.refusal(message)
        if refusal is not None:
            raise Withheld(*refusal)
        return message

    def _request(
        self, visit: Visit, definition: ActionDefinition, message: JsonObject
    ) -> ActionRequest:
        instance = visit.instance
        return ActionRequest(
            request_id=request_id(instance.id, self.id, instance.visits[self.id]),
            profile_id=visit.profile.id,
            instance_id=instance.id,
            journey_id=instance.journey,
            journey_version=instance.version,
            step_id=self.id,
            action_id=definition.id,
            channel=definition.channel,
            endpoint=definition.endpoint,
            message=message,
            timeout_ms=definition.timeout_ms,
            max_attempts=definition.max_attempts,
            requested_at=visit.now,
        )

    def _withheld(self, visit: Visit, withheld: Withheld) -> Move:
        instance = visit.instance
        result = ActionResult(
            request_id=request_id(instance.id, self.id, instance.visits[self.id]),
            profile_id=visit.profile.id,
            instance_id=instance.id,
            status=ActionStatus.NOT_SENT,
            code=withheld.reason,
            reason=withheld.reason,
            detail=withheld.detail,
            attempts=0,
        )
        return self.resume(visit, ResultArrived(result)) or Go(self.next)


_BY_STATUS = {
    ActionStatus.ERROR: Reason.ACTION_ERROR,
    ActionStatus.TIMEOUT: Reason.ACTION_TIMEOUT,
    ActionStatus.NOT_SENT: Reason.WITHHELD,
}


def _reason(result: ActionResult) -> Reason:
    """Give the reason that a result states; a word of a newer release counts as none."""
    try:
        return Reason(str(result.reason))
    except ValueError:
        return _BY_STATUS[result.status]


def _remembered(result: ActionResult) -> JsonObject:
    """What `@action{step.…}` reads: the response's fields and the status code."""
    response = result.response
    fields = response if isinstance(response, dict) else {"value": response}
    return {**fields, "jo_status_code": result.code}


class AlternativesSpec(Spec):
    """Where to go when an action does not succeed."""

    error: Identifier | None = None
    timeout: Identifier | None = None
    """By default the same way as `error`."""
    not_sent: Identifier | None = None
    """By default the journey goes on."""


class ActionStepSpec(StepSpec):
    """`{action: remind, with: {…}, on: {error: …}}`: carry out an action of the project."""

    kind: ClassVar[str] = "action"
    action: Identifier
    arguments: dict[str, JsonValue] = Field(default_factory=dict, alias="with")
    """Values for this use of the action; its templates read them as `params.name`."""
    on: AlternativesSpec = AlternativesSpec()

    def compiled(self, step_id: str, following: str) -> Action:
        """Turn into the step that the engine runs."""
        return Action(
            step_id,
            self.kind,
            following,
            label=self.label,
            action=self.action,
            arguments=parse_template(self.arguments),
            on_error=self.on.error,
            on_timeout=self.on.timeout,
            on_not_sent=self.on.not_sent,
        )

    def targets(self) -> Iterator[tuple[Path, str]]:
        """Name the steps that outcomes lead to."""
        yield from super().targets()
        for name in ("error", "timeout", "not_sent"):
            step = getattr(self.on, name)
            if step is not None:
                yield ("on", name), step
