"""Compiled events and actions, as a plan carries them: data only, complete, and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Literal, TypeAlias

import fastjsonschema
import orjson

from journeys.endpoint import EndpointDefinition
from journeys.expressions import ExpressionError, Scope, compile_expression
from journeys.expressions.turning import Turning, turnings
from journeys.expressions.values import LimitError
from journeys.history import HistoryRead
from journeys.identifiers import rule_id
from journeys.json_shape import same_json, value_at
from journeys.languages import Languages
from journeys.messages import ActionResult, Category, JsonObject, JsonValue
from journeys.onnx_session import OnnxSession, opened
from journeys.schema import Validator, patch_schema, validator, without_removals
from journeys.template import Template

Conversions = tuple[tuple[int, str], ...]
"""Where an expression reads dates and durations, which payloads hold as texts: offset and type."""


class _Described:
    """Whatever has a JSON Schema."""

    payload_schema: JsonObject

    @cached_property
    def _validator(self) -> Validator:
        return _compiled_schema(orjson.dumps(self.payload_schema, option=orjson.OPT_SORT_KEYS))

    def fault(self, payload: JsonValue) -> str | None:
        """Say where and how a payload contradicts the schema, if it does."""
        return _fault(self._validator, payload) if self.payload_schema else None

    @cached_property
    def _part_validator(self) -> Validator:
        schema = patch_schema(self.payload_schema)
        return _compiled_schema(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS))

    def part_fault(self, part: JsonObject) -> str | None:
        """Say where and how a part of a payload contradicts the schema by what it says."""
        return _fault(self._part_validator, part) if self.payload_schema else None


def _fault(validate: Validator, payload: JsonValue) -> str | None:
    try:
        validate(payload)
    except fastjsonschema.JsonSchemaValueException as error:
        pointer = "/" + "/".join(str(name) for name in error.path[1:])
        return f"{pointer}: {str(error.message).removeprefix(str(error.name)).strip()}"
    except LimitError as error:  # of a pattern
        return str(error)
    except RecursionError:
        return "it is nested deeper than the schema can be followed"
    return None


@dataclass(frozen=True)
class EventDefinition(_Described):
    """Which records are this event."""

    id: str
    event_type: str | None = None
    """The record's type must be this; None listens to every type."""
    fields: dict[str, JsonValue] = field(default_factory=dict)
    """Dotted path in the payload to the value it must have."""
    when: str | None = None
    """An expression over the payload that must hold."""
    conversions: Conversions = ()
    """Of `when`."""
    payload_schema: JsonObject = field(default_factory=dict)
    """JSON Schema of the payload, for validation at run time."""

    @cached_property
    def _paths(self) -> list[tuple[list[str], JsonValue]]:
        return [(path.split("."), value) for path, value in self.fields.items()]

    def names(self, event_type: str, payload: JsonObject) -> bool:
        """Say whether a record's type and fields say that it is this event, well formed or not."""
        if self.event_type is not None and event_type != self.event_type:
            return False
        return all(same_json(value_at(payload, path), value) for path, value in self._paths)

    def matches(self, event_type: str, payload: JsonObject, now: int) -> bool:
        """Say whether a record is this event; a condition without a value is false.

        Raises:
            ExpressionError: the condition went past a bound.
        """
        if not self.names(event_type, payload):
            return False
        if self.when is None:
            return True
        scope = Scope(events={self.id: payload}, now=now)
        return compile_expression(self.when, self.conversions)(scope) is True


@lru_cache(maxsize=1024)
def _compiled_schema(text: bytes) -> Validator:
    """Share one validator among all plans that carry the same schema."""
    return validator(orjson.loads(text))


@dataclass(frozen=True)
class DatasetDefinition(_Described):
    """Records of one form."""

    id: str
    holds: Literal["profiles", "events", "table"]
    payload_schema: JsonObject
    """JSON Schema of one record."""
    key: str
    """Dotted path of the field that holds the profile id, or of a table the row's key."""
    timestamp: str | None = None
    """Dotted path of the field that says when a record was so."""
    files: str | None = None
    """Where its files lie in the project, as a pattern."""
    profile: bool = True
    """Whether its records go into profiles."""
    kind: Literal["dataset"] = "dataset"

    def patch_fault(self, patch: JsonObject) -> str | None:
        """Say where and how a merge patch contradicts the schema by what it says.

        It may leave out anything, and remove whatever the schema does not require.
        """
        return self.part_fault(without_removals(self.payload_schema, patch))


@dataclass(frozen=True)
class ModelDefinition:
    """A score: by a formula, or by a trained model."""

    id: str
    version: int
    formula: str | None = None
    onnx: str | None = None
    """Instead of a formula: an ONNX file, in base64."""
    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Input of the file to the expressions that feed it, in order."""
    output: str = ""
    """The output of the file that is the score."""
    class_name: str | int | None = None
    """The class whose number is the score, where the output has several; None: the last."""
    missing: Literal["no_score", "nan"] = "no_score"
    """What becomes of the score where an input has no value."""
    conversions: Mapping[str, Conversions] = field(default_factory=dict)
    """Expression to the dates and durations that it reads; most read none."""
    histories: Sequence[HistoryRead] = field(default_factory=list)
    """What its expressions ask of the past."""
    events: Mapping[str, EventDefinition] = field(default_factory=dict)
    """The events of that past."""
    kind: Literal["model"] = "model"

    @property
    def digest(self) -> str | None:
        """A short name of the content of the ONNX file."""
        return None if self.onnx is None else sha256(self.onnx.encode()).hexdigest()[:12]

    @property
    def expressions(self) -> list[str]:
        """All that it reads: its formula, or what feeds its file."""
        fed = [text for texts in self.inputs.values() for text in texts]
        return fed if self.formula is None else [self.formula]

    @cached_property
    def session(self) -> OnnxSession:
        """The ONNX file, opened.

        Raises:
            OnnxError: the runtime cannot run it.
        """
        return opened(self.onnx or "")


SharedDefinition: TypeAlias = DatasetDefinition | ModelDefinition | EndpointDefinition
"""What belongs to no journey: the job takes it by itself, and the latest said holds for all."""


@dataclass(frozen=True)
class AudienceRule:
    """Who is in an audience."""

    when: str
    events: list[str] = field(default_factory=list)
    """Events whose past the rule reads: it may hold anew when one comes, or is too long ago."""
    models: list[str] = field(default_factory=list)
    """Models whose score it reads: likewise for the past that they read."""


@dataclass(frozen=True)
class Rules:
    """What a plan's expressions need besides its events: how to compute what they read."""

    conversions: Mapping[str, Conversions] = field(default_factory=dict)
    """Expression to the dates and durations that it reads; most read none."""
    models: Mapping[str, ModelDefinition] = field(default_factory=dict)
    """The models of its project: each decides while none of a higher version is known to all."""
    scores: Sequence[str] = ()
    """Ids of the models whose score is read."""
    audiences: Mapping[str, AudienceRule] = field(default_factory=dict)
    """Audience to its rule, where it has one."""
    histories: Sequence[HistoryRead] = ()
    """What is asked of the past."""

    def turnings(
        self, audience: str, models: Mapping[str, ModelDefinition | None]
    ) -> list[Turning]:
        """Give the parts of an audience's rule, and of scores it reads, that a clock changes.

        A rule of which that cannot be foreseen has none: the compiler refuses it.

        Args:
            audience: its name.
            models: those that its scores are read by.
        """
        when = self.audiences[audience].when
        texts = {when: self.conversions.get(when, ())}
        for model in self._models(audience, models):
            texts |= {text: model.conversions.get(text, ()) for text in model.expressions}
        try:
            found = [turnings(text, conversions) for text, conversions in texts.items()]
        except ExpressionError:
            return []
        return [turning for each in found for turning in each]

    def rule_id(self, audience: str, models: Mapping[str, ModelDefinition | None]) -> str:
        """Name the rule of an audience: another, or one of other models, is named otherwise."""
        texts = [self.audiences[audience].when]
        for model in self._models(audience, models):
            texts += [model.digest or "", *model.expressions]
        return rule_id(texts)

    def _models(
        self, audience: str, models: Mapping[str, ModelDefinition | None]
    ) -> list[ModelDefinition]:
        named = (models.get(name) for name in sorted(self.audiences[audience].models))
        return [model for model in named if model is not None]


@dataclass(frozen=True)
class Expected(_Described):
    """What a call that was answered must bring to be a success, besides its status."""

    payload_schema: JsonObject
    """JSON Schema of the response; empty where any will do."""
    success: str | None = None
    """An expression over the response that must hold; it reads it under the name of the action."""
    conversions: Conversions = ()
    """Of `success`."""

    def contradiction(self, name: str, result: ActionResult, now: int) -> str | None:
        """Say why what was answered is no success, if it is none.

        Args:
            name: that of the action or source.
            result: what came back.
            now: the instant.
        """
        fault = self.fault(result.response)
        if fault is not None:
            return f"the response does not fit its schema: {fault}"
        if self.success is None:
            return None
        scope = Scope(actions={name: as_read(result)}, sources={name: answer_of(result)}, now=now)
        try:
            holds = compile_expression(self.success, self.conversions)(scope) is True
        except ExpressionError as error:
            return f"nobody can say whether it succeeded: {error}"
        return None if holds else f"it was no success: {self.success} does not hold"


def answer_of(result: ActionResult) -> JsonObject:
    """Give a response as `#{source.…}` reads it: one that is no object is read as `value`."""
    return result.response if isinstance(result.response, dict) else {"value": result.response}


def as_read(result: ActionResult) -> JsonObject:
    """Give a response as `@action{step.…}` reads it: with the status code."""
    return {**answer_of(result), "jo_status_code": result.code}


@dataclass(frozen=True)
class ActionDefinition:
    """How to act: the channel, the message with its holes, and the limits of the call."""

    id: str
    channel: str
    category: Category
    endpoint: str
    message: Template
    timeout_ms: int
    max_attempts: int
    cache_ms: int | None = None
    """How long an answer may serve equal questions; None: each is asked for itself."""
    languages: Languages | None = None
    """The message in other languages, where it has any."""
    expected: Expected | None = None
    """What a success is, besides its status; None: nothing."""
