"""What is known of one person at one moment, as expressions read it.

Scores and memberships are computed when an expression first asks for them: most ask for none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

import orjson

from journeys.definitions import ModelDefinition, Rules
from journeys.expressions import Scope, Value, compile_expression, inputs
from journeys.messages import JsonObject, JsonValue
from journeys.profile import Profile
from journeys.scoring import UNKNOWN, Score, score
from journeys.tables import Tables

V = TypeVar("V")
MEMBER = "realized"
NO_MEMBER = "exited"
"""States of an audience (`journey-semantics` A.2, A.20)."""


class Known:
    """The profile, the past, audiences and scores of a person."""

    __slots__ = (
        "inputs",
        "memberships",
        "models",
        "now",
        "profile",
        "rules",
        "scores",
        "tables",
        "zone",
    )

    def __init__(
        self,
        profile: Profile,
        memberships: Mapping[str, int],
        rules: Rules,
        zone: str,
        now: int,
        tables: Tables,
        models: Mapping[str, ModelDefinition | None],
    ) -> None:
        self.profile = profile
        self.memberships = memberships
        """Audiences that the person was told to be in; of others their rule decides."""
        self.rules = rules
        self.zone = zone
        self.now = now
        self.tables = tables
        """Reference data."""
        self.models = models
        """What the rules read scores by; None where the job does not know it."""
        self.scores: dict[str, Score] = {}
        """Those that were read, by their model."""
        self.inputs: dict[str, JsonValue] | None = None
        """What conditions have read, by its text; None where it is not to be told."""

    @property
    def decided_by(self) -> str | None:
        """The models whose scores were read, as step events tell them; None: there were none."""
        if not self.scores:
            return None
        return ", ".join(f"{name}@{told}" for name, told in sorted(self.scores.items()))

    @property
    def inputs_text(self) -> str | None:
        """What conditions have read, as step events tell it; None: nothing, or not to be told."""
        return orjson.dumps(self.inputs).decode() if self.inputs else None

    def scope(self, events: Mapping[str, JsonObject], seed: str) -> Scope:
        """Make what one evaluation reads, beside what a walk adds of its own."""
        scope = Scope(
            events=events,
            profile={**self.profile.attributes, "id": self.profile.id},
            now=self.now,
            zone=self.zone,
            seed=seed,
            history=self._past,
        )
        if self.rules.audiences or self.memberships:
            names = self.rules.audiences.keys() | self.memberships.keys()
            scope.audiences = _Lazy(names, self._membership)
        if self.models:
            scope.decisions = _Lazy(self.models, self._score)
        return scope

    def evaluate(self, expression: str, scope: Scope) -> Value:
        """Evaluate an expression of the plan.

        Raises:
            ExpressionError: a value went past a bound.
        """
        conversions = self.rules.conversions.get(expression, ())
        return compile_expression(expression, conversions)(scope)

    def holds(self, condition: str, scope: Scope) -> bool:
        """Evaluate a condition of the plan, and note what it reads where that is told.

        Raises:
            ExpressionError: a value went past a bound.
        """
        if self.inputs is not None:
            self.inputs.update(inputs(condition, scope))
        return self.evaluate(condition, scope) is True

    def _past(self, event: str, path: tuple[str, ...], window_ms: int | None) -> list[JsonValue]:
        return self.profile.history.values(event, path, window_ms, self.now)

    def _membership(self, audience: str) -> str:
        if audience in self.memberships:
            return MEMBER
        rule = self.rules.audiences[audience]
        holds = self.evaluate(rule.when, self.scope({}, f"{audience}/{self.profile.id}")) is True
        return MEMBER if holds else NO_MEMBER

    def _score(self, name: str) -> JsonObject:
        found = self.scores[name] = self._computed(name)
        return {"score": found.value, "version": found.version, "note": found.note}

    def _computed(self, name: str) -> Score:
        """Compute a score once, until the person becomes another."""
        model = self.models[name]
        if model is None:
            return UNKNOWN
        computed, mark = self.profile.computed, (id(model), self.zone)
        found: Score | None = computed.get(mark)
        if found is None:
            scope = self.scope({}, f"{name}/{self.profile.id}")
            found = computed[mark] = score(model, lambda text: self._value(model, text, scope))
        return found

    def _value(self, model: ModelDefinition, text: str, scope: Scope) -> Value:
        of_plan = self.rules.conversions.get(text, ())  # where older releases kept them
        return compile_expression(text, model.conversions.get(text, of_plan))(scope)


class _Lazy(Mapping[str, V]):
    """A mapping whose values are computed when they are asked for."""

    __slots__ = ("_compute", "_names")

    def __init__(self, names: Collection[str], compute: Callable[[str], V]) -> None:
        self._names = names
        self._compute = compute

    def __getitem__(self, name: str) -> V:
        if name not in self._names:
            raise KeyError(name)
        return self._compute(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
