"""All kinds of action, by channel: a new one is a file here and a line in the list.

Other distributions add theirs by entry points of the group `journeys.actions`.
"""

from journeys import plugins
from journeys.action_kind import ActionKind
from journeys.actions.email import EmailAction
from journeys.actions.push import PushAction
from journeys.actions.sms import SmsAction
from journeys.actions.webhook import WebhookAction

_OWN: dict[str, type[ActionKind]] = {
    kind.channel_name: kind for kind in (EmailAction, PushAction, SmsAction, WebhookAction)
}
ACTIONS: dict[str, type[ActionKind]] = {
    **_OWN,
    **plugins.added(plugins.ACTION_KINDS, _OWN, ActionKind),
}

__all__ = ["ACTIONS"]
