"""The journey operator: an adapter between Flink's keyed state and `journeys.engine.advance`.

For each record, timer or result of a person: read the person's state, call the engine, store the
state, set the person's one timer, and emit what the engine asked for. It decides nothing. What a
record means is `journeys.records`; what becomes of a person is `journeys.engine`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pyflink.common import Row
from pyflink.datastream.functions import KeyedBroadcastProcessFunction, RuntimeContext
from pyflink.datastream.state import MapState, ValueState

from journeys import (
    codec,
    count_codec,
    dispatch_codec,
    identity_codec,
    inquiry_codec,
    reading_codec,
    table_codec,
)
from journeys.activation import (
    ActionResolved,
    Activation,
    EntryAsked,
    EventReceived,
    TimerFired,
)
from journeys.activities.cap import CHANNEL as CAP
from journeys.command import (
    Command,
    CountIgnored,
    CountTrial,
    EmitEvent,
    PassOn,
    PersonKnown,
    Presence,
    Report,
    RequestAction,
    StartReading,
    WithdrawCalls,
)
from journeys.control import ControlCommand, Define, EnterPerson, QueryPerson, Retire, Weigh, key_of
from journeys.datasets import KeptOut
from journeys.dispatch.doubts import Aftermath
from journeys.endpoint import EndpointDefinition, Limited
from journeys.engine import advance
from journeys.errors import CodecError
from journeys.identifiers import record_id
from journeys.inquiry import Inquiry
from journeys.lifecycle import Change
from journeys.live_state import live_state
from journeys.outcomes import DeadLetterReason
from journeys.plans import Plans
from journeys.presence import BUCKETS, Place, bucket_of, part_name
from journeys.profile import Profile
from journeys.readings import Survey, Told, people_part, schedules
from journeys.records import (
    DeadLetter,
    Record,
    read_control,
    read_event,
    read_feedback,
    read_identity,
    read_nudge,
    read_profile,
    read_result,
    restate,
    take_in,
    take_row,
)
from journeys.sweep import sweeps
from journeys.tables import RowChange, Tables
from operators.descriptors import (
    DEFINITIONS,
    EMITTED,
    HISTORY,
    KEPT_OUT,
    LIFECYCLES,
    PERSON,
    PLANS,
    PROFILE,
    TABLES,
    WEIGHTS,
    FlinkContext,
    Route,
    Said,
    routed,
)
from operators.measures import Measures
from operators.record_row import record_of
from operators.subtask import attempt_number, subtask_index

_CAME = ""
"""Under this key, which is no row's, stands how far rows have come."""


class JourneyFunction(KeyedBroadcastProcessFunction[Row, Row, Row, Said]):
    """Runs every journey for the people of one key group.

    Keyed input: `ROW(source, topic, partition, offset, timestamp, key, value, size)`, where
    `value` holds one byte per character (ISO 8859-1), so that bytes that are no text arrive as
    they were. Broadcast input: the same row from the topics control and tables. Output: `ROUTED`.
    """

    def __init__(
        self,
        said: Sequence[tuple[int, str]],
        *,
        enters_from: int = 0,
        rows_until: int = 0,
        after_failure: bool = False,
        tell_values: bool = True,
        tell_inputs: bool = False,
        event_types: Sequence[str] | None = None,
    ) -> None:
        self._said = said
        """Commands of the control topic, by offset, as far as they were there at submission: no
        event is judged before its plan has come."""
        self._restated: dict[int, Change | DeadLetter] = {}
        """What became of those that what was stored did not know."""
        self._enters_from = enters_from
        """Entries that were asked for before this offset of the control topic are over."""
        self._rows_until = rows_until
        """Rows that lie before this offset of the tables topic were there at submission."""
        self._plans: Plans | None = None
        self._after_failure = after_failure
        """Whether something may have been done that its state knows nothing of."""
        self._tell_values = tell_values
        """Whether whoever asks about a person may be told values of attributes."""
        self._tell_inputs = tell_inputs
        """Whether step events tell what conditions have read."""
        self._audible = None if event_types is None else frozenset(event_types)
        """Types of events that come at all; None: all do."""
        self._aftermath: Aftermath | None = None
        self._followed: Mapping[str, str] = {}
        """Rules of audiences that parts of the people were told of."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state handles; Flink calls it before any record."""
        self._is_first = subtask_index(runtime_context) == 0
        self._after_failure |= attempt_number(runtime_context) > 0
        self._person = runtime_context.get_state(PERSON)
        self._profile = runtime_context.get_state(PROFILE)
        self._history = runtime_context.get_state(HISTORY)
        self._measures = Measures(runtime_context)

    def process_element(self, value: Row, ctx: FlinkContext) -> Iterator[Said]:
        """Take one record of a person."""
        source, record = record_of(value)
        plans = self._known_plans(ctx)
        try:
            yield from self._receive(source, record, plans, ctx)
        except CodecError:
            raise  # State that cannot be read must stop the job, not be overwritten.
        except Exception as error:  # one record must not stop the job for everybody
            detail = f"{type(error).__name__}: {error}"
            yield _dead(DeadLetter(record, DeadLetterReason.UNWORKABLE, detail))

    def _receive(
        self, source: str, record: Record, plans: Plans, ctx: FlinkContext
    ) -> Iterator[Said]:
        now = ctx.timer_service().current_processing_time()
        read: Activation | KeptOut | DeadLetter
        match source:
            case "events":
                read = read_event(record, plans)
            case "profiles":
                read = read_profile(record, plans, now)
            case "feedback":
                read = read_feedback(record)
            case "nudges":
                nudge = read_nudge(record)
                if isinstance(nudge, Inquiry):
                    yield self._answered(plans, str(record.key), nudge, now)
                    return
                read = nudge
            case "identities":
                read = read_identity(record)
            case _:
                read = read_result(record)
                yield from self._settled(record, read, now)
        if isinstance(read, DeadLetter):
            yield _dead(read)
        elif isinstance(read, KeptOut):
            yield routed(Route.IGNORED, f"{KEPT_OUT}{read.dataset}", "")
        elif isinstance(read, EventReceived) and not plans.hears(read.event_type):
            yield routed(Route.IGNORED, read.event_type, "")  # without a look at the person
        else:
            yield from self._advance(plans, str(record.key), read, ctx, now)

    def _after(self, now: int) -> Aftermath:
        """Give what is made of the time before the first record of a person, and just after."""
        if self._aftermath is None:
            self._aftermath = Aftermath(now, after_failure=self._after_failure)
        return self._aftermath

    def _settled(self, record: Record, read: Activation | DeadLetter, now: int) -> Iterator[Said]:
        """Tell of a call that ended before a failure: it may be asked for again since."""
        if isinstance(read, ActionResolved) and self._after(now).is_before(record.timestamp):
            result = read.result
            if result.endpoint:
                yield routed(Route.REQUEST, result.endpoint, codec.dump_result(result))

    def process_broadcast_element(self, value: Row, ctx: FlinkContext) -> Iterator[Said]:
        """Take one row, or one command, of which the first subtask tells those inside."""
        plans = self._known_plans(ctx)
        source, record = record_of(value)
        try:
            if source == "tables":
                yield from self._take_row(record, plans, ctx)
            else:
                yield from self._hear(record, plans, ctx)
        except CodecError:
            raise  # as above
        except Exception as error:  # one record must not stop the job for everybody
            if self._is_first:
                detail = f"{type(error).__name__}: {error}"
                yield _dead(DeadLetter(record, DeadLetterReason.UNWORKABLE, detail))

    def _take_row(self, record: Record, plans: Plans, ctx: FlinkContext) -> Iterator[Said]:
        stored = ctx.get_broadcast_state(TABLES)
        plans.tables.came(record.offset)
        # Always: the next submission may name an offset that was read long before it.
        stored.put(_CAME, table_codec.dump_came(record.offset + 1))
        change = take_row(plans, record)
        if isinstance(change, DeadLetter):
            if self._is_first:  # as of a command
                yield _dead(change)
        elif change.text is None:
            stored.remove(str(record.key))
        else:
            stored.put(str(record.key), table_codec.dump_row(change.text))

    def _hear(self, record: Record, plans: Plans, ctx: FlinkContext) -> Iterator[Said]:
        command = read_control(record)
        if isinstance(command, DeadLetter):
            if self._is_first:  # every subtask sees every command, and one must report it
                yield _dead(command)
            return
        if isinstance(command, EnterPerson | QueryPerson):
            yield from self._pass_on(plans, record, command)
            return
        change = self._take_in(plans, record, command)
        if isinstance(change, DeadLetter):
            if self._is_first:
                yield _dead(change)
            return
        self._store(ctx, plans, command, change)
        if not self._is_first:
            return
        for part, sweep in sweeps(plans, command, change):
            yield routed(Route.PRESENCE, part, count_codec.dump_sweep(sweep))
        if isinstance(command, Define) and isinstance(command.definition, EndpointDefinition):
            yield _limited(command.definition, record.offset)
        for schedule in schedules(plans, command, change.after, record.timestamp):
            yield from _told_to_all(schedule)
        if plans.followed_rules != self._followed:
            self._followed = plans.followed_rules
            yield from _told_to_all(Survey(self._followed, record.timestamp))

    def _take_in(
        self, plans: Plans, record: Record, command: ControlCommand
    ) -> Change | DeadLetter:
        """Apply a command, but for one that came with the submission.

        That one is known, but not stored, and nobody was told. It fits, or does not, what held when
        it was said: what holds now may be of later ones.
        """
        match self._restated.get(record.offset):
            case Change() as change:
                return change
            case DeadLetter() as refused:
                return replace(refused, record=record)
        before = plans.life(command.journey_id)
        letter = take_in(plans, record, command)
        return letter or Change(before, plans.life(command.journey_id))

    def _pass_on(
        self, plans: Plans, record: Record, command: EnterPerson | QueryPerson
    ) -> Iterator[Said]:
        """Pass on to one person what is asked, once; what is from before the job began is over."""
        if not self._is_first or record.offset < self._enters_from:
            return
        letter = take_in(plans, record, command)
        yield _asked(record, command) if letter is None else _dead(letter)

    @staticmethod
    def _store(ctx: FlinkContext, plans: Plans, command: ControlCommand, change: Change) -> None:
        """Store what holds of the journey by a command: not yet what is said after it."""
        if isinstance(command, Weigh):
            if plans.find(command.journey, command.version) is not None:
                text = count_codec.dump_weights(command.weights)
                ctx.get_broadcast_state(WEIGHTS).put(command.weights.experiment, text)
            return
        if isinstance(command, Define):
            defined, name = command.definition, key_of(command)
            text = codec.dump_definition(defined, plans.defined_at(defined))
            ctx.get_broadcast_state(DEFINITIONS).put(name, text)
            return
        journey = command.journey_id
        life, stored = change.after, ctx.get_broadcast_state(PLANS)
        if life is None:
            return
        ctx.get_broadcast_state(LIFECYCLES).put(journey, codec.dump_lifecycle(life))
        for version in plans.versions(journey):
            name, plan = f"{journey}/{version}", plans.find(journey, version)
            if plan is not None and (not stored.contains(name) or name == key_of(command)):
                stored.put(name, codec.plan_text(plan))
        if isinstance(command, Retire) and not life.is_kept(command.version):
            _let_go(ctx, plans, command)

    def on_timer(self, timestamp: int, ctx: FlinkContext) -> Iterator[Said]:
        """Wake a person whose time has come."""
        # A clock that was set back in between must not make the timer look early: it fires once.
        now = max(timestamp, ctx.timer_service().current_processing_time())
        self._measure(timestamp, now)
        plans = self._known_plans(ctx)
        yield from self._advance(plans, ctx.get_current_key(), TimerFired(), ctx, now)

    def _measure(self, due: int, now: int) -> None:
        """Count timers, and how late they are."""
        self._measures.count("timers_total")
        self._measures.count("timer_late_ms_total", now - due)
        if self._measures.is_due(now):
            self._measures.tell(now)

    def _known_plans(self, ctx: FlinkContext) -> Plans:
        """Build the plans once: those stored, then what was said between that and submission."""
        if self._plans is None:
            stored = [codec.load_plan(text) for text in _stored(ctx.get_broadcast_state(PLANS))]
            lives = {
                journey: codec.load_lifecycle(text)
                for journey, text in ctx.get_broadcast_state(LIFECYCLES).items()
            }
            plans = Plans(stored, lives)
            for journey, life in plans.lives.items():
                if journey not in lives:  # of a release that did not count who is inside
                    plans.say(journey, replace(life, uncounted=life.live or 0))
            for text in _stored(ctx.get_broadcast_state(DEFINITIONS)):
                plans.define(*codec.load_definition(text))
            self._followed = plans.followed_rules
            restated = ((offset, restate(plans, offset, text)) for offset, text in self._said)
            self._restated = {offset: change for offset, change in restated if change is not None}
            for text in _stored(ctx.get_broadcast_state(WEIGHTS)):
                plans.weigh(count_codec.load_weights(text))
            plans.tables, plans.tells_inputs = self._known_tables(ctx), self._tell_inputs
            plans.audible = self._audible  # from here on: what was said before is heard already
            self._plans = plans
        return self._plans

    def _known_tables(self, ctx: FlinkContext) -> Tables:
        """Build the tables once, of the rows that are stored."""
        tables, stored = Tables(), ctx.get_broadcast_state(TABLES)
        for name, text in stored.items():
            if name != _CAME:
                dataset, _, key = name.partition("/")
                tables.take(RowChange(dataset, key, table_codec.load_row(text)))
        came = table_codec.load_came(stored.get(_CAME))
        tables.awaited = self._rows_until if came < self._rows_until else 0
        return tables

    def _advance(
        self, plans: Plans, profile_id: str, activation: Activation, ctx: FlinkContext, now: int
    ) -> list[Said]:
        """Bring one person up to date; nothing is stored unless everything can be written."""
        before = self._person.value()
        person = codec.load_person(before)
        profile = self._stored_profile(profile_id)
        commands = advance(plans, person, profile, activation, now)
        alarm, person.alarm = person.alarm, person.due
        state = None if person.is_empty() else codec.dump_person(person)
        attributes = codec.dump_profile(profile.kept) if profile.changed else None
        past = codec.dump_history(profile.history) if profile.recorded else None
        doubtful = self._after(now).is_doubtful(now)
        rows = [
            row
            for command in commands
            for row in _routed(plans, profile_id, command, doubtful=doubtful)
        ]
        _set_timer(ctx.timer_service(), alarm, person.alarm)
        if state != before:
            _keep(self._person, state)
        if profile.changed:
            _keep(self._profile, attributes if profile.kept else None)
        if profile.recorded:
            _keep(self._history, past if profile.history.events else None)
        return rows

    def _stored_profile(self, profile_id: str) -> Profile:
        return Profile(
            profile_id,
            lambda: codec.load_profile(self._profile.value()),
            lambda: codec.load_history(self._history.value()),
        )

    def _answered(self, plans: Plans, profile_id: str, inquiry: Inquiry, now: int) -> Said:
        """Say what is known of a person; nothing is stored, and nobody is woken."""
        person, profile = codec.load_person(self._person.value()), self._stored_profile(profile_id)
        told = live_state(plans, person, profile, inquiry, now, tell_values=self._tell_values)
        return routed(Route.ANSWER, profile_id, inquiry_codec.dump_live_state(told))


def _let_go(ctx: FlinkContext, plans: Plans, command: Retire) -> None:
    """Store a version no more that has been retired."""
    name = f"{command.journey}/{command.version}"
    if plans.find(command.journey, command.version) is None:
        ctx.get_broadcast_state(PLANS).remove(name)
    weights = ctx.get_broadcast_state(WEIGHTS)
    for experiment in [found for found, _ in weights.items() if found.startswith(f"{name}/")]:
        weights.remove(experiment)


def _set_timer(timers: FlinkContext, before: int | None, alarm: int | None) -> None:
    """Keep exactly one timer per person, at the earliest instant anything is due."""
    if alarm == before:
        return
    if before is not None:
        timers.delete_processing_time_timer(before)
    if alarm is not None:
        timers.register_processing_time_timer(alarm)


def _stored(state: MapState[str, str]) -> list[str]:
    return [text for _, text in state.items()]


def _keep(state: ValueState[str], text: str | None) -> None:
    if text is None:
        state.clear()
    else:
        state.update(text)


def _routed(plans: Plans, profile_id: str, command: Command, *, doubtful: bool) -> Iterator[Said]:
    match command:
        case RequestAction(request) if request.channel == CAP:
            yield routed(Route.CLAIM, request.endpoint, codec.dump_request(request))
        case RequestAction(request):
            dump = dispatch_codec.dump_doubtful if doubtful else codec.dump_request
            yield routed(Route.REQUEST, request.endpoint, dump(request))
        case Report(step_event):
            yield routed(Route.STEP_EVENT, profile_id, codec.dump_step_event(step_event))
        case CountIgnored(event_type):
            yield routed(Route.IGNORED, event_type, "")
        case CountTrial(report):
            yield routed(Route.TRIAL, report.experiment, codec.dump_trial(report))
        case EmitEvent(topic, payload):
            yield routed(f"{EMITTED}{topic}", profile_id, codec.dump_event(payload))
        case Presence(instance_id, journey, version, revision, counted_under):
            person = counted_under or profile_id
            part = part_name(journey, version, bucket_of(person))
            place = Place(instance_id, person, revision)
            yield routed(Route.PRESENCE, part, count_codec.dump_place(place))
        case PersonKnown(person):
            part = people_part(bucket_of(person))
            yield routed(Route.PEOPLE, part, reading_codec.dump_told(command))
        case StartReading():
            yield from _told_to_all(command)
        case PassOn(to, what):
            yield routed(Route.IDENTITY, to, identity_codec.dump_passed(what))
        case WithdrawCalls():
            text = dispatch_codec.dump_withdrawal(command)
            yield from (routed(Route.REQUEST, endpoint, text) for endpoint in plans.endpoints)


def _told_to_all(told: Told) -> Iterator[Said]:
    text = reading_codec.dump_told(told)
    return (routed(Route.PEOPLE, people_part(bucket), text) for bucket in range(BUCKETS))


def _limited(limits: EndpointDefinition, revision: int) -> Said:
    text = dispatch_codec.dump_limited(Limited(limits, revision))
    return routed(Route.REQUEST, limits.endpoint, text)


def _asked(record: Record, command: EnterPerson | QueryPerson) -> Said:
    if isinstance(command, QueryPerson):
        inquiry = Inquiry(command.id, command.values, command.journey, command.payload)
        return routed(Route.NUDGE, command.profile_id, count_codec.dump_inquiry(inquiry))
    place = record_id(record.topic, record.partition, record.offset)
    asked = EntryAsked(command.journey, command.id or place, command.payload)
    return routed(Route.NUDGE, command.profile_id, count_codec.dump_asked(asked))


def _dead(letter: DeadLetter) -> Said:
    return routed(Route.DEAD_LETTER, letter.record.key, letter.to_text())
