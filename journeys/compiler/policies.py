"""Policies: that they limit something, that what they name is there, and whom they hold for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from journeys import limits
from journeys.actions import ACTIONS
from journeys.clock import format_duration
from journeys.compiler.forms import Defined, Definitions
from journeys.compiler.vocabulary import Vocabulary
from journeys.compiler.zones import ZONE_HINT, zone_fault
from journeys.definitions import ActionDefinition
from journeys.diagnostics import Code, near
from journeys.expressions.errors import Severity
from journeys.kinds.policy import FrequencySpec, PolicySpec
from journeys.policy import Contact, Policy
from journeys.specification import Path


def check_policies(definitions: Definitions, vocabulary: Vocabulary) -> None:
    """Check every policy, and note it for the journeys that it holds for."""
    for defined in definitions.found["policy"]:
        _check_names(defined, vocabulary)
        _check_limits(defined, vocabulary)
        _check_quiet_hours(defined, vocabulary)
        _check_use(defined, definitions, vocabulary)
        vocabulary.policies.append(defined.spec)


def policies_for(
    vocabulary: Vocabulary, journey: str, actions: Iterable[ActionDefinition]
) -> list[Policy]:
    """Give the policies that hold for a journey's walks, or for a message that it may send."""
    contacts = [Contact(action.channel, action.category, journey) for action in actions]
    found = []
    for spec in sorted(vocabulary.policies, key=lambda spec: spec.id):
        policy = spec.compiled()
        holds = any(policy.covers(contact) for contact in contacts)
        if holds or (spec.is_about_walks and policy.names(journey)):
            found.append(policy)
    return found


def _check_names(defined: Defined[PolicySpec], vocabulary: Vocabulary) -> None:
    spec, document = defined.spec, defined.document
    for n, channel in enumerate(spec.channels or ()):
        if channel not in ACTIONS:
            place, message = document.place(("channels", n)), f"'{channel}' is no channel"
            hint = near(channel, ACTIONS)
            vocabulary.project.report(place, Code.UNKNOWN_CHANNEL, message, hint)
    for n, journey in enumerate(spec.journeys or ()):
        vocabulary.check_known(document, ("journeys", n), "journey", journey)


def _check_limits(defined: Defined[PolicySpec], vocabulary: Vocabulary) -> None:
    spec, document, project = defined.spec, defined.document, vocabulary.project
    if not (spec.is_about_messages or spec.is_about_walks):
        message = "the policy limits nothing"
        hint = "give it `caps`, `quiet_hours`, `entries` or `inside`"
        project.report(document.place(("id",)), Code.MISSING_FIELD, message, hint)
    for path, frequency in _frequencies(spec):
        if isinstance(frequency.per, int) and frequency.per > limits.MAX_WINDOW_MS:
            longest = format_duration(limits.MAX_WINDOW_MS)
            message = f"{format_duration(frequency.per)} is longer than anything is counted for"
            place = document.place((*path, "per"))
            project.report(place, Code.CAP_WINDOW, message, f"count for at most {longest}")


def _frequencies(spec: PolicySpec) -> Iterator[tuple[Path, FrequencySpec]]:
    for n, cap in enumerate(spec.caps):
        yield ("caps", n), cap
    if spec.entries is not None:
        yield ("entries",), spec.entries


def _check_quiet_hours(defined: Defined[PolicySpec], vocabulary: Vocabulary) -> None:
    quiet, document, project = defined.spec.quiet_hours, defined.document, vocabulary.project
    if quiet is None:
        return
    if quiet.start == quiet.end:
        message = f"the quiet hours begin and end at {quiet.start}, so they never are"
        hint = "mend one of the two times"
        place = document.place(("quiet_hours", "to"))
        project.report(place, Code.NO_QUIET_TIME, message, hint)
    if quiet.timezone != "profile" and (fault := zone_fault(quiet.timezone)):
        place = document.place(("quiet_hours", "timezone"))
        project.report(place, Code.UNKNOWN_ZONE, fault[0], fault[1] or ZONE_HINT)


def _check_use(
    defined: Defined[PolicySpec], definitions: Definitions, vocabulary: Vocabulary
) -> None:
    """Warn of limits for messages that nobody sends; what cannot be read may send them."""
    spec = defined.spec
    is_sure = not any(vocabulary.broken.get(kind) for kind in ("action", "journey"))
    if not (spec.is_about_messages and is_sure):
        return
    policy = spec.compiled()
    sent = (
        Contact(action.channel, action.category, journey.spec.id)
        for journey in definitions.found["journey"]
        for step in journey.spec.steps.values()
        if (action := vocabulary.actions.get(str(step.get("action")))) is not None
    )
    if not any(policy.covers(contact) for contact in sent):
        channels = f" by {' or '.join(spec.channels)}" if spec.channels else ""
        where = f"of {' or '.join(spec.journeys)} " if spec.journeys else ""
        message = f"no step {where}sends {spec.category} messages{channels}, so this holds for none"
        hint = f"write `category: {spec.category}` where such a message is defined"
        place = defined.document.place(("id",))
        vocabulary.project.report(place, Code.POLICY_UNUSED, message, hint, Severity.WARNING)
