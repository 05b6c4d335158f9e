"""The closed vocabulary of outcomes: one word for all that can become of a record or a person.

Traces, scenarios, step events, metrics and documentation use these words and no others. A word is
never reused for another meaning; where one is missing, it is added here.
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What a step event reports."""

    ENTERED = "entered"
    """A person began a walk through a journey version."""
    NOT_ENTERED = "not_entered"
    """A person could have begun a walk and did not: see `Reason`."""
    WAITING = "waiting"
    """A person arrived at a step and stays there until something happens."""
    REQUESTED = "requested"
    """An action was decided and asked for."""
    SUCCEEDED = "succeeded"
    """The action's provider accepted it."""
    ERROR = "error"
    """The action failed for good."""
    TIMEOUT = "timeout"
    """The action's total time passed without success."""
    NOT_SENT = "not_sent"
    """The action was withheld: see `Reason`."""
    PASSED = "passed"
    """A person left a step for another."""
    DISCARDED = "discarded"
    """An event came to a walk that could neither act on it nor keep it: see `Reason`."""
    COMPLETED = "completed"
    """A walk reached its end."""
    EXITED = "exited"
    """A walk ended before its end, by a rule: see `Reason`."""
    FAILED = "failed"
    """A walk ended by a fault: see `Reason`."""


class Reason(StrEnum):
    """Why a person did not enter, left, failed, or was not sent to."""

    # Not entered.
    CONDITION = "condition"
    ALREADY_INSIDE = "already_inside"
    REENTRY_NOT_ALLOWED = "reentry_not_allowed"
    REENTRY_TOO_EARLY = "reentry_too_early"
    DUPLICATE = "duplicate"
    DEBOUNCED = "debounced"
    """The person entered less than `debounce` ago."""
    LATE = "late"
    """The event happened longer ago than `max_age`."""
    TOO_MANY_INSTANCES = "too_many_instances"
    NO_KEY = "no_key"
    """The entry has a key, and the event gives it no value."""
    OUTSIDE_DATES = "outside_dates"
    """Before the journey's `start`, or from its `end` on."""
    NO_JOURNEY = "no_journey"
    """A jump led to a journey that is not published, or that begins in another way."""
    TOO_MANY_JUMPS = "too_many_jumps"
    """One activation led from journey to journey without end."""
    # Discarded.
    TOO_MANY_PENDING = "too_many_pending"
    """A walk that is busy keeps so many events already."""
    # Exited.
    NO_MATCH = "no_match"
    EXIT_CRITERIA = "exit_criteria"
    TIMEOUT = "timeout"
    """The walk took longer than the journey's `timeout`."""
    END_DATE = "end_date"
    CAP = "cap"
    """All places of a `cap` were taken."""
    MAX_VISITS = "max_visits"
    """The walk came to a step more often than it allows."""
    ERASED = "erased"
    # Failed.
    ACTION_ERROR = "action_error"
    ACTION_TIMEOUT = "action_timeout"
    LOOKUP_ERROR = "lookup_error"
    LOOKUP_TIMEOUT = "lookup_timeout"
    EXPRESSION_ERROR = "expression_error"
    STATE_LIMIT = "state_limit"
    ENDED_AS_FAILED = "ended_as_failed"
    """The author's path ended in `end: failed`."""
    PLAN_MISSING = "plan_missing"
    """The journey version of a person inside is not known to the job."""
    ENGINE_ERROR = "engine_error"
    """A defect of the engine, kept from harming anyone else."""
    # Went on.
    NO_INSTANT = "no_instant"
    """A wait until an instant that this person has no value for: it did not wait."""
    # Not sent.
    WITHHELD = "withheld"
    """Not sent, and the channel did not say why."""
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    EGRESS_DENIED = "egress_denied"
    TEMPLATE_ERROR = "template_error"


class DeadLetterReason(StrEnum):
    """Why a record could not be read."""

    NO_IDENTITY = "no_identity"
    """The record has no key, so nobody is meant."""
    KEY_TOO_LONG = "key_too_long"
    KEY_NOT_UTF8 = "key_not_utf8"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    """Lists and objects are nested deeper than state can hold."""
    EMPTY = "empty"
    """The record has no value where one is needed."""
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    WRONG_TYPE = "wrong_type"
    """A field that the engine itself reads holds another type than it must."""
    WRONG_IDENTITY = "wrong_identity"
    """The identity in the payload is not the one in the key."""
    SCHEMA = "schema"
    """The payload contradicts the schema of the event it matches."""
    UNKNOWN_COMMAND = "unknown_command"
    UNKNOWN_VERSION = "unknown_version"
    UNWORKABLE = "unworkable"
    """The engine met a defect of its own with this record; nothing of it was stored."""
