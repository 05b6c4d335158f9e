"""Feedback: what became of a message, and what the person did with it."""

from __future__ import annotations

from journeys.activation import FeedbackReceived
from journeys.activity import Reacted
from journeys.consents import learnt
from journeys.identifiers import request_id
from journeys.messages import JsonObject
from journeys.moment import Moment
from journeys.openings import is_opening, note_opening
from journeys.state import Instance
from journeys.walk import Walk


def take_feedback(moment: Moment, feedback: FeedbackReceived) -> None:
    """Learn what feedback tells of reaching the person, and resume the walk that sent it."""
    if feedback.event_id in moment.person.recent:
        return
    sent = (
        (instance, step)
        for instance in moment.person.instances
        if (step := _messaged(moment, instance, feedback.request_id)) is not None
    )
    instance, step = next(sent, (None, ""))
    channel = feedback.channel or (_channel(moment, instance, step) if instance else None)
    patch = _learnt(moment, feedback, channel) if channel else None
    if patch is not None:
        moment.apply(patch)
    is_learnt = channel in moment.plans.timed and is_opening(feedback.reaction)
    if channel and is_learnt:
        at = moment.now if feedback.occurred_at is None else feedback.occurred_at
        note_opening(moment.person, channel, at, moment.profile.zone, moment.now)
    if instance is not None or patch is not None or is_learnt:
        moment.person.remember(feedback.event_id)
    if instance is not None and feedback.reaction not in instance.reactions.setdefault(step, []):
        instance.reactions[step].append(feedback.reaction)
        Walk(moment, instance, "feedback").resume(Reacted(step, feedback.reaction))


def _learnt(moment: Moment, feedback: FeedbackReceived, channel: str) -> JsonObject | None:
    attributes = moment.profile.attributes
    return learnt(attributes, channel, feedback.reaction, permanent=feedback.permanent)


def _channel(moment: Moment, instance: Instance, step: str) -> str | None:
    """Name the channel by which a step of a walk sends."""
    plan = moment.plans.find(instance.journey, instance.version)
    asking = plan.steps.get(step) if plan else None
    action = plan.actions.get(asking.sends() or "") if plan and asking else None
    return action.channel if action else None


def _messaged(moment: Moment, instance: Instance, request: str | None) -> str | None:
    """Find the step of a walk whose latest message was sent under a request."""
    plan = moment.plans.find(instance.journey, instance.version)
    renamed = (name for name, asked in instance.requests.items() if asked == request)
    if (name := next(renamed, None)) is not None:
        return name
    for name, count in instance.visits.items():
        step = plan.steps.get(name) if plan else None
        bound = count if step is None or step.max_visits is None else step.max_visits
        if request_id(instance.id, name, min(count, bound)) == request:
            return name
    return None
