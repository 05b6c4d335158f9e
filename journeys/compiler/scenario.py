"""One scenario: its items read by their keys, and held against the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from journeys.activity import END
from journeys.clock import format_instant
from journeys.compiler.attributes import check_person
from journeys.compiler.forms import Defined, read_spec
from journeys.compiler.table_rows import tables_in_scenario
from journeys.compiler.vocabulary import Vocabulary
from journeys.definitions import EventDefinition
from journeys.diagnostics import Code, near
from journeys.document import Document
from journeys.expressions import ExpressionError
from journeys.kinds.journey import JourneySpec
from journeys.kinds.scenario import (
    ASKING,
    DO,
    EXPECT,
    PERSON,
    ActionAsked,
    AdvanceItem,
    At,
    AudienceItem,
    DoItem,
    EventItem,
    Expectation,
    FeedbackItem,
    NoAction,
    NotSent,
    ProfileItem,
    ReadItem,
    RespondItem,
    ScenarioSpec,
    StepReport,
    UntilSpec,
)
from journeys.plan import Plan
from journeys.project import Project
from journeys.scenario import Scenario, record_of
from journeys.specification import Path, Spec

S = TypeVar("S", bound=Spec)
_FAILURES = ("error", "timeout", "capped", "not_sent")


def compile_scenario(
    defined: Defined[ScenarioSpec],
    vocabulary: Vocabulary,
    journeys: Iterable[Defined[JourneySpec]],
    plans: Mapping[str, Plan],
) -> Scenario | None:
    """Check one scenario and report what is wrong in it; None if anything is."""
    project = vocabulary.project
    before = len(project.diagnostics)
    spec, document = defined.spec, defined.document
    do = [_read_item(project, document, n, "do", DO) for n in range(len(spec.do))]
    expect = [_read_item(project, document, n, "expect", EXPECT) for n in range(len(spec.expect))]
    known = {journey.spec.id: journey.spec for journey in journeys}
    journey = known.get(spec.journey)
    scenario = Scenario(
        id=spec.id,
        journey=spec.journey,
        namespace=journey.namespace if journey else "profile",
        person=str(spec.profile.get("id", PERSON)),
        profile={name: value for name, value in spec.profile.items() if name != "id"},
        start=spec.start,
        audiences=tuple(spec.audiences),
        do=tuple(item for item in do if item is not None),
        expect=tuple(item for item in expect if item is not None),
        tables=tables_in_scenario(vocabulary, document, spec.tables),
        document=document,
    )
    check = _Check(scenario, document, vocabulary, known, plans)
    check.check_journey(("journey",), spec.journey)
    check_person(vocabulary, document, ("profile",), spec.profile)
    for n, audience in enumerate(spec.audiences):
        check.check_audience(("audiences", n), audience)
    for n, done in enumerate(do):
        if done is not None:
            check.check_item(("do", n), done)
    for n, expected in enumerate(expect):
        if expected is not None:
            check.check_expectation(("expect", n, expected.kind), expected)
    if len(project.diagnostics) > before:
        return None
    return replace(scenario, events=check.sent)


def _read_item(
    project: Project, document: Document, n: int, name: str, forms: Mapping[str, type[S]]
) -> S | None:
    """Read one item of a list by the key that tells its kind."""
    value: Any = document.value
    item: dict[str, Any] = value[name][n]
    kinds = [key for key in item if key in forms]
    if len(kinds) != 1:
        written = " and ".join(f"'{key}'" for key in kinds or item) or "nothing"
        message = f"item {n + 1} of '{name}' is of no known kind: it says {written}"
        if kinds:
            message = f"item {n + 1} of '{name}' is several things at once: {written}"
        hints = [near(key, forms) for key in item]
        known = f"known: {', '.join(forms)}"
        hint = "write one item for each" if kinds else _first(hints, known)
        place = document.place((name, n, *(kinds or list(item))[:1]), key=True)
        project.report(place, Code.UNKNOWN_ITEM, message, hint)
        return None
    if forms is DO:
        return read_spec(project, document, forms[kinds[0]], (name, n))
    for other in item.keys() - kinds:
        message = f"unknown field '{other}'"
        hint = f"indent it, so that it stands below '{kinds[0]}'"
        place = document.place((name, n, other), key=True)
        project.report(place, Code.UNKNOWN_FIELD, message, hint)
    return read_spec(project, document, forms[kinds[0]], (name, n, kinds[0]))


def _asks(step: Mapping[str, Any], kinds: Iterable[str]) -> bool:
    """Say whether a step, as it is written, asks the world outside; a table is no such world."""
    return not step.keys().isdisjoint(kinds) and step.keys().isdisjoint(("key", "keys"))


def _first(hints: Iterable[str], otherwise: str) -> str:
    return next((hint for hint in hints if hint.startswith("did")), otherwise)


class _Check:
    def __init__(
        self,
        scenario: Scenario,
        document: Document,
        vocabulary: Vocabulary,
        journeys: Mapping[str, JourneySpec],
        plans: Mapping[str, Plan],
    ) -> None:
        self.project = vocabulary.project
        self.document = document
        self.scenario = scenario
        self.vocabulary = vocabulary
        self.journeys = journeys
        self.plans = plans
        self.sent: dict[str, EventDefinition] = {}
        self.now = scenario.start
        """How far the items looked at have come."""

    def report(self, path: Path, code: Code, message: str, hint: str | None = None) -> None:
        self.project.report(self.document.place(path), code, message, hint)

    def check_journey(self, path: Path, journey: str) -> None:
        broken = self.vocabulary.broken.get("journey", ())
        if journey not in self.journeys and journey not in broken:
            message = f"the journey '{journey}' is not defined"
            self.report(path, Code.UNKNOWN_JOURNEY, message, near(journey, self.journeys))

    def check_audience(self, path: Path, audience: str) -> None:
        known = self.vocabulary.ids["audience"]
        if audience not in known and audience not in self.vocabulary.broken.get("audience", ()):
            message = f"the audience '{audience}' is not defined"
            self.report(path, Code.UNKNOWN_AUDIENCE, message, near(audience, known))

    # What happens.

    def check_item(self, path: Path, item: DoItem) -> None:
        match item:
            case EventItem():
                self.check_event(path, item)
            case RespondItem(respond=response):
                self.check_asking((*path, "respond", "step"), response.step, (*ASKING, "cap"))
            case FeedbackItem(feedback=feedback):
                self.check_asking((*path, "feedback", "step"), feedback.step, ("action",))
            case AudienceItem(audience=crossing):
                self.check_audience((*path, "audience", "id"), crossing.id)
            case ProfileItem(profile=patch) if patch is not None:
                check_person(self.vocabulary, self.document, (*path, "profile"), patch)
            case ReadItem():
                self.check_read(path)
            case AdvanceItem(advance=UntilSpec(until=until)):
                self._check_clock((*path, "advance", "until"), until)
            case AdvanceItem(advance=int(milliseconds)):
                self.now += milliseconds
            case _:
                pass

    def _check_clock(self, path: Path, until: int) -> None:
        if until < self.now:
            message = f"the scenario has come to {format_instant(self.now)} already"
            self.report(path, Code.DATES, message, "time only goes on: name a later instant")
        self.now = max(self.now, until)

    def check_read(self, path: Path) -> None:
        journey = self.journeys.get(self.scenario.journey)
        entry = journey.entry if journey else None
        if entry is not None and entry.read is None and entry.business is None:
            message = f"the journey '{self.scenario.journey}' reads no audience"
            hint = "send the event, or go into the audience, that it begins with"
            place = self.document.place((*path, "read"), key=True)
            self.project.report(place, Code.NOTHING_TO_ANSWER, message, hint)

    def check_event(self, path: Path, item: EventItem) -> None:
        known = self.vocabulary.events
        definition = known.get(item.event)
        if definition is not None:
            self.sent[item.event] = definition
            self._check_payload(path, item, definition)
        elif item.event not in self.vocabulary.broken.get("event", ()):
            message = f"the event '{item.event}' is not defined"
            self.report((*path, "event"), Code.UNKNOWN_EVENT, message, near(item.event, known))

    def _check_payload(self, path: Path, item: EventItem, definition: EventDefinition) -> None:
        start, identity = self.scenario.start, self.scenario.identity
        event_type, payload = record_of(definition, item.payload, identity, "id", start)
        fault = definition.fault(payload)
        if fault is not None:
            pointer = tuple(
                int(p) if p.isdigit() else p for p in fault.split(":")[0][1:].split("/")
            )
            message = f"the payload contradicts the schema of '{item.event}': {fault}"
            hint = "the job would refuse this event as a dead letter"
            self.report((*path, "payload", *pointer), Code.PAYLOAD, message, hint)
            return
        try:
            matches = definition.matches(event_type, payload, start)
        except ExpressionError:
            matches = False
        if not matches:
            message = f"this payload is not the event '{item.event}'"
            hint = "give it the values that `match` and `when` of the event ask for"
            self.report((*path, "payload"), Code.PAYLOAD, message, hint)

    def check_asking(self, path: Path, step: str, kinds: Iterable[str]) -> None:
        """Check that a step is there and asks the world outside."""
        journey = self.journeys.get(self.scenario.journey)
        if journey is None or not self._is_step(path, step, journey):
            return
        asking = [name for name, each in journey.steps.items() if _asks(each, kinds)]
        if step not in asking:
            message = f"step '{step}' asks for nothing that could be answered"
            self.report(path, Code.NOTHING_TO_ANSWER, message, near(step, asking))

    # What is expected.

    def check_expectation(self, path: Path, item: Expectation) -> None:
        if item.journey is not None:
            self.check_journey((*path, "journey"), item.journey)
        journey = self.journeys.get(item.journey or self.scenario.journey)
        match item:
            case ActionAsked(id=action) | NoAction(id=action):
                self._check_action((*path, "id"), action)
            case At(step=step) | NotSent(step=step) if journey is not None:
                self._is_step((*path, "step"), step, journey)
            case StepReport(id=step) if journey is not None:
                if self._is_step((*path, "id"), step, journey):
                    self._check_branch((*path, "branch"), item, journey)
            case _:
                pass

    def _is_step(self, path: Path, step: str, journey: JourneySpec) -> bool:
        if step in journey.steps:
            return True
        message = f"there is no step '{step}' in the journey '{journey.id}'"
        hint = near(step, journey.steps)
        if step == END:
            hint = "say `completed: true` where a walk reaches its end"
        self.report(path, Code.UNKNOWN_STEP, message, hint)
        return False

    def _check_action(self, path: Path, action: str) -> None:
        known = self.vocabulary.actions
        if action not in known and action not in self.vocabulary.broken.get("action", ()):
            message = f"the action '{action}' is not defined"
            self.report(path, Code.UNKNOWN_ACTION, message, near(action, known))

    def _check_branch(self, path: Path, item: StepReport, journey: JourneySpec) -> None:
        plan = self.plans.get(journey.id)
        if plan is None or item.branch is None:
            return
        step = plan.steps[item.id]
        labels = [way.label for way in step.branches() if way.label is not None]
        labels += _FAILURES if step.kind in ASKING else ()
        if item.branch not in labels:
            message = f"step '{item.id}' has no branch '{item.branch}'"
            self.report(path, Code.UNKNOWN_BRANCH, message, near(item.branch, labels))
