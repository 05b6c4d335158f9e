"""Channels that other distributions add, by entry points of the group `journeys.channels`.

    [project.entry-points."journeys.channels"]
    letter = "letters.channel:LetterChannel"

A channel has the name of its action. Loading one loads whatever client library it needs, so only
those are loaded that the settings speak of, or that the job opens.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from connectors.egress import EgressPolicy
from connectors.secrets import Secrets
from journeys.messages import ActionRequest, Delivery
from journeys.plugins import CHANNELS, added

OWN: Final = ("email", "push", "sms", "webhook")
"""The channels of this distribution."""
_SAYS_IT: Final = "value_error"


class Channel:
    """A way to reach a person or a system, as another distribution writes it.

    It is opened with what `journeys.yaml` says under `channels` and its name, with the gate for
    outgoing connections, and with the secrets of the deployment. `send` makes one attempt and
    raises `PortError` if it failed (see `journeys.ports.ActionChannel`).
    """

    settings: ClassVar[type[BaseModel]]
    """The form of its settings. Without a field that must be there, the channel needs no section.
    """

    def __init__(self, settings: Any, egress: EgressPolicy, secrets: Secrets) -> None:  # noqa: ANN401 - an instance of `settings`
        """Open it, on the event loop that uses it."""
        raise NotImplementedError

    async def send(self, request: ActionRequest) -> Delivery:
        """Make one attempt."""
        raise NotImplementedError

    async def close(self) -> None:
        """Release connections."""


@cache
def added_channels() -> dict[str, type[Channel]]:
    """Give the channels of other distributions by name.

    Raises:
        PluginError: one cannot be loaded, or is no channel.
    """
    return added(CHANNELS, OWN, Channel)


def section_faults(name: str, section: object) -> list[InitErrorDetails]:
    """Say what is wrong with a section of the settings that is none of our own."""
    channel = added_channels().get(name)
    if channel is None:
        return [InitErrorDetails(type="extra_forbidden", loc=(name,), input=section)]
    try:
        channel.settings.model_validate(section)
    except ValidationError as errors:
        return [_said(name, error, channel.settings) for error in errors.errors()]
    return []


def _said(name: str, error: Any, form: type[BaseModel]) -> InitErrorDetails:  # noqa: ANN401 - pydantic's own type cannot be rebuilt from
    kind, message = error["type"], error["msg"]
    if kind == "extra_forbidden":  # whoever reads the settings knows the names of our fields only
        known = ", ".join(form.model_fields)
        kind, message = _SAYS_IT, f"Value error, it is no field of the channel: known: {known}"
    told = PydanticCustomError(kind, message, error.get("ctx", {}))
    return InitErrorDetails(type=told, loc=(name, *error["loc"]), input=error["input"])
