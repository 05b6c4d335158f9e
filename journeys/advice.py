"""What to do about each word that keeps a person out, a message back, or a record unread."""

from __future__ import annotations

from collections.abc import Mapping

from journeys.outcomes import DeadLetterReason, Reason, Silence

_NOT_ENTERED: Mapping[str, str] = {
    Reason.CONDITION: "send an event, or describe the person, so that the entry's `when` holds; or "
    "change it",
    Reason.ALREADY_INSIDE: "wait until the walk ends; or give the entry a `key`, under which one "
    "person may walk several times",
    Reason.REENTRY_NOT_ALLOWED: "allow it by `entry.reentry.allowed`",
    Reason.REENTRY_TOO_EARLY: "wait, or shorten `entry.reentry.after`",
    Reason.DUPLICATE: "give every event an `_id` of its own: one that came before is a repeat",
    Reason.DEBOUNCED: "wait, or shorten `entry.debounce`",
    Reason.LATE: "send events sooner, or raise `entry.max_age`",
    Reason.TOO_MANY_INSTANCES: "wait until walks end: so many keys at once are allowed",
    Reason.NO_KEY: "send the field that `entry.key` reads",
    Reason.OUTSIDE_DATES: "change the journey's `start` or `end` in a new version",
    Reason.PAUSED: "`journeys resume JOURNEY`; events of meanwhile are over",
    Reason.CLOSED: "publish a new version",
    Reason.STOPPED: "publish a new version",
    Reason.NOT_TEST_PROFILE: "set `testProfile` of the profile to true, or publish for everybody",
    Reason.NO_JOURNEY: "publish the journey, with an entry by event",
    Reason.ENTRY_CAP: "wait, or raise `entries` of the policy",
    Reason.TOO_MANY_JOURNEYS: "wait until a walk ends, or raise `inside` of the policy",
    Reason.PRIORITY: "wait until a walk ends, or raise the journey's `priority`",
    Reason.TOO_MANY_JUMPS: "look for journeys that jump into each other",
    Reason.EXPRESSION_ERROR: "bound what the expression reads: its message says where",
}
_KEPT_BACK: Mapping[str, str] = {
    Reason.NO_CONSENT: "only the person can change it: `consents.marketing` of their profile",
    Reason.SUPPRESSED: "let the person give another address, then remove `suppressed` of the "
    "channel from the profile",
    Reason.FREQUENCY_CAP: "wait, or raise `caps` of the policy; or let the action be "
    "transactional, if it is",
    Reason.QUIET_HOURS: "wait until they are over; `quiet_hours` of the policy says what "
    "becomes of messages",
    Reason.NO_ADDRESS: "send the address to the topic `profiles`: the action's `to` reads it",
    Reason.EGRESS_DENIED: "name the address in `channels.egress_allow`, if it may be called",
    Reason.TEMPLATE_ERROR: "`journeys preview` shows where the message cannot be written",
    Reason.DRY_RUN: "nothing is sent in a dry run or a shadow: publish for real",
    Reason.WITHHELD: "ask the channel: it did not say why",
    Reason.TOO_MANY_ECHOES: "look for journeys that hear the events that they send",
    Reason.ACTION_ERROR: "the code says what the provider answered; `journeys try` makes one call",
    Reason.ACTION_TIMEOUT: "raise `timeout` of the action, or look after the provider",
    Reason.ACTION_CAPPED: "raise the limits of the endpoint, or lead `on: {capped: …}` elsewhere",
    Reason.LOOKUP_ERROR: "the code says what the source answered; `journeys try` makes one call",
    Reason.LOOKUP_TIMEOUT: "raise `timeout` of the source, or look after it",
    Reason.LOOKUP_CAPPED: "raise the limits of the endpoint, or lead `on: {capped: …}` elsewhere",
}
_SILENT: Mapping[str, str] = {
    Silence.NOT_PUBLISHED: "`journeys publish`; `journeys ls` lists what is published",
    Silence.NO_EVENT: "look whether the producer sends, and keys by this profile id: "
    "`journeys check events`",
    Silence.NOT_LISTENED: "send the type that the journey begins with, or let its event match",
    Silence.OTHER_LETTER_CASE: "send the type letter by letter as the event's `match` says",
    Silence.NOT_MATCHED: "send the fields that `match` and `when` of the event ask for",
    Silence.OTHER_KEY: "set the Kafka record key to the profile id in the journey's namespace",
    Silence.BEFORE_PUBLISHED: "send it again: a journey does not hear what came before it",
    Silence.NOT_TAKEN: "`journeys doctor` says whether the job runs and how far behind it is",
    Silence.NOT_IN_AUDIENCE: "describe the person so that the audience's rule holds",
}
_UNREAD: Mapping[str, str] = {
    DeadLetterReason.NO_IDENTITY: "set the record key to the profile id, and send it again",
    DeadLetterReason.KEY_TOO_LONG: "use a shorter profile id",
    DeadLetterReason.KEY_NOT_UTF8: "write the key as UTF-8 text, without a serializer's prefix",
    DeadLetterReason.TOO_LARGE: "send less: large things belong behind a link",
    DeadLetterReason.TOO_DEEP: "send flatter objects",
    DeadLetterReason.EMPTY: "send a value; an empty one removes only on `profiles` and `tables`",
    DeadLetterReason.NOT_UTF8: "write the value as UTF-8",
    DeadLetterReason.NOT_JSON: "send JSON, whole and as plain text, without what a schema "
    "registry puts before it",
    DeadLetterReason.NOT_AN_OBJECT: "send one JSON object a record",
    DeadLetterReason.WRONG_TYPE: "mend the field that the sentence names",
    DeadLetterReason.WRONG_IDENTITY: "set the record key to the identity that `identityMap` names "
    "in the journey's namespace",
    DeadLetterReason.SCHEMA: "mend the field, or the schema if it is wrong: `journeys check "
    "events` shows how many fail so",
    DeadLetterReason.UNKNOWN_DATASET: "publish the dataset first, or mend `_dataset`",
    DeadLetterReason.WRONG_DATASET: "send the record to the topic that its dataset is for",
    DeadLetterReason.IMPLAUSIBLE_TIME: "mend the clock or the time stamp of the producer",
    DeadLetterReason.TOO_MANY_HOPS: "link identities to one primary, not in chains",
    DeadLetterReason.UNKNOWN_COMMAND: "write to `control` with the command `journeys` only",
    DeadLetterReason.UNKNOWN_VERSION: "run the release that wrote it, or a newer one",
    DeadLetterReason.TABLE_FULL: "remove rows that nobody looks up",
    DeadLetterReason.CONTRADICTION: "the command changed nothing: `journeys ls` shows what holds",
    DeadLetterReason.UNWORKABLE: "a defect of the engine: report it with this record; after an "
    "upgrade, replay it",
}
ADVICE: Mapping[str, str] = {**_NOT_ENTERED, **_KEPT_BACK, **_SILENT, **_UNREAD}
"""Word to what to do: no word stands for two things (`journeys.outcomes`)."""


def advice(word: str, journey: str = "JOURNEY") -> str | None:
    """Say what to do about a word, if anything is to be done."""
    found = ADVICE.get(word)
    return None if found is None else found.replace("JOURNEY", journey)
