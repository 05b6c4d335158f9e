"""What other distributions add by entry points, under the name that an author writes.

    [project.entry-points."journeys.actions"]
    letter = "letters.action:LetterAction"

A distribution must be installed wherever projects are checked and on every worker of the job.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import entry_points
from typing import Final, TypeVar

from journeys.errors import JourneyError

T = TypeVar("T")
ACTION_KINDS: Final = "journeys.actions"
"""Group of the forms of actions, subclasses of `journeys.action_kind.ActionKind`."""
CHANNELS: Final = "journeys.channels"
"""Group of what carries them, as `connectors.channels.plugins.Channel` says."""


class PluginError(JourneyError):
    """Something that another distribution adds cannot be used."""


def added(group: str, taken: Collection[str], kind: type[T]) -> dict[str, type[T]]:
    """Load the classes that other distributions add to a group.

    Args:
        group: which entry points.
        taken: names that are our own.
        kind: what each must be a subclass of.

    Raises:
        PluginError: one cannot be loaded, is something else, or takes a name that is taken.
    """
    found: dict[str, type[T]] = {}
    for entry in entry_points(group=group):
        of = f"'{entry.name}' of {entry.dist.name if entry.dist else 'a distribution'} ({group})"
        if entry.name in taken or entry.name in found:
            message = f"{of} takes a name that is taken: give it another, or uninstall it"
            raise PluginError(message)
        try:
            loaded = entry.load()
        except Exception as error:  # whatever foreign code does when it is loaded
            message = f"{of} cannot be loaded: {type(error).__name__}: {error}"
            raise PluginError(message) from error
        if not (isinstance(loaded, type) and issubclass(loaded, kind)):
            message = f"{of} is no {kind.__name__}: name a subclass of it"
            raise PluginError(message)
        found[entry.name] = loaded
    return found
