"""The seams that others build on: their names change only on purpose."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module

import pytest

from journeys.messages import ActionRequest, ActionResult, Delivery
from journeys.step_event import StepEvent

SEAMS = {
    "journeys.errors": ["CodecError", "JourneyError", "PortError", "UnknownVersionError"],
    "journeys.messages": [
        "ActionRequest",
        "ActionResult",
        "ActionStatus",
        "Delivery",
        "JsonValue",
        "REACTIONS",
    ],
    "journeys.ports": ["ActionChannel"],
    "journeys.engine": ["advance"],
    "journeys.compiler": ["Compilation", "compile_project"],
    "journeys.actions": ["ACTIONS"],
    "journeys.activities": ["STEPS", "STEP_SPECS"],
}


@pytest.mark.parametrize("module", SEAMS)
def test_a_seam_has_these_names(module: str) -> None:
    seam = import_module(module)
    own = [
        name
        for name, value in vars(seam).items()
        if not name.startswith("_")
        and (name in getattr(seam, "__all__", ()) or _is_own(seam.__name__, name, value))
    ]
    assert sorted(own) == SEAMS[module]


def _is_own(module: str, name: str, value: object) -> bool:
    if isinstance(value, type) or callable(value):
        return getattr(value, "__module__", None) == module
    return name.isupper() or type(value).__name__ == "TypeAliasType"


def test_what_crosses_topics_keeps_its_fields() -> None:
    names = {kind.__name__: [f.name for f in fields(kind)] for kind in (Delivery, ActionResult)}
    assert names == {
        "Delivery": ["code", "response", "provider_message_id"],
        "ActionResult": [
            "request_id",
            "profile_id",
            "instance_id",
            "status",
            "code",
            "reason",
            "detail",
            "response",
            "attempts",
            "latency_ms",
            "provider_message_id",
            "endpoint",
            "queued_ms",
            "ended_at",
        ],
    }
    assert [f.name for f in fields(ActionRequest)][:3] == [
        "request_id",
        "profile_id",
        "instance_id",
    ]


def test_step_events_keep_every_field_they_ever_had() -> None:
    first_release = {
        *("event_id", "journey_id", "journey_version", "profile_id", "outcome", "occurred_at"),
        *("instance_id", "step_id", "step_kind", "visit", "reason", "cause", "branch"),
        *("next_step_id", "event_type", "trigger_event_id", "due_at", "action_id", "channel"),
        *("request_id", "code", "attempts", "latency_ms", "provider_message_id", "detail"),
    }
    assert first_release <= {f.name for f in fields(StepEvent)}
