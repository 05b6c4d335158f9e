"""All kinds of action, by channel: a new one is a file here and a line in the list."""

from journeys.action_kind import ActionKind
from journeys.actions.email import EmailAction
from journeys.actions.push import PushAction
from journeys.actions.sms import SmsAction
from journeys.actions.webhook import WebhookAction

ACTIONS: dict[str, type[ActionKind]] = {
    kind.channel_name: kind for kind in (EmailAction, PushAction, SmsAction, WebhookAction)
}

__all__ = ["ACTIONS"]
