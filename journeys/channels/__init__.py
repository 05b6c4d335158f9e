"""The message types of the channels: what an action asks a channel to send. Knows no transport."""

from journeys.channels.email import Email
from journeys.channels.push import Push
from journeys.channels.sms import Sms
from journeys.channels.webhook import WebhookCall

__all__ = ["Email", "Push", "Sms", "WebhookCall"]
