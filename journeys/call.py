"""Steps that ask the outside world and wait for its answer: what actions and lookups share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from journeys.actions import ACTIONS
from journeys.activity import Block, Branch, Cause, Go, Leave, Move, ResultArrived, Step, Visit
from journeys.definitions import ActionDefinition, as_read
from journeys.expressions import ExpressionError
from journeys.messages import ActionResult, ActionStatus, JsonObject
from journeys.outcomes import Outcome, Reason
from journeys.policy import Contact
from journeys.specification import AlternativesSpec, Identifier
from journeys.state import Waiting
from journeys.template import Names, Template, TemplateError, fill_object


class WithheldError(Exception):
    """The message is not sent, and why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class Failure(NamedTuple):
    """What a failed call is called where the channel gives no reason of its own."""

    error: Reason
    timeout: Reason
    capped: Reason


@dataclass(frozen=True)
class Call(Step):
    """Ask once per visit under an id that stays the same, and go on with the answer.

    A failed call follows `on_error`, `on_timeout` or `on_capped`; without such a way the walk
    fails.
    """

    arguments: Template = field(default_factory=lambda: ["map", {}])
    on_error: str | None = None
    on_timeout: str | None = None
    on_capped: str | None = None

    def usual_branches(self) -> list[Branch]:
        """Success goes on without a label; each other outcome has a way only if one is written."""
        ways = {"error": self.on_error, "timeout": self.on_timeout, "capped": self.on_capped}
        named = [Branch(to, label) for label, to in ways.items() if to is not None]
        return [Branch(self.next), *named]

    def is_busy(self, waiting: Waiting) -> bool:
        """Whoever stays here waits for the call, not for the person."""
        return True

    def enter(self, visit: Visit) -> Move:
        """Write the message and ask for it to be sent, unless something forbids it."""
        definition = self.definition(visit)
        try:
            until = self.permit(visit, definition)
            if until is not None:
                return Block(Waiting(due=until), reason=Reason.QUIET_HOURS)
            request = visit.request(self.id, definition, self.message(visit, definition))
        except WithheldError as withheld:
            return self._withheld(visit, withheld)
        if self.acts() and visit.instance.mode.is_silent:
            return Go(self.next, Outcome.NOT_SENT, reason=Reason.DRY_RUN, action=definition)
        waiting, contact = Waiting(request=request.request_id), self.contact(visit, definition)
        return Block(waiting, request, Outcome.REQUESTED, contact=contact)

    def resume(self, visit: Visit, cause: Cause) -> Move | None:
        """Keep the response for later steps and follow the outcome."""
        if not isinstance(cause, ResultArrived):
            return None
        definition = self.definition(visit)
        result = judged(cause.result, definition, visit.now)
        visit.instance.actions[self.id] = as_read(result)
        if result.status is ActionStatus.SUCCEEDED:
            self.keep(visit, result)
            return Go(self.next, Outcome.SUCCEEDED, result=result, action=definition)
        reason = self._reason(result)
        visit.instance.last_error = reason
        way = self.way(result.status, reason)
        if way is None:
            return Leave(
                Outcome.FAILED, reason, result=result, action=definition, detail=result.detail
            )
        outcome = Outcome(result.status)
        return Go(way, outcome, outcome.value, reason, result, definition)

    # What kinds of call differ in.

    def definition(self, visit: Visit) -> ActionDefinition:
        """Give what is called, and how."""
        raise NotImplementedError

    def permit(self, visit: Visit, definition: ActionDefinition) -> int | None:
        """Raise `WithheldError` if this person must not be called for; give until when to wait.

        None calls at once.
        """

    def contact(self, visit: Visit, definition: ActionDefinition) -> Contact | None:
        """Say what policies count the call as, if they do."""

    def keep(self, visit: Visit, result: ActionResult) -> None:
        """Keep what a successful call brought, besides the response of the step."""

    def failure(self) -> Failure:
        """Name how such a call fails."""
        raise NotImplementedError

    def way(self, status: ActionStatus, reason: Reason) -> str | None:
        """Say where a step leads whose call did not succeed, if anywhere."""
        del reason
        if status is ActionStatus.TIMEOUT:
            return self.on_timeout or self.on_error
        if status is ActionStatus.CAPPED:
            return self.on_capped or self.on_error
        return self.on_error

    # What they have in common.

    def message(self, visit: Visit, definition: ActionDefinition) -> JsonObject:
        """Write what the channel carries; raise `WithheldError` if it cannot be sent so."""
        arguments = _filled(self.arguments, visit.names())
        message = message_of(definition, visit.names(arguments))
        refusal = ACTIONS[definition.channel].refusal(message)
        if refusal is not None:
            raise WithheldError(*refusal)
        return message

    def _withheld(self, visit: Visit, withheld: WithheldError) -> Move:
        instance = visit.instance
        result = ActionResult(
            request_id=visit.request_id(self.id),
            profile_id=visit.profile.id,
            instance_id=instance.id,
            status=ActionStatus.NOT_SENT,
            code=withheld.reason,
            reason=withheld.reason,
            detail=withheld.detail,
            attempts=0,
        )
        return self.resume(visit, ResultArrived(result)) or Go(self.next)

    def _reason(self, result: ActionResult) -> Reason:
        """Give the reason that a result states; a word of a newer release counts as none."""
        by_status: Mapping[ActionStatus, Reason] = {
            ActionStatus.ERROR: self.failure().error,
            ActionStatus.TIMEOUT: self.failure().timeout,
            ActionStatus.CAPPED: self.failure().capped,
            ActionStatus.NOT_SENT: Reason.WITHHELD,
        }
        try:
            return Reason(str(result.reason))
        except ValueError:
            return by_status[result.status]


def message_of(definition: ActionDefinition, names: Names) -> JsonObject:
    """Fill the message of an action or a source.

    Raises:
        WithheldError: a hole cannot be filled.
    """
    message, languages, tag = definition.message, definition.languages, None
    if languages is not None:
        wanted = _filled(["map", {"preferred": languages.preferred}], names)
        tag = languages.chosen(wanted["preferred"])
        message = languages.messages.get(tag or "", message)
    match tag, message[1].get("language"):
        case str(spoken), _:
            names = names.speaking(spoken)
        case None, ["value", str(spoken)]:
            names = names.speaking(spoken)
    return _filled(message, names)


def _filled(template: Template, names: Names) -> JsonObject:
    try:
        return fill_object(template, names)
    except (TemplateError, ExpressionError) as error:
        raise WithheldError(Reason.TEMPLATE_ERROR, str(error)) from error


def judged(result: ActionResult, definition: ActionDefinition, now: int) -> ActionResult:
    """Give the result as it counts: an answer that is no success is an error, under its code."""
    if definition.expected is None or result.status is not ActionStatus.SUCCEEDED:
        return result
    why = definition.expected.contradiction(definition.id, result, now)
    return result if why is None else replace(result, status=ActionStatus.ERROR, detail=why)


class CallAlternativesSpec(AlternativesSpec):
    """Where to go when a call does not succeed."""

    error: Identifier | None = None
    """The step to go to when the call failed; without it the walk fails."""
    timeout: Identifier | None = None
    """The step to go to when the time was up; by default the same as `error`."""
    capped: Identifier | None = None
    """The step to go to when the endpoint may be asked no more for now; by default the same as
    `error`."""
