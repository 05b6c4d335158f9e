"""Tables of what a person may write in a file: each field, its form, default and meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from pydantic import BaseModel

from connectors.channels.settings import (
    ChannelSettings,
    EmailSettings,
    PushSettings,
    SmsSettings,
    WebhookSettings,
    WebPushSettings,
)
from connectors.feedback.mailgun import MailgunSettings
from connectors.feedback.sendgrid import SendGridSettings
from connectors.feedback.settings import FeedbackSettings
from connectors.feedback.tracking import TrackingSettings
from connectors.feedback.twilio import TwilioSettings
from connectors.feedback.webhooks import WebhooksSettings
from connectors.kafka.bootstrap import SaslSettings
from connectors.kafka.topics import Topics
from docs.tables import table
from jobs.docstrings import docstrings
from jobs.settings import (
    AlertSettings,
    KafkaSettings,
    LoginSettings,
    ProfileSettings,
    ReportingSettings,
    RolesSettings,
    RunSettings,
    Settings,
    TlsSettings,
)
from journeys.actions import ACTIONS
from journeys.actions.email import EmailTexts
from journeys.actions.push import PushTexts
from journeys.actions.sms import SmsTexts
from journeys.activities import STEP_SPECS
from journeys.activities.action import ActionAlternativesSpec
from journeys.activities.cap import CapAlternativesSpec
from journeys.activities.choose import CandidateSpec
from journeys.activities.condition import ElseSpec, RuleSpec
from journeys.activities.emit import EventToEmitSpec
from journeys.activities.experiment import ArmSpec, ExperimentBodySpec, HoldoutSpec, MetricSpec
from journeys.activities.first_of import (
    AudienceBranchSpec,
    EventBranchSpec,
    ReactionBranchSpec,
    ReactionSpec,
    WaitBranchSpec,
)
from journeys.activities.lookup import LookupAlternativesSpec
from journeys.activities.split import ShareSpec
from journeys.authentication import (
    ApiKeySpec,
    AssertionSpec,
    AuthSpec,
    BasicSpec,
    CertificateSpec,
    ExpirySpec,
    PlacementSpec,
    TokenSpec,
)
from journeys.clock import format_duration, format_instant
from journeys.deadline import AtSpec, SendTimeSpec, UntilSpec
from journeys.kinds import KINDS
from journeys.kinds.endpoint import BreakerSpec, RateSpec
from journeys.kinds.journey import (
    BusinessSpec,
    EntrySpec,
    ExitSpec,
    InFlightSpec,
    ReadSpec,
    ReentrySpec,
    WavesSpec,
)
from journeys.kinds.policy import FrequencySpec, QuietHoursSpec
from journeys.kinds.scenario import DO, EXPECT, FeedbackSpec, OfferSpec, ResponseSpec
from journeys.specification import AlternativesSpec, BorderSpec, CrossingSpec

_SHOWN: tuple[type[BaseModel], ...] = (
    *(form for kind, form in KINDS.items() if kind != "action"),
    AuthSpec,
    BasicSpec,
    ApiKeySpec,
    TokenSpec,
    ExpirySpec,
    PlacementSpec,
    AssertionSpec,
    CertificateSpec,
    EntrySpec,
    ReentrySpec,
    ReadSpec,
    InFlightSpec,
    WavesSpec,
    BusinessSpec,
    BorderSpec,
    CrossingSpec,
    ExitSpec,
    FrequencySpec,
    QuietHoursSpec,
    AlternativesSpec,
    LookupAlternativesSpec,
    ActionAlternativesSpec,
    CapAlternativesSpec,
    UntilSpec,
    AtSpec,
    SendTimeSpec,
    RuleSpec,
    ElseSpec,
    CandidateSpec,
    EventBranchSpec,
    ReactionBranchSpec,
    ReactionSpec,
    AudienceBranchSpec,
    WaitBranchSpec,
    ShareSpec,
    ExperimentBodySpec,
    ArmSpec,
    HoldoutSpec,
    MetricSpec,
    RateSpec,
    BreakerSpec,
    EventToEmitSpec,
    FeedbackSpec,
    OfferSpec,
    ResponseSpec,
    *DO.values(),
    *EXPECT.values(),
    *ACTIONS.values(),
    EmailTexts,
    SmsTexts,
    PushTexts,
    *STEP_SPECS.values(),
    Settings,
    ProfileSettings,
    KafkaSettings,
    TlsSettings,
    SaslSettings,
    RolesSettings,
    LoginSettings,
    Topics,
    ChannelSettings,
    EmailSettings,
    SmsSettings,
    PushSettings,
    WebPushSettings,
    WebhookSettings,
    TrackingSettings,
    FeedbackSettings,
    WebhooksSettings,
    TwilioSettings,
    SendGridSettings,
    MailgunSettings,
    ReportingSettings,
    RunSettings,
    AlertSettings,
)
MODELS: Mapping[str, type[BaseModel]] = {model.__name__: model for model in _SHOWN}
"""Everything a person may write in a file, by the name that a page asks for it with."""
_NAMED = {"JsonValue": "anything", "Outcome": "word", "Reason": "word"}
"""Forms that a schema refers to by name, and that are no mapping."""
_WRITTEN: Mapping[str, Callable[[int], str]] = {
    "duration": format_duration,
    "instant": format_instant,
}
_BOUNDS = (
    ("minimum", "minItems", "minProperties"),
    ("maximum", "maxItems", "maxProperties"),
)
_JSON_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
}


def model_fields(argument: str) -> str:
    """Describe the fields of a model."""
    model = MODELS[argument]
    said = docstrings(model)
    schema = model.model_json_schema()
    rows = []
    for name, field in model.model_fields.items():
        form = schema["properties"][field.alias or name]
        words = _form(form)
        default = "required"
        if not field.is_required():
            value = field.get_default(call_default_factory=True)
            default = _default(value, words)
        rows.append([f"`{field.alias or name}`", words, default, said[name]])
    return table(["Field", "Form", "Default", "Meaning"], rows)


def _default(value: object, form: str) -> str:
    if value is None:
        return ""
    if form in _WRITTEN and isinstance(value, int):
        return f"`{_WRITTEN[form](value)}`"
    if isinstance(value, BaseModel):
        return "see below"
    if value in ({}, [], (), ""):
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _form(schema: Mapping[str, Any]) -> str:
    choices = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if choices:
        return " or ".join(
            f"`{orjson.dumps(choice).decode()}`".replace('"', "") for choice in choices
        )
    forms = schema.get("anyOf") or schema.get("oneOf")
    if forms:
        known = dict.fromkeys(_form(s) for s in forms if s.get("type") != "null")
        return " or ".join(known)
    if schema.get("format") not in (None, "path"):
        return str(schema["format"])
    if "$ref" in schema:
        return _NAMED.get(schema["$ref"].rpartition("/")[2], "mapping")
    word = _JSON_WORDS[schema["type"]]
    low, high = (next((schema[key] for key in keys if key in schema), None) for keys in _BOUNDS)
    if low is not None and high is not None:
        return f"{word}, {low} to {high}"
    if high is not None:
        return f"{word}, at most {high}"
    return word if low is None else f"{word} from {low}"
