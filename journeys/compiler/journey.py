"""One journey: its steps, how they hang together, and the plan."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from journeys.activities.action import ActionStepSpec
from journeys.activities.condition import ConditionSpec, ElseSpec
from journeys.activities.first_of import FirstOfSpec
from journeys.activity import END
from journeys.compiler.flow import hasty_loop, reachable
from journeys.compiler.forms import Defined, read_step
from journeys.compiler.texts import check_arguments, check_message
from journeys.compiler.vocabulary import Names, Vocabulary
from journeys.definitions import Conversions
from journeys.diagnostics import Code, near
from journeys.document import Document
from journeys.expressions.errors import Severity
from journeys.expressions.temporal import zone_named
from journeys.plan import Entry, Plan
from journeys.project import Project
from journeys.specification import JourneySpec, Path, StepSpec


@dataclass(frozen=True, slots=True)
class CompiledJourney:
    """What compiling one journey gave."""

    plan: Plan | None
    """None if something is wrong in it."""
    actions: set[str]
    """Actions that its steps name."""


def compile_journey(
    project: Project, defined: Defined[JourneySpec], vocabulary: Vocabulary
) -> CompiledJourney:
    """Compile one journey, and report what is wrong in it."""
    before = len(project.diagnostics)
    spec, document = defined.spec, defined.document
    steps = {name: read_step(project, document, name) for name in spec.steps}
    journey = _Journey(project, spec, document, vocabulary)
    _check_zone(journey)
    known = {name: step for name, step in steps.items() if step is not None}
    journey.check(known)
    actions = {step.action for step in known.values() if isinstance(step, ActionStepSpec)}
    if len(known) < len(steps):
        return CompiledJourney(None, actions)
    journey.check_flow(known)
    faults = project.diagnostics[before:]
    if any(fault.severity is Severity.ERROR for fault in faults) or journey.is_incomplete(known):
        return CompiledJourney(None, actions)
    return CompiledJourney(journey.plan(known), actions)


def _check_zone(journey: _Journey) -> None:
    zone = journey.spec.timezone
    if zone == "profile":
        return
    if zone_named(zone) is None:
        message = f"'{zone}' is no time zone"
        hint = "name an IANA zone such as Europe/Paris, or 'profile' for each person's own"
        journey.report(("timezone",), Code.UNKNOWN_ZONE, message, hint)


class _Journey:
    def __init__(
        self, project: Project, spec: JourneySpec, document: Document, vocabulary: Vocabulary
    ) -> None:
        self.project = project
        self.spec = spec
        self.document = document
        self.vocabulary = vocabulary
        self.conversions: dict[str, Conversions] = {}

    def report(self, path: Path, code: Code, message: str, hint: str | None = None) -> None:
        self.project.report(self.document.place(path), code, message, hint)

    # What the steps name.

    def check(self, steps: Mapping[str, StepSpec]) -> None:
        """Check everything that a step can be judged by alone."""
        self._check_known_event(("entry", "event"), self.spec.entry.event)
        for name, step in steps.items():
            self._check_targets(name, step)
            for path, event in step.listens():
                self._check_known_event(("steps", name, *path), event)
            self._check_kind(name, step)
        entry = self.spec.entry
        at_entry = Names({entry.event}, {}, self.conversions)
        self._check_condition(("entry", "when"), entry.when, at_entry)
        if entry.key is not None:
            self.vocabulary.check_expression(self.document, ("entry", "key"), entry.key, at_entry)
        inside = self._inside(steps)
        for name, step in steps.items():
            for path, text in step.conditions():
                self._check_condition(("steps", name, *path), text, inside)
            if isinstance(step, ActionStepSpec):
                self._check_action(name, step, inside)

    def _inside(self, steps: Mapping[str, StepSpec]) -> Names:
        """Give what can be named inside; more than is sure where some step could not be read."""
        heard = self._heard(steps)
        if len(steps) < len(self.spec.steps):
            return Names(heard | self.vocabulary.events.keys(), None, self.conversions)
        acting = {n: s.action for n, s in steps.items() if isinstance(s, ActionStepSpec)}
        return Names(heard, acting, self.conversions)

    def _check_known_event(self, path: Path, event: str) -> None:
        if event not in self.vocabulary.events and event not in self._broken("event"):
            message = f"the event '{event}' is not defined"
            self.report(path, Code.UNKNOWN_EVENT, message, near(event, self.vocabulary.events))

    def _check_targets(self, name: str, step: StepSpec) -> None:
        for path, target in step.targets():
            if target != END and target not in self.spec.steps:
                message = f"there is no step '{target}'"
                hint = near(target, [*self.spec.steps, END])
                self.report(("steps", name, *path), Code.UNKNOWN_STEP, message, hint)

    def _check_kind(self, name: str, step: StepSpec) -> None:
        if isinstance(step, FirstOfSpec) and len(step.waits()) > 1:
            path = ("steps", name, "first_of", step.waits()[1])
            message = "a race can have one wait: the shortest would always win"
            self.report(path, Code.SEVERAL_WAITS, message, "remove the longer one")
        if isinstance(step, ConditionSpec):
            for n, rule in enumerate(step.condition[:-1]):
                if isinstance(rule, ElseSpec):
                    path = ("steps", name, "condition", n)
                    message = "nothing after `else` can be reached"
                    self.report(path, Code.ELSE_NOT_LAST, message, "write it last")

    def _heard(self, steps: Mapping[str, StepSpec]) -> set[str]:
        listened = {event for step in steps.values() for _, event in step.listens()}
        return {self.spec.entry.event, *listened}

    def _broken(self, kind: str) -> Set[str]:
        return self.vocabulary.broken.get(kind, frozenset())

    def _check_condition(self, path: Path, text: str | None, names: Names) -> None:
        if text is not None:
            self.vocabulary.check_condition(self.document, path, text, names)

    def _check_action(self, name: str, step: ActionStepSpec, names: Names) -> None:
        path = ("steps", name)
        vocabulary = self.vocabulary
        if step.action in self._broken("action"):
            return
        if step.action not in vocabulary.actions:
            message = f"the action '{step.action}' is not defined"
            hint = near(step.action, vocabulary.actions)
            self.report((*path, "action"), Code.UNKNOWN_ACTION, message, hint)
            return
        written = dict(step.arguments)
        check_arguments(vocabulary, self.document, (*path, "with"), written, names)
        check_message(vocabulary, step.action, names, set(written))

    # How the steps hang together.

    def check_flow(self, steps: Mapping[str, StepSpec]) -> None:
        """Check what can be reached and what runs in circles."""
        edges = self._edges(steps)
        found = reachable(next(iter(steps)), edges)
        for name in steps:
            if name not in found and not self._leads_nowhere(steps):
                message = f"no way leads to step '{name}'"
                hint = "lead to it by `next` or `to`, or remove it"
                place = self.document.place(("steps", name), key=True)
                self.project.report(place, Code.UNREACHABLE, message, hint, Severity.WARNING)
        holding = {name for name, step in steps.items() if step.holds()}
        while circle := hasty_loop(edges, holding):
            way = " → ".join(circle)
            message = f"these steps lead in a circle that takes no time: {way}"
            hint = "put a `wait` or a `first_of` that lasts into the circle"
            place = self.document.place(("steps", circle[0]), key=True)
            self.project.report(place, Code.LOOP_WITHOUT_WAIT, message, hint)
            holding.add(circle[0])

    def _leads_nowhere(self, steps: Mapping[str, StepSpec]) -> bool:
        """Say whether some step names one that is not there: that may be the missing way."""
        named = {target for step in steps.values() for _, target in step.targets()}
        return not named <= {END, *steps}

    def _edges(self, steps: Mapping[str, StepSpec]) -> dict[str, list[str]]:
        following = self._following()
        edges = {}
        for name, step in steps.items():
            targets = [target for _, target in step.targets() if target in steps]
            if step.flows_on() and (step.next or following[name]) in steps:
                targets.append(step.next or following[name])
            edges[name] = targets
        return edges

    def _following(self) -> dict[str, str]:
        """Give for each step the one written after it; after the last comes the end."""
        names = list(self.spec.steps)
        return dict(zip(names, [*names[1:], END], strict=True))

    # The plan.

    def is_incomplete(self, steps: Mapping[str, StepSpec]) -> bool:
        """Say whether the journey uses a definition that could not be read."""
        acting = {step.action for step in steps.values() if isinstance(step, ActionStepSpec)}
        unknown = self._heard(steps) - self.vocabulary.events.keys()
        return bool(unknown | acting - self.vocabulary.actions.keys())

    def plan(self, steps: Mapping[str, StepSpec]) -> Plan:
        """Put together what the engine runs."""
        spec, vocabulary = self.spec, self.vocabulary
        following = self._following()
        heard = self._heard(steps)
        used = {step.action for step in steps.values() if isinstance(step, ActionStepSpec)}
        return Plan(
            journey=spec.id,
            version=spec.version,
            label=spec.label,
            namespace=spec.namespace,
            timezone=spec.timezone,
            entry=Entry(
                event=spec.entry.event,
                reentry_allowed=spec.entry.reentry.allowed,
                reentry_after_ms=spec.entry.reentry.after,
                when=spec.entry.when,
                key=spec.entry.key,
            ),
            first=next(iter(steps)),
            steps={n: s.compiled(n, s.next or following[n]) for n, s in steps.items()},
            events={name: vocabulary.events[name] for name in sorted(heard)},
            actions={name: vocabulary.actions[name] for name in sorted(used)},
            conversions=self.conversions,
        )
