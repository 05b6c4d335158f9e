"""Identities are linked at any moment, in chains and circles: nobody is lost or doubled."""

from __future__ import annotations

from collections import Counter, defaultdict, deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from journeys import codec, identity_codec
from journeys.activation import (
    ActionResolved,
    Activation,
    EventReceived,
    FeedbackReceived,
    IdentityLinked,
    IdentityReleased,
    PassedOn,
    PersonGiven,
    ProfileChanged,
    TimerFired,
)
from journeys.command import Command, PassOn, Presence, Report, RequestAction
from journeys.identities import MAX_HOPS
from journeys.messages import REACTIONS, ActionRequest, ActionResult, ActionStatus, JsonObject
from journeys.outcomes import Outcome
from journeys.state import Instance
from journeys.step_event import StepEvent
from tests.harness.person import START
from tests.properties.test_engine import CARTS, ENDS, MOST_TIMERS, PATCHES, PLANS, TYPES, World

IDENTITIES = ["ann", "bob", "cat", "dan"]
WHO = st.sampled_from(IDENTITIES)


def fresh(activation: Activation) -> Activation:
    """Give what comes as the topic does: what a person takes over goes on to change."""
    if not isinstance(activation, PassedOn):
        return activation
    return identity_codec.load_passed(identity_codec.dump_passed(activation))


class IdentityMachine(RuleBasedStateMachine):
    """Some identities; what passes between them comes later, in the order of the topic."""

    def __init__(self) -> None:
        super().__init__()
        self.worlds = {name: World(PLANS, name) for name in IDENTITIES}
        self.now = START
        self.log: list[tuple[str, Activation, int, list[Command]]] = []
        self.under_way: dict[str, deque[str]] = defaultdict(deque)
        """Identity to the messages for it that have not come yet."""
        self.came: list[tuple[str, str]] = []
        """Identity and message, of all that have come."""
        self.requests: list[ActionRequest] = []
        self.erased = False

    def activate(self, who: str, activation: Activation) -> list[Command]:
        commands = self.worlds[who].activate(fresh(activation), self.now)
        self.log.append((who, activation, self.now, commands))
        self.requests += [c.request for c in commands if isinstance(c, RequestAction)]
        for command in commands:
            if isinstance(command, PassOn):
                self.under_way[command.to].append(identity_codec.dump_passed(command.what))
        return commands

    # What can happen.

    @rule(who=WHO, event_type=TYPES, cart=CARTS, total=st.sampled_from([None, 0, 2, 200]))
    def send(self, who: str, event_type: str, cart: object, total: object) -> None:
        number = len(self.log)
        payload: JsonObject = {"eventType": event_type, "cart": cart, "total": total}  # type: ignore[dict-item]
        event = EventReceived(f"e{number}", f"t/0/{number}", event_type, payload, self.now)
        self.activate(who, event)

    @rule(who=WHO, primary=WHO, patch=st.sampled_from([None, *PATCHES[1:]]))
    def link(self, who: str, primary: str, patch: JsonObject | None) -> None:
        self.activate(who, IdentityLinked(primary, patch, f"l/0/{len(self.log)}"))

    @rule(to=WHO)
    def come(self, to: str) -> None:
        if self.under_way[to]:
            text = self.under_way[to].popleft()
            self.came.append((to, text))
            self.activate(to, identity_codec.load_passed(text))

    @rule(which=st.integers(0, 1_000))
    def come_again(self, which: int) -> None:
        """A repeat changes nothing, for as long as it is known who belongs to whom."""
        if not self.came:
            return
        to, text = self.came[which % len(self.came)]
        passed = identity_codec.load_passed(text)
        if isinstance(passed, PassedOn):
            last = passed.hops[-1]
            known = self.worlds[to].state().aliases.get(last.identity)
            if known is None or known.link != last.link:
                return
        assert self.activate(to, passed) == []

    @rule()
    def all_come(self) -> None:
        """Nothing goes round for ever."""
        for _ in range(MOST_TIMERS):
            waiting = [name for name in IDENTITIES if self.under_way[name]]
            if not waiting:
                return
            self.come(waiting[0])
        raise AssertionError(self.under_way)

    @rule(milliseconds=st.sampled_from([0, 59_999, 3_600_000, 86_400_000]))
    def sleep(self, milliseconds: int) -> None:
        self.now += milliseconds
        for name in IDENTITIES:
            self.activate(name, TimerFired())

    @rule(which=st.integers(0, 1_000), status=st.sampled_from(ActionStatus))
    def resolve(self, which: int, status: ActionStatus) -> None:
        if self.requests:
            asked = self.requests[which % len(self.requests)]
            names = (asked.request_id, asked.profile_id, asked.instance_id)
            result = ActionResult(*names, status, "code")
            self.activate(asked.profile_id, ActionResolved(result))

    @rule(which=st.integers(0, 1_000), reaction=st.sampled_from(REACTIONS))
    def react(self, which: int, reaction: str) -> None:
        if self.requests:
            asked = self.requests[which % len(self.requests)]
            feedback = FeedbackReceived(f"f{len(self.log)}", asked.request_id, reaction)
            self.activate(asked.profile_id, feedback)

    @rule(who=WHO, patch=st.sampled_from(PATCHES[1:]))
    def change(self, who: str, patch: JsonObject) -> None:
        self.activate(who, ProfileChanged(patch, f"p/0/{len(self.log)}"))

    @rule(who=WHO)
    def erase(self, who: str) -> None:
        self.erased = True
        self.activate(who, ProfileChanged(None, f"p/0/{len(self.log)}"))

    # What always holds.

    def walks(self) -> list[tuple[str, Instance]]:
        """Give every walk under way, and under which identity; "" while between two."""
        held = [(n, i) for n, w in self.worlds.items() for i in w.state().instances]
        return held + [("", i) for i in self.given_away()]

    def given_away(self) -> list[Instance]:
        texts = [text for queue in self.under_way.values() for text in queue]
        passed = [identity_codec.load_passed(text) for text in texts]
        given = [p.what for p in passed if isinstance(p, PassedOn)]
        return [i for g in given if isinstance(g, PersonGiven) for i in g.person.instances]

    def reports(self) -> list[StepEvent]:
        return [c.step_event for *_, cs in self.log for c in cs if isinstance(c, Report)]

    @invariant()
    def nobody_is_lost_and_nobody_doubled(self) -> None:
        came, left = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
        for event in self.reports():
            place = (event.journey_id, event.journey_version)
            came[place] += event.outcome is Outcome.ENTERED
            left[place] += event.outcome in ENDS
        inside = [instance for _, instance in self.walks()]
        assert +came == left + Counter((i.journey, i.version) for i in inside)
        assert len({i.id for i in inside}) == len(inside)

    @invariant()
    def nobody_walks_a_journey_twice(self) -> None:
        for world in self.worlds.values():
            walks = [(i.journey, i.mode, i.key) for i in world.state().instances]
            assert len(set(walks)) == len(walks)

    @invariant()
    def no_id_is_used_twice(self) -> None:
        ids = [event.event_id for event in self.reports()]
        assert len(ids) == len(set(ids))
        asked = [request.request_id for request in self.requests]
        assert len(asked) == len(set(asked))

    @invariant()
    def everybody_inside_is_counted(self) -> None:
        """Also while they are between two identities: no version goes that somebody is in."""
        told = self.told()
        counted = {instance for instance, _ in told}
        for name, instance in self.walks():
            assert instance.id in counted
            assert not name or told[instance.id, name] == (instance.version, instance.revision)
        held = {(i.id, name) for name, i in self.walks() if name}
        between = {i.id for name, i in self.walks() if not name}
        assert all(place in held or place[0] in between for place in told)

    def told(self) -> dict[tuple[str, str], tuple[int, int]]:
        told: dict[tuple[str, str], tuple[int, int]] = {}
        for who, _, _, commands in self.log:
            for presence in (c for c in commands if isinstance(c, Presence)):
                place = (presence.instance_id, presence.profile_id or who)
                told.pop(place, None)
                if presence.revision is not None:
                    told[place] = (presence.version, presence.revision)
        return told

    @invariant()
    def an_alias_keeps_nothing_but_whose_it_is(self) -> None:
        for world in self.worlds.values():
            state = world.state()
            if state.merged_into is not None:
                assert state.due is None
                state.merged_into, state.alarm = None, None
                state.aliases.clear()
                assert state.is_empty()
                assert world.history is None
                assert not codec.load_profile(world.profile)

    @invariant()
    def no_way_is_too_long(self) -> None:
        for queue in self.under_way.values():
            for passed in map(identity_codec.load_passed, queue):
                assert isinstance(passed, IdentityReleased) or len(passed.hops) < MAX_HOPS

    @invariant()
    def no_defect_shows(self) -> None:
        assert all(event.reason != "engine_error" for event in self.reports())

    def teardown(self) -> None:
        self.all_come()
        for name in IDENTITIES:
            assert self.root(name) is not None
        if not self.erased:
            self.those_who_were_linked_are_one()
        again = {name: World(PLANS, name) for name in IDENTITIES}
        for who, activation, now, commands in self.log:
            assert again[who].activate(fresh(activation), now) == commands
        for name, world in self.worlds.items():
            assert again[name].person == world.person

    def root(self, name: str) -> str:
        """Follow an identity to its person."""
        for _ in IDENTITIES:
            alias = self.worlds[name].state().merged_into
            if alias is None:
                return name
            name = alias.primary
        raise AssertionError(name)

    def those_who_were_linked_are_one(self) -> None:
        for who, activation, _, _ in self.log:
            if isinstance(activation, IdentityLinked):
                assert self.root(who) == self.root(activation.primary)


IdentityMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, derandomize=True, deadline=None, database=None
)
TestIdentities = IdentityMachine.TestCase
