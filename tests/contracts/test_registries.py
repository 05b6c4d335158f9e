"""Every kind is listed where kinds are listed, and every word has one meaning."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import connectors.channels as channels_package
import connectors.feedback as feedback_package
import journeys.actions as actions_package
import journeys.activities as activities_package
from connectors.channels.plugins import OWN
from connectors.channels.settings import ChannelSettings
from connectors.feedback.settings import FeedbackSettings
from connectors.kafka.topics import CATALOGUE
from journeys.actions import ACTIONS
from journeys.activities import STEP_SPECS, STEPS
from journeys.activities.emit import RESERVED_TOPICS
from journeys.diagnostics import Code
from journeys.formats import (
    ANSWER_VERSION,
    COUNT_VERSION,
    DEFINITION_VERSION,
    HISTORY_VERSION,
    IDENTITY_VERSION,
    LIFECYCLE_VERSION,
    MANIFEST_VERSION,
    MESSAGE_VERSION,
    PLAN_VERSION,
    PROFILE_VERSION,
    QUOTA_VERSION,
    READING_VERSION,
    ROW_VERSION,
    STATE_VERSION,
    SWEEP_VERSION,
    TALLY_VERSION,
    UPGRADES,
    WATCH_VERSION,
    WEIGHTS_VERSION,
)
from journeys.messages import ActionStatus
from journeys.outcomes import DeadLetterReason, Outcome, Reason, ScoreNote, Silence


def modules(package: object) -> set[str]:
    folder = Path(str(package.__file__)).parent  # type: ignore[attr-defined]
    return {file.stem for file in folder.glob("*.py") if file.stem != "__init__"}


WRITTEN_AS = {"dataset_lookup": "lookup"}
"""Kinds that an author writes as another one."""


def test_every_kind_of_step_is_listed() -> None:
    assert modules(activities_package) == set(STEPS) == {*STEP_SPECS, *WRITTEN_AS}
    for kind, step in STEPS.items():
        assert step.__module__ == f"journeys.activities.{kind}"
        if kind not in WRITTEN_AS:
            assert STEP_SPECS[kind].__module__ == step.__module__


def test_every_kind_of_action_is_listed() -> None:
    assert modules(actions_package) == set(ACTIONS)
    for channel, action in ACTIONS.items():
        assert action.__module__ == f"journeys.actions.{channel}"


def test_every_kind_of_action_has_a_channel_with_settings() -> None:
    without_channels = {"egress_allow", "feedback", "secrets_folder", "tracking"}
    assert set(ChannelSettings.model_fields) - without_channels == set(ACTIONS)
    assert set(ACTIONS) == set(OWN) <= modules(channels_package)


def test_every_provider_of_feedback_has_settings() -> None:
    others = {"mail", "pages", "provider", "receiver", "settings", "tracking"}
    assert modules(feedback_package) - others == set(FeedbackSettings.model_fields)


def test_no_journey_can_write_a_topic_of_the_job() -> None:
    assert {topic.name for topic in CATALOGUE} - {"events"} <= RESERVED_TOPICS


def test_no_word_is_used_for_two_outcomes() -> None:
    words = Counter(
        word.value
        for vocabulary in (Outcome, Reason, DeadLetterReason, ScoreNote, Silence)
        for word in vocabulary
    )
    # The field calls both so: an action that took too long, and a journey that did.
    assert [word for word, times in words.items() if times > 1] == ["timeout"]


def test_every_end_of_an_action_is_an_outcome() -> None:
    assert {status.value for status in ActionStatus} <= {outcome.value for outcome in Outcome}


def test_codes_of_faults_are_stable() -> None:
    assert {code.name: code.value for code in Code} == {
        "YAML": "JRN101",
        "YAML_TOO_BIG": "JRN102",
        "DUPLICATE_KEY": "JRN103",
        "UNKNOWN_KIND": "JRN104",
        "NO_DOCUMENT": "JRN105",
        "FORM": "JRN201",
        "UNKNOWN_FIELD": "JRN202",
        "MISSING_FIELD": "JRN203",
        "UNKNOWN_STEP_KIND": "JRN204",
        "ENVIRONMENT": "JRN205",
        "DUPLICATE_ID": "JRN301",
        "UNKNOWN_EVENT": "JRN302",
        "UNKNOWN_ACTION": "JRN303",
        "UNKNOWN_STEP": "JRN304",
        "UNKNOWN_SCHEMA": "JRN305",
        "UNKNOWN_FILE": "JRN306",
        "UNKNOWN_CHANNEL": "JRN307",
        "SCHEMA_FORM": "JRN308",
        "UNKNOWN_SOURCE": "JRN309",
        "UNKNOWN_AUDIENCE": "JRN310",
        "UNKNOWN_JOURNEY": "JRN311",
        "UNKNOWN_DATASET": "JRN312",
        "ONNX_FORM": "JRN313",
        "UNKNOWN_AUTH": "JRN314",
        "UNREACHABLE": "JRN401",
        "LOOP_WITHOUT_WAIT": "JRN402",
        "SEVERAL_WAITS": "JRN403",
        "ELSE_NOT_LAST": "JRN404",
        "UNKNOWN_ZONE": "JRN405",
        "FIXED_HOST": "JRN406",
        "ONE_OF": "JRN407",
        "LOOP_WITHOUT_BOUND": "JRN408",
        "SHARES": "JRN409",
        "JUMP_TARGET": "JRN410",
        "DATES": "JRN411",
        "REACTION_STEP": "JRN412",
        "WAIT_TOO_LONG": "JRN413",
        "MOVES": "JRN414",
        "NOT_RUN_YET": "JRN415",
        "ARMS": "JRN416",
        "LOOKUP": "JRN418",
        "NO_ELSE": "JRN421",
        "NEVER_TAKEN": "JRN422",
        "NEVER_COMES": "JRN423",
        "AFTER_TIMEOUT": "JRN424",
        "SENT_TWICE": "JRN425",
        "NO_ZONE": "JRN426",
        "SAME_ENTRY": "JRN427",
        "NEVER_CONVERTS": "JRN428",
        "IDLE_RULE": "JRN429",
        "EVENT_NEVER": "JRN451",
        "SAME_EVENT": "JRN452",
        "NO_CATEGORY": "JRN453",
        "NO_ADDRESS": "JRN454",
        "IDENTITY_FORM": "JRN455",
        "OTHER_NAMESPACE": "JRN456",
        "ATTRIBUTE_TYPES": "JRN459",
        "POLICY_UNUSED": "JRN461",
        "NO_QUIET_TIME": "JRN462",
        "CAP_WINDOW": "JRN463",
        "SAME_ENDPOINT": "JRN464",
        "ENDPOINT_UNUSED": "JRN465",
        "NO_UNSUBSCRIBE": "JRN471",
        "HALF_TRANSLATED": "JRN472",
        "EXPRESSION": "JRN501",
        "EXPRESSION_TYPE": "JRN502",
        "TEMPLATE": "JRN503",
        "TEMPLATE_NAME": "JRN504",
        "SECRET": "JRN505",
        "SECRET_WRITTEN": "JRN506",
        "NOT_BEFORE": "JRN507",
        "PAYLOAD": "JRN601",
        "NOTHING_TO_ANSWER": "JRN602",
        "UNKNOWN_ITEM": "JRN603",
        "UNKNOWN_BRANCH": "JRN604",
        "EXPECTATION": "JRN605",
        "UNCOVERED": "JRN606",
        "ROW": "JRN607",
    }


def test_every_format_version_has_its_upgrades() -> None:
    versions = {
        "state": STATE_VERSION,
        "profile": PROFILE_VERSION,
        "history": HISTORY_VERSION,
        "plan": PLAN_VERSION,
        "lifecycle": LIFECYCLE_VERSION,
        "definition": DEFINITION_VERSION,
        "sweep": SWEEP_VERSION,
        "reading": READING_VERSION,
        "message": MESSAGE_VERSION,
        "count": COUNT_VERSION,
        "quota": QUOTA_VERSION,
        "tally": TALLY_VERSION,
        "weights": WEIGHTS_VERSION,
        "row": ROW_VERSION,
        "watch": WATCH_VERSION,
        "answer": ANSWER_VERSION,
        "identity": IDENTITY_VERSION,
        "manifest": MANIFEST_VERSION,
    }
    assert {kind: len(steps) + 1 for kind, steps in UPGRADES.items()} == versions
