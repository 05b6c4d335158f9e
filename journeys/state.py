"""What the job keeps of one person: attributes, walks under way, and what re-entry rules ask for.

Plain values; `journeys.codec` writes and reads them. Nothing here decides.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field
from msgspec.structs import fields, replace

from journeys.mode import Mode

RECENT_EVENTS = 64
"""How many ids of events that mattered to a person are remembered to recognise repeats."""
LEAVES = 256
"""How many leaves of a person are remembered for the re-entry rules, the latest of each journey and
value of its entry key."""
TRIALS = 64
"""How many arms that a person was given, and may still succeed with, are remembered."""
ENTRIES = 256
"""How many entries of a person are remembered for `debounce`, likewise."""
ECHOES = 100
"""Events of one person that journeys send to journeys within `ECHO_MS`: a circle of them comes to
an end."""
ECHO_MS = 60_000
MAX_PENDING = 10
"""Events that one walk keeps while it is busy (`journey-semantics` A.2)."""


class Kept(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """What is written of a value is what is not as it is by default.

    Every byte of a waiting person is kept, copied and parsed again and again.
    """


class Waiting(Kept):
    """What a person who stays at a step waits for; the first that comes wins."""

    due: int | None = None
    """Instant, in milliseconds, at which the time is up."""
    events: list[str] = field(default_factory=list)
    """Ids of the events listened for."""
    request: str | None = None
    """Id of the request whose result is awaited."""
    held: bool = False
    """Whether the person stands before the step until the journey goes on after a pause."""


class PendingEvent(Kept):
    """An event that came while a walk was busy, to be offered to the step that it comes to."""

    ids: list[str]
    """Which of the journey's events it is."""
    payload: dict[str, Any]
    event_id: str
    record_id: str
    event_type: str


class Trial(Kept):
    """An arm that a person was given, for as long as a success still counts for it."""

    journey: str
    version: int
    step: str
    arm: str
    at: int
    """When it was given, in milliseconds."""
    until: int | None = None
    """From when on a success counts no more; None: when the walk has ended."""
    instance: str = ""
    """The walk that was given it."""
    visit: int = 1
    """On which visit of the step."""
    mode: Mode = Mode.LIVE
    """How that walk is walked."""


class Asked(Kept):
    """A message that was asked for and counted, until its end has come."""

    contact: str
    """As in `PersonState.contacts`."""
    at: int
    """When it was asked for, in milliseconds."""


class Openings(Kept):
    """When a person opens messages of one channel, as `journeys.openings` counts it."""

    latest: int
    """Instant of the latest opening, in milliseconds."""
    hours: dict[str, int] = field(default_factory=dict)
    """Hour of the day to a count: `0` to `23` of working days, `24` to `47` of weekends."""


class Alias(Kept):
    """Whom an identity belongs to that is not the one of a person."""

    primary: str
    """The identity that all is passed on to."""
    link: str
    """Names the link that said so."""
    passed: int = 0
    """How much was passed on since."""


class Linked(Kept):
    """One more identity of a person."""

    link: str
    """Names the link by which it belongs to them."""
    taken: int = 0
    """Number of the latest that it passed on itself; 0: it passes on by way of others."""


class Instance(Kept):
    """One walk of one person through one journey version."""

    id: str
    journey: str
    version: int
    entered_at: int
    step: str
    key: str | None = None
    """Value of the entry's `key`, where one person may walk several times at once."""
    waiting: Waiting | None = None
    visits: dict[str, int] = field(default_factory=dict)
    """How often each step has been entered."""
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Event id to the payload of the latest such event that moved this walk."""
    actions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Step id to the response of its action."""
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Source id to its latest answer."""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Step id to what the person did with the message of its latest visit."""
    requests: dict[str, str] = field(default_factory=dict)
    """Step id to the request of its latest message, where a step of another name had asked."""
    last_error: str | None = None
    """Reason of the latest call that did not succeed."""
    ends_at: int | None = None
    """Instant, in milliseconds, at which the walk ends wherever it stands."""
    revision: int = 0
    """The latest thing said to those inside the journey that this walk has followed."""
    mode: Mode = Mode.LIVE
    """Whether it is real, or a rehearsal."""
    run: str = ""
    """Which rehearsal it is part of; empty for a real one."""
    origin: str | None = None
    """The step of the former version that it was moved from, until it goes on."""
    pending: list[PendingEvent] = field(default_factory=list)
    """Events that came while it was busy, oldest first."""
    since: int | None = None
    """When it came to its step, in milliseconds; None: an older release let it come there."""

    @property
    def due(self) -> int | None:
        """The earliest instant at which this walk must be looked at."""
        waited = None if self.waiting is None else self.waiting.due
        if waited is None or self.ends_at is None:
            return self.ends_at if waited is None else waited
        return min(waited, self.ends_at)


class PersonState(Kept):
    """Everything about one person but the attributes, which are decoded only when read."""

    instances: list[Instance] = field(default_factory=list)
    recent: list[str] = field(default_factory=list)
    """Ids of the latest events that mattered, oldest first."""
    left: dict[str, int] = field(default_factory=dict)
    """Journey, and value of its entry key, to the instant of the latest leave; oldest first."""
    audiences: dict[str, int] = field(default_factory=dict)
    """Audiences that the person was told to be in, and since when."""
    members: dict[str, int] = field(default_factory=dict)
    """Audiences that the person is in by their rules, as last looked at, and since when."""
    review_at: int | None = None
    """Instant, in milliseconds, at which time alone may change who is in which audience."""
    contacts: dict[str, list[int]] = field(default_factory=dict)
    """`channel/category/journey` to the instants of the messages that policies count, oldest
    first."""
    asked: dict[str, Asked] = field(default_factory=dict)
    """Request id to the counted message that was asked for and has not ended yet."""
    entries: dict[str, list[int]] = field(default_factory=dict)
    """Journey to the instants of the entries that policies count, oldest first."""
    begun: dict[str, int] = field(default_factory=dict)
    """Journey, and value of its entry key, to the instant of the latest entry, where it counts."""
    trials: list[Trial] = field(default_factory=list)
    """Arms of experiments that the person was given and may still succeed with, oldest first."""
    echoes: list[int] = field(default_factory=list)
    """Instants of the latest events of the person that journeys sent to journeys, oldest first."""
    openings: dict[str, Openings] = field(default_factory=dict)
    """Channel to when the person opens its messages, where some wait goes by it."""
    merged_into: Alias | None = None
    """Whom this identity belongs to; all that comes to it is passed on, and nothing else is kept.
    """
    aliases: dict[str, Linked] = field(default_factory=dict)
    """Identities that were linked to this one; also those that pass on by way of it."""
    forget_at: int | None = None
    """Instant, in milliseconds, from which on nothing of the past is needed any more."""
    alarm: int | None = None
    """Instant of the one timer that is set for this person. Kept by the operator."""

    @property
    def due(self) -> int | None:
        """The earliest instant at which something must happen by itself."""
        first = self.review_at
        dues = [i.due for i in self.instances] if self.instances else [self.forget_at]
        for due in dues:
            if due is not None and (first is None or due < first):
                first = due
        return first

    def remember(self, event_id: str) -> None:
        """Note that an event mattered, and forget the oldest beyond the bound."""
        self.recent.append(event_id)
        del self.recent[:-RECENT_EVENTS]
        self.forget_at = None

    def begin(self, journey: str, key: str | None, now: int, run: str = "") -> None:
        """Note that a walk has begun, and forget the oldest such note beyond the bound."""
        _renew(self.begun, entry_name(journey, key, run), now)
        for oldest in list(self.begun)[:-ENTRIES]:
            del self.begun[oldest]

    def begun_at(self, journey: str, key: str | None, run: str = "") -> int | None:
        """Give the instant of the latest entry into a journey under a value of its entry key."""
        return self.begun.get(entry_name(journey, key, run))

    def echo(self, now: int) -> bool:
        """Note that journeys send an event to journeys, if there is room for one more."""
        self.expire_echoes(now)
        if len(self.echoes) >= ECHOES:
            return False
        self.echoes.append(now)
        return True

    def expire_echoes(self, now: int) -> None:
        """Forget those that count no more."""
        self.echoes = [at for at in self.echoes if now < at + ECHO_MS]

    def give(self, trial: Trial) -> None:
        """Note that the person was given an arm, and forget the oldest beyond the bound."""
        self.trials.append(trial)
        del self.trials[:-TRIALS]

    def leave(self, instance: Instance, now: int, *, counts: bool = True) -> None:
        """Note that a walk has ended; one of a rehearsal that is over counts for nothing."""
        self.instances.remove(instance)
        if self.trials:
            kept = (t for t in self.trials if t.until is not None or t.instance != instance.id)
            self.trials = list(kept)
        if counts:
            _renew(self.left, entry_name(instance.journey, instance.key, instance.run), now)
        self.forget_at = None

    def left_at(self, journey: str, key: str | None, run: str = "") -> int | None:
        """Give the instant of the latest leave of a journey under a value of its entry key."""
        return self.left.get(entry_name(journey, key, run))

    def forget(self) -> None:
        """Erase everything that was known of the past."""
        self.recent.clear()
        self.left.clear()
        self.audiences.clear()
        self.members.clear()
        self.contacts.clear()
        self.asked.clear()
        self.entries.clear()
        self.begun.clear()
        self.echoes.clear()
        self.trials.clear()
        self.openings.clear()
        self.aliases.clear()
        self.review_at = self.forget_at = None

    def give_away(self) -> PersonState:
        """Give all that is kept, but for the timer that is set; nothing else is left here."""
        given, left = replace(self, alarm=None), PersonState(alarm=self.alarm)
        # Who passes on by way of this identity still does.
        left.aliases = dict(self.aliases)
        for kept in fields(self):
            setattr(self, kept.name, getattr(left, kept.name))
        return given

    def is_empty(self) -> bool:
        """Say whether nothing is worth keeping."""
        kept = self.instances or self.recent or self.left or self.audiences or self.members
        counted = self.contacts or self.asked or self.entries or self.begun or self.trials
        linked = self.merged_into or self.aliases
        is_due = self.review_at is not None or self.forget_at is not None
        return not (kept or counted or self.echoes or self.openings or linked or is_due)


_KEYED, _REHEARSED = "\x1f", "\x1e"


def entry_name(journey: str, key: str | None, run: str = "") -> str:
    """Name a journey, and a value of its entry's key, as `left` and `begun` do.

    Each run of a rehearsal counts apart.
    """
    name = f"{journey}{_REHEARSED}{run}" if run else journey
    return name if key is None else f"{name}{_KEYED}{key}"


def entry_parts(name: str) -> tuple[str, str, str | None]:
    """Give the journey, the run and the value of the entry's key that such a name stands for."""
    named, keyed, key = name.partition(_KEYED)
    journey, _, run = named.partition(_REHEARSED)
    return journey, run, key if keyed else None


def _renew(instants: dict[str, int], name: str, now: int) -> None:
    """Note an instant as the latest: what is noted stands in the order of time."""
    instants.pop(name, None)
    instants[name] = now
