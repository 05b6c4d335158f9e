"""The channels as the dispatch operator gets them: only their settings travel to the worker."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.channels.opening import open_channels
from connectors.channels.settings import ChannelSettings
from journeys.ports import ActionChannel


class ChannelsFactory:
    """Opens the channels on the worker; only the settings' JSON travels there."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings.model_dump_json()

    def __call__(self) -> Mapping[str, ActionChannel]:
        """Open the channels."""
        return open_channels(ChannelSettings.model_validate_json(self._settings))
