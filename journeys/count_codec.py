"""How what operators count over everybody becomes text and back: caps, presence, experiments."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from journeys.activation import AudiencesSurveyed, EntryAsked, EntryOffered, Nudged
from journeys.bandit import Tally, Weights, checked_shares
from journeys.clock import format_instant
from journeys.errors import CodecError
from journeys.formats import (
    COUNT_VERSION,
    SWEEP_VERSION,
    TALLY_VERSION,
    WEIGHTS_VERSION,
    shaped,
    stored,
    to_text,
)
from journeys.inquiry import Inquiry
from journeys.messages import JsonObject
from journeys.metrics import INSIDE
from journeys.presence import Counting, Headcount, Occupancy, Part, Place, Sweep

# Caps.


def dump_count(count: int) -> str:
    """Write a count."""
    return to_text({"v": COUNT_VERSION, "count": count})


def load_count(text: str | None) -> int:
    """Read a count; nothing stored is none.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    if text is None:
        return 0
    value: dict[str, Any] = stored("count", text, COUNT_VERSION)
    return shaped("count", lambda: int(value["count"]))


# Who is inside, and sweeps.

_PART, _COUNTING = TypeAdapter(Part), TypeAdapter(Counting)
_OFFER, _ASKED = TypeAdapter(EntryOffered), TypeAdapter(EntryAsked)
_SURVEYED, _INQUIRY = TypeAdapter(AudiencesSurveyed), TypeAdapter(Inquiry)
_PLACE, _SWEEP, _OCCUPANCY = TypeAdapter(Place), TypeAdapter(Sweep), TypeAdapter(Occupancy)


def dump_place(place: Place) -> str:
    """Write somebody inside a version, or no more."""
    return to_text({"v": SWEEP_VERSION, "place": place})


def load_place(text: str) -> Place:
    """Read somebody inside a version.

    Raises:
        CodecError: the text is no such value.
    """
    value: dict[str, Any] = stored("sweep", text, SWEEP_VERSION)
    return shaped("place", lambda: Place(**value["place"]))


def dump_sweep(sweep: Sweep) -> str:
    """Write what a part of a version is to do."""
    return to_text({"v": SWEEP_VERSION, "sweep": sweep})


def load_told(text: str) -> Place | Sweep:
    """Read what a part of a version is told.

    Raises:
        CodecError: the text is no such value.
    """
    value: dict[str, Any] = stored("sweep", text, SWEEP_VERSION)
    if "place" in value:
        return shaped("place", lambda: Place(**value["place"]))
    return shaped("sweep", lambda: _SWEEP.validate_python(value["sweep"]))


def dump_part(part: Part) -> str:
    """Write what a part of a version remembers."""
    return to_text({"v": SWEEP_VERSION, "part": part})


def load_part(text: str | None) -> Part:
    """Read what a part of a version remembers; nothing stored is an empty one.

    Raises:
        CodecError: the text is no such value.
    """
    if text is None:
        return Part()
    value: dict[str, Any] = stored("sweep", text, SWEEP_VERSION)
    return shaped("part", lambda: _PART.validate_python(value["part"]))


def dump_occupancy(occupancy: Occupancy) -> str:
    """Write how many are inside a part."""
    return to_text({"v": SWEEP_VERSION, "occupancy": occupancy})


def load_occupancy(text: str) -> Occupancy:
    """Read how many are inside a part.

    Raises:
        CodecError: the text is no such value.
    """
    value: dict[str, Any] = stored("sweep", text, SWEEP_VERSION)
    return shaped("occupancy", lambda: _OCCUPANCY.validate_python(value["occupancy"]))


def dump_counting(counting: Counting) -> str:
    """Write what is remembered between two headcounts."""
    return to_text({"v": SWEEP_VERSION, "counting": counting})


def load_counting(text: str | None) -> Counting:
    """Read what is remembered between two headcounts.

    Raises:
        CodecError: the text is no such value.
    """
    if text is None:
        return Counting()
    value: dict[str, Any] = stored("sweep", text, SWEEP_VERSION)
    return shaped("counting", lambda: _COUNTING.validate_python(value["counting"]))


def dump_nudge() -> str:
    """Write what makes a person follow what was said."""
    return to_text({"v": SWEEP_VERSION, "nudge": "follow"})


def dump_offer(offer: EntryOffered) -> str:
    """Write what reads a person into a journey."""
    return to_text({"v": SWEEP_VERSION, "nudge": "offer", **_OFFER.dump_python(offer)})


def dump_surveyed(surveyed: AudiencesSurveyed) -> str:
    """Write what has it noted in which audiences a person is."""
    return to_text({"v": SWEEP_VERSION, "nudge": "survey", **_SURVEYED.dump_python(surveyed)})


def dump_asked(asked: EntryAsked) -> str:
    """Write what lets a person enter for whom somebody asks."""
    return to_text({"v": SWEEP_VERSION, "nudge": "enter", **_ASKED.dump_python(asked)})


def dump_inquiry(inquiry: Inquiry) -> str:
    """Write what is asked about a person: it comes by the way of nudges, and nudges nobody."""
    return to_text({"v": SWEEP_VERSION, "nudge": "answer", **_INQUIRY.dump_python(inquiry)})


def load_nudge(
    text: str | bytes,
) -> Nudged | EntryOffered | EntryAsked | AudiencesSurveyed | Inquiry:
    """Read what a person is nudged for, or what is asked about them.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    value: dict[str, Any] = stored("sweep", text, SWEEP_VERSION)
    fields = {name: field for name, field in value.items() if name not in ("v", "nudge")}
    match value.get("nudge"):
        case "follow":
            return Nudged()
        case "offer":
            return shaped("offer", lambda: _OFFER.validate_python(fields))
        case "enter":
            return shaped("entry", lambda: _ASKED.validate_python(fields))
        case "survey":
            return shaped("survey", lambda: _SURVEYED.validate_python(fields))
        case "answer":
            return shaped("inquiry", lambda: _INQUIRY.validate_python(fields))
        case word:
            words = "follow, offer, enter, survey or answer"
            message = f"a nudge is {word!r:.40}; expected {words}"
            raise CodecError(message)


# Experiments.

_TALLY = TypeAdapter(Tally)


def dump_tally(tally: Tally) -> str:
    """Write what has been counted of an experiment."""
    return to_text({"v": TALLY_VERSION, "tally": tally})


def load_tally(text: str | None) -> Tally | None:
    """Read what has been counted of an experiment, if anything has.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    if text is None:
        return None
    value: dict[str, Any] = stored("tally", text, TALLY_VERSION)
    return shaped("tally", lambda: _TALLY.validate_python(value["tally"]))


_WEIGHTS = TypeAdapter(Weights)


def dump_weights(weights: Weights) -> str:
    """Write the shares of an experiment as the control record that sets them."""
    command: JsonObject = {"v": WEIGHTS_VERSION, "command": "weights"}
    return to_text({**command, **_WEIGHTS.dump_python(weights)})


def load_weights(text: str | bytes) -> Weights:
    """Read the shares of an experiment.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    value: dict[str, Any] = stored("weights", text, WEIGHTS_VERSION)
    return shaped("weights", lambda: _weights(value))


def _weights(value: dict[str, Any]) -> Weights:
    weights = _WEIGHTS.validate_python(value)
    checked_shares(weights.shares)
    return weights


def dump_headcount(journey: str, version: int, headcount: Headcount, at: int) -> str:
    """Write how many are inside a version, as a metric."""
    return to_text(
        {
            "metric": INSIDE,
            "journey_id": journey,
            "journey_version": version,
            "value": headcount.inside,
            "behind": headcount.behind,
            "revision": headcount.revision,
            "at": format_instant(at),
        }
    )
