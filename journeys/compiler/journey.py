"""One journey: what it names, how its steps hang together, and the plan."""

from __future__ import annotations

from collections.abc import Container, Mapping, Set
from dataclasses import dataclass, replace

from journeys.compiler.branches import check_branches
from journeys.compiler.flow import Flow
from journeys.compiler.forms import Defined, read_step
from journeys.compiler.lookups import all_tables, tables_read
from journeys.compiler.policies import policies_for
from journeys.compiler.readiness import check_journey
from journeys.compiler.repeats import check_sent_twice
from journeys.compiler.routes import Routes
from journeys.compiler.rules import rules_for
from journeys.compiler.steps import StepChecks
from journeys.compiler.timing import check_clocks, check_entry, check_send_times, check_timeout
from journeys.compiler.vocabulary import Names, Vocabulary
from journeys.compiler.zones import ZONE_HINT, zone_fault
from journeys.definitions import Conversions
from journeys.diagnostics import Code
from journeys.expressions.catalog import Read
from journeys.expressions.errors import Severity
from journeys.kinds.journey import EntrySpec, ExitSpec, JourneySpec
from journeys.plan import Crossing, Entry, ExitRule, Plan, Reading
from journeys.specification import BorderSpec, CrossingSpec, Path, StepSpec


@dataclass(frozen=True, slots=True)
class CompiledJourney:
    """What compiling one journey gave."""

    plan: Plan | None
    """None if something is wrong in it."""
    used: set[tuple[str, str]]
    """Kind and id of everything that its steps name."""


def compile_journey(defined: Defined[JourneySpec], vocabulary: Vocabulary) -> CompiledJourney:
    """Compile one journey, and report what is wrong in it."""
    project = vocabulary.project
    before = len(project.diagnostics)
    spec, document = defined.spec, defined.document
    steps = {name: read_step(project, document, name) for name in spec.steps}
    known = {name: step for name, step in steps.items() if step is not None}
    used = {(kind, name) for step in known.values() for _, kind, name in step.uses()}
    routes = Routes(spec, known) if len(known) == len(steps) else None
    journey = _Journey(defined, vocabulary, known, routes)
    journey.check()
    check_journey(vocabulary, defined, known)
    check_entry(defined, project)
    check_send_times(defined, project, known)
    check_branches(defined, project, known)
    if routes is None:
        return CompiledJourney(None, used)
    Flow(defined, project, known, routes).check()
    if routes.is_complete:
        check_timeout(defined, project, routes)
        check_sent_twice(defined, vocabulary, known, routes)
    faults = project.diagnostics[before:]
    if any(fault.severity is Severity.ERROR for fault in faults) or journey.is_incomplete():
        return CompiledJourney(None, used)
    return CompiledJourney(journey.plan(routes), used)


class _Journey:
    def __init__(
        self,
        defined: Defined[JourneySpec],
        vocabulary: Vocabulary,
        steps: Mapping[str, StepSpec],
        routes: Routes | None,
    ) -> None:
        self.defined = defined
        self.spec = defined.spec
        self.document = defined.document
        self.vocabulary = vocabulary
        self.steps = steps
        self.routes = routes
        self.conversions: dict[str, Conversions] = {}
        self.reads: list[Read] = []

    def report(self, path: Path, code: Code, message: str, hint: str | None = None) -> None:
        self.vocabulary.project.report(self.document.place(path), code, message, hint)

    def check(self) -> None:
        """Check everything but how the steps hang together."""
        self._check_zone()
        self._check_dates()
        self._check_entry()
        names = self._names_inside()
        self._check_exits(names)
        checks = StepChecks(self.defined, self.vocabulary, names, self.routes)
        checks.check(self.steps)
        check_clocks(self.defined, self.vocabulary.project, self.steps, checks.zoneless)

    def _check_zone(self) -> None:
        zone = self.spec.timezone
        if zone != "profile" and (fault := zone_fault(zone)):
            self.report(("timezone",), Code.UNKNOWN_ZONE, fault[0], fault[1] or ZONE_HINT)

    def _check_dates(self) -> None:
        spec, read = self.spec, self.spec.entry.read
        if spec.start is not None and spec.end is not None and spec.end <= spec.start:
            message = "the journey ends before it begins"
            self.report(("end",), Code.DATES, message, "swap `start` and `end`")
        if read and read.until is not None and read.at is not None and read.until <= read.at:
            message = "the reading ends before it begins"
            path = ("entry", "read", "until")
            self.report(path, Code.DATES, message, "swap `at` and `until`")

    # What is named.

    def _check_entry(self) -> None:
        entry = self.spec.entry
        self._check_one_of(("entry",), entry.kinds, "event, audience, read, business")
        named = ((path, "event", name) for path, name in self.spec.events())
        audiences = ((path, "audience", name) for path, name in self.spec.audiences())
        for path, kind, name in (*named, *audiences):
            self.vocabulary.check_known(self.document, path, kind, name)
        heard = {entry.heard} if entry.heard else set()
        at_entry = Names(heard, {}, self.conversions, reads=self.reads)
        if entry.when is not None:
            path = ("entry", "when")
            self.vocabulary.check_condition(self.document, path, entry.when, at_entry)
        if entry.key is not None:
            self.vocabulary.check_expression(self.document, ("entry", "key"), entry.key, at_entry)

    def _check_one_of(self, path: Path, given: list[str], known: str) -> None:
        if len(given) > 1:
            message = f"{' and '.join(f'`{name}`' for name in given)} exclude each other"
            self.report((*path, given[1]), Code.ONE_OF, message, "keep one of them")
        elif not given:
            message = f"nothing says what '{path[0]}' is about"
            self.report(path, Code.ONE_OF, message, f"give one of: {known}")

    def _check_exits(self, inside: Names) -> None:
        for n, criterion in enumerate(self.spec.exit):
            path: Path = ("exit", n)
            given = [name for name in ("event", "audience") if getattr(criterion, name)]
            if len(given) > 1 or criterion.when is None:
                self._check_one_of(path, given, "event, audience, when")
            if criterion.when is not None:
                self.vocabulary.check_condition(
                    self.document, (*path, "when"), criterion.when, inside
                )

    def _names_inside(self) -> Names:
        """Give what can be named inside; more than is sure where some step could not be read."""
        if len(self.steps) < len(self.spec.steps):
            sources = self.vocabulary.ids.get("source", set())
            heard = self._heard() | self.vocabulary.events.keys()
            names = Names(heard, None, self.conversions, sources=sources, reads=self.reads)
            return replace(names, tables=all_tables(self.vocabulary))
        calling = {
            name: self.vocabulary.answer(kind, used)
            for name, step in self.steps.items()
            for _, kind, used in step.uses()
            if kind in ("action", "source")
        }
        sources = self._used("source")
        names = Names(self._heard(), calling, self.conversions, sources=sources, reads=self.reads)
        return replace(names, tables=tables_read(self.vocabulary, self.steps.values()))

    def _heard(self) -> set[str]:
        """Give the events that a walk begins with, waits for or exits by."""
        raced = {
            name
            for step in self.steps.values()
            if step.kind == "first_of"
            for _, kind, name in step.uses()
            if kind == "event"
        }
        return {name for _, name in self.spec.events()} | raced

    def _listened(self) -> set[str]:
        """Give the events that move a walk, or count as success of an arm."""
        return self._heard() | {
            name
            for step in self.steps.values()
            if step.kind == "experiment"
            for _, kind, name in step.uses()
            if kind == "event"
        }

    def _used(self, kind: str) -> set[str]:
        uses = (use for step in self.steps.values() for use in step.uses())
        return {name for _, of, name in uses if of == kind}

    def _crossed(self) -> set[str]:
        """Give the audiences that the journey is entered, left or raced by."""
        return {name for _, name in self.spec.audiences()} | self._used("audience")

    # The plan.

    def is_incomplete(self) -> bool:
        """Say whether the journey, or a definition that it uses, could not be read in full."""
        vocabulary = self.vocabulary
        used: dict[str, tuple[Set[str], Container[str]]] = {
            "event": (self._listened(), vocabulary.events),
            "action": (self._used("action"), vocabulary.actions),
            "source": (self._used("source"), vocabulary.sources),
            "dataset": (self._used("dataset"), vocabulary.datasets),
            "journey": ({self.spec.id}, {self.spec.id}),
        }
        broken = vocabulary.broken
        return any(
            name not in known or name in broken.get(kind, ())
            for kind, (names, known) in used.items()
            for name in names
        )

    def plan(self, routes: Routes) -> Plan:
        """Put together what the engine runs."""
        spec, vocabulary = self.spec, self.vocabulary
        rules = rules_for(vocabulary, self.reads, self._crossed(), self.conversions)
        listened = self._listened() | {read.event for read in rules.histories}
        actions = {name: vocabulary.actions[name] for name in sorted(self._used("action"))}
        return Plan(
            journey=spec.id,
            version=spec.version,
            label=spec.label,
            namespace=spec.namespace,
            timezone=spec.timezone,
            start=spec.start,
            end=spec.end,
            timeout_ms=spec.timeout,
            priority=spec.priority,
            entry=_entry(spec.entry),
            exits=[_exit(criterion) for criterion in spec.exit],
            in_flight=spec.fates.default,
            exceptions=spec.fates.exceptions,
            moves=spec.moves,
            first=routes.first,
            steps=routes.steps,
            events={name: vocabulary.events[name] for name in sorted(listened)},
            actions=actions,
            sources={name: vocabulary.sources[name] for name in sorted(self._used("source"))},
            rules=rules,
            policies=policies_for(vocabulary, spec.id, actions.values()),
        )


def _entry(spec: EntrySpec) -> Entry:
    return Entry(
        reentry_allowed=spec.reentry.allowed,
        reentry_after_ms=spec.reentry.after,
        event=spec.heard,
        crossing=_crossing(spec.audience),
        reading=_reading(spec),
        when=spec.when,
        key=spec.key,
        debounce_ms=spec.debounce,
        max_age_ms=spec.max_age,
    )


def _reading(spec: EntrySpec) -> Reading | None:
    if spec.business is not None:
        return Reading(spec.business.audience, spec.business.rate)
    read = spec.read
    if read is None:
        return None
    return Reading(
        audience=read.audience,
        rate=read.rate,
        at=read.at,
        every_ms=read.every,
        until=read.until,
        incremental=read.incremental,
        force_reentry=read.force_reentry,
        waves=read.waves.count if read.waves else 1,
        wave_every_ms=read.waves.every if read.waves else 0,
    )


def _exit(spec: ExitSpec) -> ExitRule:
    return ExitRule(spec.name, spec.event, _crossing(spec.audience), spec.when)


def _crossing(spec: CrossingSpec | BorderSpec | None) -> Crossing | None:
    return None if spec is None else Crossing(spec.id, spec.on)
