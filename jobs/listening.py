"""Which events a job is to hear: those of all other types pass it by in the JVM."""

from __future__ import annotations

from jobs.folder import Folder
from journeys.plans import Plans


def event_types(folder: Folder, published: Plans) -> list[str] | None:
    """Name the types of all events that the project defines, or that anything published listens to.

    Also those that no journey listens to yet: a journey that does can then be published at any
    time. None: every event is to be heard, because some definition names no type, or one that the
    JVM cannot compare byte by byte.
    """
    if not folder.settings.job.pass_by:
        return None
    defined = {event.event_type for event in folder.compilation.events.values()}
    types = defined | published.event_types
    known = sorted(each for each in types if each is not None and each.isascii())
    return known if len(known) == len(types) else None
