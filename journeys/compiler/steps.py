"""Steps of a journey, each judged by itself: what it names, its expressions and its texts."""

from __future__ import annotations

from collections.abc import Mapping

from journeys.activities.action import ActionStepSpec
from journeys.activities.condition import ConditionSpec, ElseSpec, RuleSpec
from journeys.activities.first_of import FirstOfSpec
from journeys.activities.jump import JumpSpec
from journeys.activities.lookup import LookupSpec
from journeys.activity import END
from journeys.compiler.texts import check_arguments, check_message
from journeys.compiler.vocabulary import Names, Vocabulary
from journeys.diagnostics import Code, near
from journeys.document import Document
from journeys.kinds.journey import JourneySpec
from journeys.shares import WHOLE, is_whole
from journeys.specification import Path, StepSpec


class StepChecks:
    """Checks every step of one journey."""

    def __init__(
        self, document: Document, vocabulary: Vocabulary, spec: JourneySpec, inside: Names
    ) -> None:
        self.document = document
        self.vocabulary = vocabulary
        self.spec = spec
        self.inside = inside

    def check(self, steps: Mapping[str, StepSpec]) -> None:
        """Check them, and report what is wrong."""
        for name, step in steps.items():
            self._check_targets(name, step)
            self._check_expressions(("steps", name), step)
            self._check_shares(("steps", name), step)
            self._check_waits(("steps", name), step)
            match step:
                case FirstOfSpec():
                    self._check_race(("steps", name, "first_of"), step, steps)
                case ConditionSpec():
                    self._check_rules(("steps", name, "condition"), step)
                case JumpSpec():
                    self._check_jump(("steps", name, "jump"), step)
                case ActionStepSpec() | LookupSpec():
                    self._check_call(step)

    def _report(self, path: Path, code: Code, message: str, hint: str | None = None) -> None:
        self.vocabulary.project.report(self.document.place(path), code, message, hint)

    def _check_targets(self, name: str, step: StepSpec) -> None:
        for path, target in step.targets():
            if target != END and target not in self.spec.steps:
                message = f"there is no step '{target}'"
                hint = near(target, [*self.spec.steps, END])
                self._report(("steps", name, *path), Code.UNKNOWN_STEP, message, hint)
        for path, kind, used in step.uses():
            at: Path = ("steps", name, *path)
            self.vocabulary.check_known(self.document, at, kind, used)

    def _check_expressions(self, at: Path, step: StepSpec) -> None:
        vocabulary, names = self.vocabulary, self.inside
        for path, text in step.conditions():
            vocabulary.check_condition(self.document, (*at, *path), text, names)
        for path, text in step.instants():
            vocabulary.check_instant(self.document, (*at, *path), text, names)
        for path, value in step.templates():
            check_arguments(vocabulary, self.document, (*at, *path), value, names)

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
        sending = [name for name, other in steps.items() if isinstance(other, ActionStepSpec)]
        for path, reaction in step.reactions():
            if reaction.step not in sending:
                message = f"'{reaction.step}' is no step that sends a message"
                where = (*at[:-1], *path, "step")
                self._report(where, Code.REACTION_STEP, message, near(reaction.step, sending))

    def _check_rules(self, at: Path, step: ConditionSpec) -> None:
        for n, rule in enumerate(step.condition):
            if isinstance(rule, ElseSpec) and n < len(step.condition) - 1:
                message = "nothing after `else` can be reached"
                self._report((*at, n), Code.ELSE_NOT_LAST, message, "write it last")
            if isinstance(rule, RuleSpec) and rule.when is None and rule.window() is None:
                message = "nothing says when this way is taken"
                hint = "give `when`, `hours`, `days` or `dates`, or write `else: true`"
                self._report((*at, n), Code.ONE_OF, message, hint)

    def _check_jump(self, at: Path, step: JumpSpec) -> None:
        if step.jump in self.vocabulary.ids["journey"] - self.vocabulary.begun_by_event:
            message = f"the journey '{step.jump}' does not begin with an event of the person"
            hint = "jump to a journey whose entry is an `event`"
            self._report(at, Code.JUMP_TARGET, message, hint)

    def _check_call(self, step: ActionStepSpec | LookupSpec) -> None:
        for _, kind, used in step.uses():
            if (kind, used) in self.vocabulary.documents:
                check_message(self.vocabulary, (kind, used), self.inside, set(step.arguments))
