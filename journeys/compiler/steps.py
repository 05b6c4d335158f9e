"""Steps of a journey, each judged by itself: what it names, its expressions and its texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from journeys.actions import ACTIONS
from journeys.activities.action import ActionStepSpec
from journeys.activities.choose import ChooseSpec
from journeys.activities.condition import ConditionSpec, ElseSpec, RuleSpec
from journeys.activities.emit import EmitSpec
from journeys.activities.experiment import ExperimentSpec
from journeys.activities.first_of import FirstOfSpec, ReactionSpec
from journeys.activities.jump import JumpSpec
from journeys.activities.lookup import LookupSpec
from journeys.activities.split import SplitSpec
from journeys.activities.update_profile import UpdateProfileSpec
from journeys.activity import END, Step
from journeys.compiler.attributes import check_attributes
from journeys.compiler.forms import Defined
from journeys.compiler.lookups import check_lookup
from journeys.compiler.routes import Routes
from journeys.compiler.sent import check_emitted, check_jumped
from journeys.compiler.texts import check_arguments, check_message
from journeys.compiler.vocabulary import Before, Names, Vocabulary
from journeys.diagnostics import Code, near
from journeys.expressions.catalog import ReadKind
from journeys.expressions.errors import Severity
from journeys.expressions.types import Kind
from journeys.kinds.journey import JourneySpec
from journeys.report import HOLDOUT
from journeys.shares import WHOLE, is_whole
from journeys.specification import ForkSpec, Path, StepSpec


class StepChecks:
    """Checks every step of one journey."""

    def __init__(
        self,
        defined: Defined[JourneySpec],
        vocabulary: Vocabulary,
        inside: Names,
        routes: Routes | None,
    ) -> None:
        self.document = defined.document
        self.vocabulary = vocabulary
        self.spec = defined.spec
        self.inside = inside
        self.routes = routes if routes and routes.is_complete else None
        self.zoneless: list[Path] = []
        """Filled by `check`: where an instant is waited for whose value has no zone."""

    def check(self, steps: Mapping[str, StepSpec]) -> None:
        """Check them, and report what is wrong."""
        for name, step in steps.items():
            self._check_targets(name, step)
            self._check_expressions(name, step)
            self._check_shares(("steps", name), step)
            self._check_waits(("steps", name), step)
            match step:
                case FirstOfSpec():
                    self._check_race(("steps", name, "first_of"), step, steps)
                case ChooseSpec():
                    self._check_else_last(("steps", name, "choose"), step.choose)
                    self._check_labels(("steps", name), step)
                case SplitSpec():
                    self._check_labels(("steps", name), step)
                case ConditionSpec():
                    self._check_rules(("steps", name, "condition"), step)
                    self._check_labels(("steps", name), step)
                case ExperimentSpec():
                    self._check_arms(name, step)
                case JumpSpec():
                    self._check_jump(("steps", name, "jump"), step)
                    check_jumped(self.vocabulary, self.document, name, step)
                case EmitSpec():
                    check_emitted(self.vocabulary, self.document, name, step)
                case LookupSpec():
                    check_lookup(self.vocabulary, self.document, name, step, self._names(name))
                    self._check_call(name, step)
                case ActionStepSpec():
                    self._check_call(name, step)
                case UpdateProfileSpec():
                    check_attributes(self.vocabulary, self.document, name, step, self._names(name))

    def _report(self, path: Path, code: Code, message: str, hint: str | None = None) -> None:
        self.vocabulary.project.report(self.document.place(path), code, message, hint)

    def _warn(self, path: Path, code: Code, message: str, hint: str) -> None:
        place = self.document.place(path)
        self.vocabulary.project.report(place, code, message, hint, Severity.WARNING)

    def _check_targets(self, name: str, step: StepSpec) -> None:
        for path, target in step.targets():
            if target != END and target not in self.spec.steps:
                message = f"there is no step '{target}'"
                hint = near(target, [*self.spec.steps, END])
                self._report(("steps", name, *path), Code.UNKNOWN_STEP, message, hint)
        for path, kind, used in step.uses():
            at: Path = ("steps", name, *path)
            self.vocabulary.check_known(self.document, at, kind, used)

    def _check_expressions(self, name: str, step: StepSpec) -> None:
        vocabulary, document, at = self.vocabulary, self.document, ("steps", name)
        names = self._names(name)
        for path, text in step.conditions():
            heard = self._names(name, _event_of(step, path))
            if isinstance(step, ExperimentSpec):  # judged when the walk may have ended
                metric = step.experiment.metric.event
                heard = Names({metric}, {}, heard.conversions, reads=heard.reads)
            vocabulary.check_condition(document, (*at, *path), text, heard)
        for path, text in step.numbers():
            vocabulary.check_number(document, (*at, *path), text, names)
        for path, text in step.instants():
            found = vocabulary.check_instant(document, (*at, *path), text, names)
            if found is not None and found.kind in (Kind.DATE_ONLY, Kind.DATE_TIME_ONLY):
                self.zoneless.append((*at, *path))
        for path, value in step.templates():
            check_arguments(vocabulary, document, (*at, *path), value, names)

    def _names(self, step: str, event: str | None = None) -> Names:
        """Give what can be named at a step, by a condition of an event also that one."""
        heard = set() if event is None else {event}
        before = None
        if self.routes and step in self.routes.before:
            marks = self.routes.before[step] | {(ReadKind.EVENT, name) for name in heard}
            before = Before(step, marks)
        if heard <= self.inside.events:
            return replace(self.inside, before=before)
        return replace(self.inside, events=self.inside.events | heard, before=before, known={})

    def _check_shares(self, at: Path, step: StepSpec) -> None:
        for path, percents in step.shares():
            if not is_whole(percents):
                total = sum(percents)
                message = f"the shares are {total:g} % together; expected {WHOLE} %"
                hint = f"{'add' if total < WHOLE else 'remove'} {abs(WHOLE - total):g} %"
                self._report((*at, *path), Code.SHARES, message, hint)

    def _check_waits(self, at: Path, step: StepSpec) -> None:
        for path, milliseconds in step.fixed_waits():
            if milliseconds >= self.spec.timeout:
                message = "the journey's timeout comes before this wait is over"
                hint = "wait less, or give the journey a longer `timeout`"
                self._report((*at, *path), Code.WAIT_TOO_LONG, message, hint)

    def _check_race(self, at: Path, step: FirstOfSpec, steps: Mapping[str, StepSpec]) -> None:
        waits = step.waits()
        if len(waits) > 1:
            message = "a race can have one wait: the shortest would always win"
            path = (*at, waits[1][0])
            self._report(path, Code.SEVERAL_WAITS, message, "remove the longer one")
        else:
            self._check_labels(at[:-1], step)
        for path, reaction in step.reactions():
            self._check_reaction((*at[:-1], *path), reaction, steps)

    def _check_reaction(
        self, at: Path, reaction: ReactionSpec, steps: Mapping[str, StepSpec]
    ) -> None:
        sending = {name: s.action for name, s in steps.items() if isinstance(s, ActionStepSpec)}
        if reaction.step not in sending:
            message = f"'{reaction.step}' is no step that sends a message"
            self._report((*at, "step"), Code.REACTION_STEP, message, near(reaction.step, sending))
            return
        action = self.vocabulary.actions.get(sending[reaction.step])
        reported = sorted(ACTIONS[action.channel].reactions) if action else [reaction.reaction]
        if action and reaction.reaction not in reported:
            message = f"'{reaction.reaction}' never comes: the channel '{action.channel}' " + (
                f"reports {', '.join(reported)}" if reported else "reports no reactions"
            )
            hint = "wait for one of those" if reported else "wait for an event instead"
            self._warn((*at, "is"), Code.NEVER_COMES, message, hint)
        before = self._names(str(at[1])).before
        if before and (ReadKind.ACTION, reaction.step) not in before.marks:
            message = (
                f"no way leads here through step '{reaction.step}': nobody can react to it yet"
            )
            hint = "send the message first, or race the reaction after it"
            self._warn((*at, "step"), Code.NEVER_COMES, message, hint)

    def _check_labels(self, at: Path, step: ForkSpec) -> None:
        labels = step.labels()
        for n, label in enumerate(labels):
            if label in labels[:n]:
                message = f"two ways are called '{label}': nobody could tell which was taken"
                hint = "give each way a `label` of its own"
                self._report((*at, step.kind, n), Code.ARMS, message, hint)

    def _check_else_last(self, at: Path, ways: Sequence[object]) -> None:
        for n, way in enumerate(ways[:-1]):
            if isinstance(way, ElseSpec):
                message = "nothing after `else` can be reached"
                self._report((*at, n), Code.ELSE_NOT_LAST, message, "write it last")

    def _check_rules(self, at: Path, step: ConditionSpec) -> None:
        self._check_else_last(at, step.condition)
        for n, rule in enumerate(step.condition):
            if isinstance(rule, RuleSpec) and rule.when is None and rule.window() is None:
                message = "nothing says when this way is taken"
                hint = "give `when`, `hours`, `days` or `dates`, or write `else: true`"
                self._report((*at, n), Code.ONE_OF, message, hint)

    def _check_arms(self, name: str, step: ExperimentSpec) -> None:
        at: Path = ("steps", name)
        taken = {HOLDOUT} if step.experiment.holdout else set()
        for n, arm in enumerate(step.experiment.arms):
            if arm.id in taken:
                message = f"two arms are called '{arm.id}': nobody could tell how each does"
                hint = "give each arm a name of its own; `holdout` is that of the people kept out"
                self._report((*at, "experiment", "arms", n, "id"), Code.ARMS, message, hint)
            taken.add(arm.id)
        if step.experiment.metric.within is None and self.routes:
            self._check_successes((*at, "experiment"), step, self.routes.steps[name])

    def _check_successes(self, at: Path, spec: ExperimentSpec, step: Step) -> None:
        for n, branch in enumerate(step.usual_branches()):
            if branch.to == END:
                path: Path = ("arms", n) if n < len(spec.experiment.arms) else ("holdout",)
                message = f"nobody can succeed with '{branch.label}': the walk ends there at once"
                hint = "write `within: P7D` under `metric`: a success then counts after the end too"
                self._warn((*at, *path), Code.NEVER_CONVERTS, message, hint)

    def _check_jump(self, at: Path, step: JumpSpec) -> None:
        if step.jump in self.vocabulary.ids["journey"] - self.vocabulary.begun_by_event.keys():
            message = f"the journey '{step.jump}' does not begin with an event of the person"
            hint = "jump to a journey whose entry is an `event`"
            self._report(at, Code.JUMP_TARGET, message, hint)

    def _check_call(self, name: str, step: ActionStepSpec | LookupSpec) -> None:
        names = self._names(name)
        for _, kind, used in step.uses():
            if (kind, used) in self.vocabulary.documents:
                check_message(self.vocabulary, (kind, used), names, set(step.arguments))


def _event_of(step: StepSpec, path: Path) -> str | None:
    """Give the event whose own condition stands at a path of a step, if it is one."""
    uses = (name for at, kind, name in step.uses() if kind == "event" and at[:-1] == path[:-1])
    return next(uses, None)
