"""Two identities become one person: what was kept under both is put together.

Whatever is true of either is true of the person, and each bound holds as ever. Where both know
something of one thing, the later instant counts: of a leave, an entry, a message. In an audience
the person is since the earlier one. Walks are put together by `journeys.identities`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, zip_longest

from journeys.limits import MAX_PER_PERIOD
from journeys.openings import joined_openings
from journeys.state import ECHOES, ENTRIES, RECENT_EVENTS, TRIALS, Linked, PersonState


def take_in(person: PersonState, given: PersonState, own: str) -> None:
    """Add to what is kept of a person what was kept under another identity, but for its walks.

    When to look again at audiences and at what may be forgotten is found out anew.

    Args:
        person: takes it in.
        given: of the other identity.
        own: the identity that the person is known by.
    """
    person.recent = _latest_of_both(given.recent, person.recent)
    person.left = _later(person.left, given.left)
    person.begun = dict(list(_later(person.begun, given.begun).items())[-ENTRIES:])
    person.audiences = _earlier(person.audiences, given.audiences)
    person.members = _earlier(person.members, given.members)
    person.contacts = _logs(person.contacts, given.contacts)
    person.entries = _logs(person.entries, given.entries)
    person.asked = {**given.asked, **person.asked}
    person.trials = sorted([*given.trials, *person.trials], key=lambda t: t.at)[-TRIALS:]
    person.echoes = sorted([*given.echoes, *person.echoes])[-ECHOES:]
    person.openings = {
        channel: joined_openings(person.openings.get(channel), given.openings.get(channel))
        for channel in {**given.openings, **person.openings}
    }
    person.aliases = _named(person.aliases, given.aliases, own)
    person.forget_at = None


def _latest_of_both(given: list[str], own: list[str]) -> list[str]:
    """Take turns from the end of both: of neither are only old ones kept."""
    turns = zip_longest(reversed(own), reversed(given))
    latest = dict.fromkeys(name for name in chain.from_iterable(turns) if name is not None)
    return list(latest)[:RECENT_EVENTS][::-1]


def _later(own: Mapping[str, int], given: Mapping[str, int]) -> dict[str, int]:
    joined = {name: max(own.get(name, at), at) for name, at in {**own, **given}.items()}
    return dict(sorted(joined.items(), key=lambda noted: noted[1]))


def _earlier(own: Mapping[str, int], given: Mapping[str, int]) -> dict[str, int]:
    return {name: min(own.get(name, at), at) for name, at in {**own, **given}.items()}


def _logs(own: Mapping[str, list[int]], given: Mapping[str, list[int]]) -> dict[str, list[int]]:
    return {
        name: sorted([*own.get(name, ()), *given.get(name, ())])[-MAX_PER_PERIOD:]
        for name in {**own, **given}
    }


def _named(
    own: Mapping[str, Linked], given: Mapping[str, Linked], identity: str
) -> dict[str, Linked]:
    """Know those by name that were linked to the other; they still pass on by way of it."""
    by_way = {name: Linked(linked.link) for name, linked in given.items() if name != identity}
    return {**by_way, **own}
