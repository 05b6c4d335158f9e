"""Why a person did or did not enter a journey, and what keeps messages from them.

From what lies on the topics - events, dead letters, step events - and from the live state. Each
record that could have begun the journey is an offer; each offer has one word that says what became
of it. The latest one is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from journeys.advice import advice
from journeys.clock import format_duration, format_instant
from journeys.datasets import BATCH
from journeys.definitions import EventDefinition
from journeys.diagnostics import near
from journeys.expressions import ExpressionError, Scope
from journeys.expressions.explaining import Explained, explain
from journeys.identifiers import record_id, refusal_id
from journeys.inquiry import LiveState, Rule, WalkState
from journeys.json_shape import same_json, value_at
from journeys.letters import Letter, names, object_of
from journeys.lifecycle import Status
from journeys.messages import JsonObject
from journeys.outcomes import Outcome, Reason, Silence
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.records import Record
from journeys.step_event import StepEvent

_ENTRY = (Outcome.ENTERED, Outcome.NOT_ENTERED)
_KEPT_BACK = (Outcome.NOT_SENT, Outcome.ERROR, Outcome.TIMEOUT, Outcome.CAPPED, Outcome.HELD)
_ENDS = (Outcome.EXITED, Outcome.FAILED)


@dataclass(frozen=True)
class Evidence:
    """All that is known of a person in a journey."""

    plans: Plans
    now: int
    step_events: Sequence[StepEvent] = ()
    """Of the person, in the order in which they were told."""
    letters: Sequence[Letter] = ()
    """That are about the person: by their key, or by the identity map of their sample."""
    records: Sequence[Record] = ()
    """Of the topic of events, likewise."""
    since: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Journey and version to the instant since when it stands where it does."""
    live: LiveState | None = None
    """The person, as the job knows them now."""


@dataclass(frozen=True)
class Offer:
    """One record, or one occasion without a record, that could have begun the journey."""

    at: int
    word: str
    """`entered`, or why not: a word of `journeys.outcomes`."""
    said: str
    """One sentence for a person; empty where the word says it all."""
    event_type: str | None = None
    event_id: str | None = None
    place: str | None = None
    """Where the record lies."""
    payload: JsonObject | None = None
    told: StepEvent | None = None
    """The step event that says so."""
    explained: Explained | None = None
    """The condition that failed, taken apart, where it is known without the live state."""

    @property
    def was_taken(self) -> bool:
        """Say whether the person entered."""
        return self.word == Outcome.ENTERED


@dataclass(frozen=True)
class KeptBack:
    """A step that did not do for the person what it is there for."""

    at: int
    step: str
    outcome: str
    word: str
    said: str
    advice: str | None
    """What to do."""


@dataclass(frozen=True)
class Diagnosis:
    """The answer, and what it rests on."""

    person: str
    journey: str
    version: int | None
    """The version that people enter; None: there is none."""
    word: str
    said: str
    advice: str | None
    """What to do."""
    latest: Offer | None
    before: Sequence[Offer]
    """Earlier offers, the latest first."""
    rules: Sequence[Rule]
    """Of the entry, as they judge the person now."""
    kept_back: Sequence[KeptBack]
    """Of the latest walk."""
    messages: Sequence[Rule]
    """What would keep messages back now."""
    walks: Sequence[WalkState]
    """Where the person is inside the journey now."""


def diagnose(person: str, journey: str, evidence: Evidence) -> Diagnosis:
    """Say whether a person entered a journey, and why or why not."""
    plans = evidence.plans
    plan = plans.live.get(journey) or next(iter(plans.entered_of(journey)), None)
    # What a rehearsal tells beside a live version is no answer for the live one.
    mode = None if plan is None else plans.mode(plan)
    own = [e for e in evidence.step_events if e.journey_id == journey and mode in (None, e.mode)]
    offers = sorted(_offers(person, plan, own, evidence), key=lambda offer: offer.at)
    latest = offers[-1] if offers else None
    word, said = _silence(person, journey, plan, evidence)
    if latest is not None:
        word, said = latest.word, _said(latest, plan, evidence)
    live_state = evidence.live
    return Diagnosis(
        person,
        journey,
        None if plan is None else plan.version,
        word,
        said,
        advice(word, journey),
        latest,
        offers[-2::-1],
        (live_state.entry or []) if live_state else [],
        list(_kept_back(journey, own)),
        [rule for rule in live_state.messages if rule.reason] if live_state else [],
        [walk for walk in live_state.walks if walk.journey == journey] if live_state else [],
    )


# Offers.


def _offers(
    person: str, plan: Plan | None, step_events: Sequence[StepEvent], evidence: Evidence
) -> Iterator[Offer]:
    """Give what could have begun the journey: records, and occasions that have none any more."""
    told = [event for event in step_events if event.outcome in _ENTRY]
    letters = {letter.id: letter for letter in evidence.letters}
    used: set[str] = set()
    for record in evidence.records:
        offer = _offer(person, plan, record, letters, told, evidence)
        if offer is not None:
            used.add(offer.place or "")
            used.update([offer.told.event_id] if offer.told else ())
            yield offer
    for event in told:
        if event.event_id not in used:
            yield _occasion(event)
    for letter in letters.values():
        if letter.id not in used and letter.topic.endswith("events") and _is_entry(plan, letter):
            yield _unread(letter)


def _occasion(event: StepEvent) -> Offer:
    word = event.reason or event.outcome
    return Offer(
        event.occurred_at,
        word,
        event.detail or (f"by {event.cause}" if event.outcome is Outcome.ENTERED else ""),
        event.event_type,
        event.trigger_event_id,
        told=event,
    )


def _unread(letter: Letter) -> Offer:
    payload = letter.payload or {}
    kind, name = payload.get("eventType"), payload.get("_id")
    return Offer(
        letter.recorded_at or 0,
        letter.reason,
        letter.detail,
        kind if isinstance(kind, str) else None,
        name if isinstance(name, str) else None,
        letter.id,
    )


def _is_entry(plan: Plan | None, letter: Letter) -> bool:
    """Say whether a record that could not be read may have been the one the journey begins with."""
    definition, payload = _begins_with(plan), letter.payload
    if definition is None or payload is None or definition.event_type is None:
        return plan is not None
    return str(payload.get("eventType", "")).casefold() == definition.event_type.casefold()


def _begins_with(plan: Plan | None) -> EventDefinition | None:
    return None if plan is None else plan.events.get(plan.entry.event or "")


def _offer(
    person: str,
    plan: Plan | None,
    record: Record,
    letters: Mapping[str, Letter],
    told: Sequence[StepEvent],
    evidence: Evidence,
) -> Offer | None:
    """Say what became of one record; None: it could not have begun the journey."""
    place = record_id(record.topic, record.partition, record.offset)
    letter, definition = letters.get(place), _begins_with(plan)
    if letter is not None:
        return _unread(letter) if _is_entry(plan, letter) else None
    payload = object_of(record.value)
    if plan is None or definition is None or payload is None or payload.get(BATCH) is True:
        return None
    kind, name = str(payload.get("eventType", "")), payload.get("_id")
    event_id = name if isinstance(name, str) else place
    about = (kind, event_id, place, payload)
    if record.key != person:
        if definition.event_type not in (None, kind):
            return None
        said = _other_key(record, plan, names(payload, person))
        return Offer(record.timestamp, Silence.OTHER_KEY, said, *about)
    if definition.event_type is not None and kind != definition.event_type:
        if kind.casefold() != definition.event_type.casefold():
            return None
        said = f"it came as '{kind}', and the journey begins with '{definition.event_type}'"
        return Offer(record.timestamp, Silence.OTHER_LETTER_CASE, said, *about)
    step_event = _told(person, place, event_id, told)
    if step_event is not None:
        occasion = _occasion(step_event)
        return Offer(record.timestamp, occasion.word, occasion.said, *about, step_event)
    return _untold(plan, definition, record, about, evidence)


def _other_key(record: Record, plan: Plan, namespaces: Sequence[str]) -> str:
    key = "under no key" if record.key is None else f"under the key '{record.key}'"
    found = ", ".join(f"'{name}'" for name in namespaces)
    return (
        f"its identityMap names the person in the namespace {found}, and it lies {key}; the "
        f"journey's namespace is '{plan.namespace}'"
    )


def _told(person: str, place: str, event_id: str, told: Sequence[StepEvent]) -> StepEvent | None:
    """Find what was told of a record: a refusal names its place, an entry the event."""
    for event in told:
        if event.outcome is Outcome.NOT_ENTERED:
            refused = refusal_id(event.journey_id, event.journey_version, person, place)
            if event.event_id == refused:
                return event
    entered = (e for e in told if e.outcome is Outcome.ENTERED)
    return next((e for e in entered if e.trigger_event_id == event_id), None)


def _untold(
    plan: Plan,
    definition: EventDefinition,
    record: Record,
    about: tuple[str, str, str, JsonObject],
    evidence: Evidence,
) -> Offer:
    """Say why nothing was told of a record of the type that the journey begins with."""
    *_, payload = about
    mismatch = _mismatch(definition, about[0], payload, evidence.now)
    if mismatch is not None:
        said, explained = mismatch
        told = (None, explained)
        return Offer(record.timestamp, Silence.NOT_MATCHED, said, *about, *told)
    live_since = _live_since(plan, evidence)
    if live_since is not None and record.timestamp < live_since:
        said = f"version {plan.version} is live since {format_instant(live_since)}"
        return Offer(record.timestamp, Silence.BEFORE_PUBLISHED, said, *about)
    said = "no step event and no dead letter tells of it"
    return Offer(record.timestamp, Silence.NOT_TAKEN, said, *about)


def _live_since(plan: Plan, evidence: Evidence) -> int | None:
    life = evidence.plans.life(plan.journey)
    is_live = life is not None and life.status(plan.version, evidence.now) is Status.LIVE
    return evidence.since.get((plan.journey, plan.version)) if is_live else None


def _mismatch(
    definition: EventDefinition, kind: str, payload: JsonObject, now: int
) -> tuple[str, Explained | None] | None:
    """Say why a record is not the event, if it is not."""
    for path, wanted in definition.fields.items():
        found = value_at(payload, path.split("."))
        if not same_json(found, wanted):
            return f"`{path}` is {found!r:.60}, and `match` asks for {wanted!r:.60}", None
    try:
        if definition.when is None or definition.matches(kind, payload, now):
            return None
        scope = Scope(events={definition.id: payload}, now=now)
        explained = explain(definition.when, definition.conversions, scope)
    except ExpressionError as error:
        return str(error), None
    return explained.turned_by, explained


# Words.


def _said(offer: Offer, plan: Plan | None, evidence: Evidence) -> str:
    """Say why, with the values that the rule reads, as far as they are known."""
    primary = evidence.live.merged_into if evidence.live else None
    if offer.word == Silence.NOT_TAKEN and primary is not None:
        return f"what comes to this identity is passed on to '{primary}': ask why of that one"
    at_once = None if plan is None else _of_the_record(offer, plan)
    if at_once is not None or offer.told is None or offer.was_taken:
        return at_once or offer.said
    rules = (evidence.live.entry or []) if evidence.live else []
    now = next((rule for rule in rules if rule.reason == offer.word), None)
    if now is not None:
        return f"{now.said} {_read_then(offer.told)}".strip()
    then = f"{offer.said}; " if offer.said else ""
    said = f"{then}it would not keep the person out now" if rules else offer.said
    return f"{said} {_read_then(offer.told)}".strip()


def _read_then(event: StepEvent) -> str:
    """Say what the conditions had read, where the job tells it (`reporting.inputs`)."""
    inputs = object_of((event.inputs or "").encode()) or {}
    read = [f"{name} was {orjson.dumps(value).decode()}" for name, value in inputs.items()]
    return f"(read then: {', '.join(read)})" if read else ""


def _of_the_record(offer: Offer, plan: Plan) -> str | None:
    """Say what depends on nothing but the record and the plan."""
    match offer.word:
        case Reason.DUPLICATE:
            return f"an event of `_id` '{offer.event_id}' has counted before"
        case Reason.LATE if offer.payload is not None and plan.entry.max_age_ms is not None:
            longest = format_duration(plan.entry.max_age_ms)
            happened = offer.payload.get("timestamp")
            came = format_instant(offer.at)
            return f"it happened at {happened} and came at {came}; {longest} is allowed"
        case Reason.CONDITION if offer.payload is None:
            return f"its record is not on the topic any more; the condition is {plan.entry.when}"
        case _:
            return None


def _silence(person: str, journey: str, plan: Plan | None, evidence: Evidence) -> tuple[str, str]:
    """Say why nothing could have begun the journey."""
    if plan is None:
        known = sorted(evidence.plans.lives)
        return Silence.NOT_PUBLISHED, near(journey, known)
    if plan.entry.event is None or not plan.entry.is_by_event:
        rules = (evidence.live.entry or []) if evidence.live else []
        found = next((rule for rule in rules if rule.name == "audience"), None)
        said = found.said if found else "the journey takes people from an audience"
        return Silence.NOT_IN_AUDIENCE, said
    definition = _begins_with(plan)
    wanted = definition.event_type if definition else None
    types = sorted(
        {
            str(payload.get("eventType", "no type"))
            for record in evidence.records
            if record.key == person and (payload := object_of(record.value)) is not None
        }
    )
    if not types:
        return Silence.NO_EVENT, f"the journey begins with '{wanted}'"
    return Silence.NOT_LISTENED, f"it begins with '{wanted}'; events came of {', '.join(types)}"


def _kept_back(journey: str, step_events: Sequence[StepEvent]) -> Iterator[KeptBack]:
    """Give what the latest walk did not get, and how it ended before its end."""
    entries = (e.instance_id for e in reversed(step_events) if e.outcome is Outcome.ENTERED)
    walk = next(entries, None)
    for event in step_events:
        is_late = event.outcome is Outcome.WAITING and event.reason is Reason.QUIET_HOURS
        if walk is None or event.instance_id != walk:
            continue
        if is_late or event.outcome in (*_KEPT_BACK, *_ENDS):
            word = event.reason or event.code or event.outcome
            code = None if event.code == word else event.code
            said = ", ".join(text for text in (code, event.detail) if text)
            told = (event.occurred_at, event.step_id, event.outcome)
            yield KeptBack(*told, word, said, advice(word, journey))
