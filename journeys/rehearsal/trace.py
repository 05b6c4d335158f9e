"""What happened, said in a line."""

from __future__ import annotations

from journeys.activation import (
    AudienceChanged,
    EntryOffered,
    EventReceived,
    FeedbackReceived,
    IdentityLinked,
    ProfileChanged,
)
from journeys.clock import format_duration, format_instant
from journeys.command import CountIgnored, EmitEvent, Report, RequestAction
from journeys.messages import ActionRequest, JsonObject
from journeys.outcomes import Outcome
from journeys.path import walked, words
from journeys.simulator import Happening
from journeys.step_event import StepEvent


def after(start: int, instant: int) -> str:
    """Write an instant as the time since the start: `+PT10M`."""
    return f"+{format_duration(instant - start)}"


def line_of(happening: Happening, start: int) -> str | None:
    """Say what happened; None for what only repeats what the lines around it say."""
    match happening.what:
        case Report(step_event=event):
            return _report(event, start)
        case RequestAction(request=request):
            to = recipient(request)
            return f"{request.step_id} asks {request.action_id}{f' → {to}' if to else ''}"
        case EmitEvent(topic=topic, payload=payload):
            return f"sends {payload['eventType']} to {topic}"
        case CountIgnored(event_type=event_type):
            return f"nothing listens to {event_type}"
    return _arrival(happening.what)


def _arrival(what: object) -> str | None:
    match what:
        case EventReceived(event_id=name, event_type=event_type):
            return f"event {event_type} ({name})"
        case ProfileChanged(patch=patch):
            return "profile erased" if patch is None else f"profile changed: {', '.join(patch)}"
        case IdentityLinked(primary=primary):
            return f"is one more identity of {primary}"
        case AudienceChanged(audience=audience, inside=inside):
            return f"{'enters' if inside else 'leaves'} the audience {audience}"
        case FeedbackReceived(reaction=reaction):
            return f"a message is {reaction}"
        case EntryOffered(journey=journey):
            return f"read into {journey}"
    return None


def row_of(happening: Happening) -> JsonObject | None:
    """Give the same as data."""
    match happening.what:
        case Report(step_event=event):
            row = _report_row(event)
        case RequestAction(request=request):
            row = {"action": request.action_id, "message": request.message}
        case EmitEvent(topic=topic, payload=payload):
            row = {"topic": topic, "emitted": payload}
        case EventReceived(event_id=name, event_type=event_type):
            row = {"event": event_type, "id": name}
        case ProfileChanged(patch=patch):
            row = {"profile": patch}
        case what:
            said = _arrival(what)
            row = {"happened": said} if said else {}
    return {"at": format_instant(happening.at), **row} if row else None


def _report_row(event: StepEvent) -> JsonObject:
    return {
        "journey": event.journey_id,
        "step": event.step_id,
        "outcome": event.outcome,
        "branch": event.branch,
        "reason": event.reason,
        "due": None if event.due_at is None else format_instant(event.due_at),
    }


def recipient(request: ActionRequest) -> str | None:
    """Give the address or the URL that a message goes to."""
    to = request.message.get("to", request.message.get("url"))
    return to if isinstance(to, str) else None


def _report(event: StepEvent, start: int) -> str:
    said = words(event, None if event.due_at is None else after(start, event.due_at))
    is_entry = event.outcome in (Outcome.ENTERED, Outcome.NOT_ENTERED)
    return f"{walked(event)} {said}" if is_entry else said
