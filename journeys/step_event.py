"""The step event: one flat record for everything that becomes of a person in a journey."""

from __future__ import annotations

from dataclasses import dataclass

from journeys.mode import Mode
from journeys.outcomes import Outcome, Reason

STEP_EVENT_VERSION = 1
"""Version of the record's shape. Fields are added, never changed or removed."""
ENGINE_VERSION = "0.1.0"
"""Version of this distribution, which every step event names; `pyproject.toml` takes it from
here."""
INSTANTS = ("occurred_at", "due_at")
"""Fields that are instants: milliseconds here, on the topic ISO 8601."""
UNKNOWN_VERSION = 0
"""Stands for the version of a journey that has none which anybody could enter."""


@dataclass
class StepEvent:
    """One transition of one person, as analysts read it on the `step-events` topic.

    Nobody changes it once it is told. It is not frozen, for a frozen one of so many fields takes
    five times as long to make, 3.1 µs; nor slotted, for its fields are written as they stand in
    `vars`.
    """

    event_id: str
    """Unique, and the same on replay."""
    journey_id: str
    """The journey."""
    journey_version: int
    """Its version; 0 where a person was sent to a journey that has none to enter."""
    profile_id: str
    """The person; the record's key too."""
    outcome: Outcome
    """What happened."""
    occurred_at: int
    """Milliseconds since 1970-01-01 UTC; on the topic an ISO 8601 instant."""
    instance_id: str | None = None
    """None only where the person did not enter."""
    step_id: str = "entry"
    """The step; `entry` where a person entered or did not."""
    step_kind: str = "entry"
    """The step's kind."""
    visit: int = 1
    """How many times this instance has come to this step, counted from 1."""
    reason: Reason | None = None
    """Why."""
    cause: str | None = None
    """What moved the person: `event`, `timer`, `result`, `feedback`, `profile`, `audience`, `jump`,
    `read`, `api`, `control`, `link`, `flow`."""
    branch: str | None = None
    """Which way was taken, by its label."""
    score: float | None = None
    """Where ways were weighed: the score of the one that was taken."""
    explored: bool | None = None
    """Whether chance chose, to learn from it, where else the best would have been taken."""
    next_step_id: str | None = None
    """The step that follows; `end` where the walk is complete."""
    event_type: str | None = None
    """Type of the event that caused it."""
    trigger_event_id: str | None = None
    """`_id` of the event that caused it, or its place where it has none."""
    due_at: int | None = None
    """Until when the person waits, if a time is set."""
    action_id: str | None = None
    """The action asked for or ended."""
    channel: str | None = None
    """Its channel."""
    request_id: str | None = None
    """Its id, as the provider gets it."""
    code: str | None = None
    """What the provider answered, as `jo_status_code`."""
    attempts: int | None = None
    """How often it was tried."""
    latency_ms: int | None = None
    """Of an action: from its first attempt to its end."""
    provider_message_id: str | None = None
    """The provider's own id of it, such as a mail server's queue id."""
    detail: str | None = None
    """One sentence for a person."""
    mode: Mode = Mode.LIVE
    """`live`, or which kind of rehearsal: reports of what really happened count `live` only."""
    language: str | None = None
    """Of a message that was asked for: the language it is written in, where anybody says."""
    scores: str | None = None
    """The scores that were read to decide this, such as `churn@3=0.71, tea@1=0.2`: model, its
    version, and what it gave; null, with the reason, where it gave nothing."""
    instance_key: str | None = None
    """Of a journey whose entry has a `key`: its value, by which walks of one person differ."""
    endpoint: str | None = None
    """Of an action or lookup: what was called, as calls share limits."""
    ingest_ms: int | None = None
    """Of what an event caused: from the timestamp of its record to its decision."""
    queued_ms: int | None = None
    """Of a call: from its request to its first attempt."""
    returned_ms: int | None = None
    """Of a call: from its end to the decision that its result caused."""
    late_ms: int | None = None
    """Of what time caused: how long after its instant it was decided."""
    inputs: str | None = None
    """What the conditions that decided this have read, as a JSON object of reference and value;
    only where the setting `reporting.inputs` allows it."""
