"""Identities that are joined: one person, whatever identity things come to.

A link says of one identity that it belongs to the person of another, the primary. All that is kept
under it is given to the primary as one message, and what is left is an alias: whatever comes to it
from then on is passed on, in order, by the same way. Messages of one link are numbered, so that a
repeat is told.

An alias can itself be the primary of others: then things pass on from one to the next. Two links
that were said at one time can lead in a circle. What comes back to an identity that has passed it
on shows that; the first identity of the circle by name becomes the person.
"""

from __future__ import annotations

from journeys.activation import (
    Activation,
    Hop,
    IdentityLinked,
    IdentityReleased,
    Nudged,
    Occurrence,
    PassedOn,
    PersonGiven,
    ProfileChanged,
    TimerFired,
)
from journeys.activity import Leave
from journeys.command import Command, PassOn, PersonKnown, Presence, WithdrawCalls
from journeys.merge import take_in
from journeys.moment import Moment
from journeys.outcomes import Outcome, Reason
from journeys.state import Alias, Instance, Linked, PersonState
from journeys.succession import follow
from journeys.walk import Walk

MAX_HOPS = 100
"""Identities that one thing passes on its way to a person."""


def arrived(person: PersonState, own: str, activation: Activation) -> Occurrence | list[Command]:
    """Say what an activation means for the person of an identity.

    Args:
        person: what is kept under the identity.
        own: the identity.
        activation: what came to it, or to another identity of its person.

    Returns:
        What happens to this person; or, where nothing does, what is to be passed on.
    """
    hops: tuple[Hop, ...] = ()
    match activation:
        case IdentityReleased():
            _release(person, activation)
            return []
        case PassedOn(hops, what):
            if not _is_new(person, own, hops, what):
                return []
        case what:
            pass
    alias = person.merged_into
    if alias is None:
        return what
    if isinstance(what, TimerFired | Nudged):
        return []  # the walks that were nudged have gone on, and follow there
    if _is_first_of_circle(alias, own, hops):
        person.merged_into = None
        return what
    return [_pass(alias, own, what, hops)]


def _is_new(person: PersonState, own: str, hops: tuple[Hop, ...], what: Occurrence) -> bool:
    """Note what an identity passes on; say whether it has not come before.

    Those that are not known to belong to this person, as after an erasure, pass on what was under
    way; nothing is noted of them, for it would never be forgotten.
    """
    last, known = hops[-1], person.aliases
    before = known.get(last.identity)
    if before is not None and before.link == last.link and last.number <= before.taken:
        return False
    if isinstance(what, PersonGiven) or _is_erasure(what):
        for hop in hops:
            is_known = hop.identity in known and known[hop.identity].link == hop.link
            if hop.identity != own and not is_known:
                known[hop.identity] = Linked(hop.link)
    if last.identity in known:
        known[last.identity] = Linked(last.link, last.number)
    return True


def _is_erasure(what: Occurrence) -> bool:
    return isinstance(what, ProfileChanged) and what.patch is None


def _release(person: PersonState, released: IdentityReleased) -> None:
    if person.merged_into is not None and person.merged_into.link == released.link:
        person.merged_into = None
        person.forget()


def _is_first_of_circle(alias: Alias, own: str, hops: tuple[Hop, ...]) -> bool:
    """Say whether what this link has passed on has come back, and this is where it ends."""
    round_trip: list[str] = []
    for hop in reversed(hops):
        round_trip.append(hop.identity)
        if (hop.identity, hop.link) == (own, alias.link):
            return own == min(round_trip)
    return False


def _pass(alias: Alias, own: str, what: Occurrence, hops: tuple[Hop, ...] = ()) -> PassOn:
    alias.passed += 1
    return PassOn(alias.primary, PassedOn((*hops, Hop(own, alias.link, alias.passed)), what))


# Links.


def joins(moment: Moment, linked: IdentityLinked) -> bool:
    """Say whether a link makes one person of two, who are not one already."""
    return linked.primary not in (moment.profile.id, *moment.person.aliases)


def give_away(moment: Moment, linked: IdentityLinked) -> PassOn:
    """Give all that is kept of the person to their primary identity; what is left is an alias.

    Their walks are counted under this identity until they are there: a version must not be
    retired while its last person is between two identities.
    """
    person, profile, link = moment.person, moment.profile, linked.record_id
    told = (linked.patch, linked.at, linked.timed)
    given = PersonGiven(link, person.give_away(), profile.kept, profile.history, *told)
    profile.erase()
    profile.forget()
    alias = person.merged_into = Alias(linked.primary, link)
    return _pass(alias, profile.id, given)


def take_over(moment: Moment, given: PersonGiven, origin: str) -> None:
    """Make one person of this one and of all that was kept under another identity."""
    person, profile = moment.person, moment.profile
    profile.join(given.attributes, given.history)
    if (given.attributes.values or given.person.audiences) and origin != profile.id:
        moment.commands.append(PersonKnown(origin, is_known=False))
    take_in(person, given.person, profile.id)
    for instance in given.person.instances:
        _take_walk(moment, instance, given.link, origin)
    if given.patch:
        moment.apply(given.patch, given.at, timed=given.timed)
    moment.changes.attributes = True
    follow(moment)


def _take_walk(moment: Moment, instance: Instance, link: str, origin: str) -> None:
    """Let a walk go on with this person; of two of one journey the one that began first does."""
    person, own = moment.person, moment.profile.id
    if origin != own:
        place = (instance.id, instance.journey, instance.version)
        moment.commands.append(Presence(*place, None, profile_id=origin))
    rival = next((i for i in person.instances if _is_same_walk(i, instance)), None)
    person.instances.append(instance)
    Walk(moment, instance, "link").join(origin, link)
    if rival is not None:
        later = instance if instance.entered_at >= rival.entered_at else rival
        Walk(moment, later, "link").leave(Leave(Outcome.EXITED, Reason.MERGED))


def _is_same_walk(one: Instance, other: Instance) -> bool:
    return (one.journey, one.mode, one.key) == (other.journey, other.mode, other.key)


def release_all(moment: Moment) -> None:
    """Let go of every identity of a person who is erased, and of what is asked for in its name."""
    for identity, linked in moment.person.aliases.items():
        moment.commands.append(PassOn(identity, IdentityReleased(linked.link)))
        moment.commands.append(WithdrawCalls(identity))
    moment.commands.append(WithdrawCalls(moment.profile.id))
