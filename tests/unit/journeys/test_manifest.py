"""Whether a release can go on from what another one wrote."""

from __future__ import annotations

import pytest

from journeys.errors import CodecError, UnknownVersionError
from journeys.formats import PRESENT
from journeys.manifest import dump_manifest, load_manifest, objections
from tests.harness.releases import PLAIN, manifest

STATE = PRESENT["state"]


@pytest.mark.parametrize(
    "found",
    [
        manifest(),
        manifest(release="0.9", code="another", flink="2.2.1"),
        manifest(flink="2.3.4"),
        manifest(formats={**PRESENT, "state": STATE - 1}),
        manifest(operators=["journey-engine"]),
        manifest(backend="hashmap"),
    ],
)
def test_what_it_or_an_older_release_wrote_is_read(found: object) -> None:
    assert isinstance(found, type(PLAIN))
    assert objections(found, PLAIN) == []


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (
            {"formats": {**PRESENT, "state": STATE + 1}},
            f"'state' is in format {STATE + 1}, and this release reads up to {STATE}",
        ),
        (
            {"formats": {**PRESENT, "loyalty": 1}},
            "it holds values of the kind 'loyalty', which this release does not know",
        ),
        (
            {"operators": ["journey-engine", "loyalty"]},
            "it holds state of the operator 'loyalty', which this release has not",
        ),
        (
            {"flink": "2.10.0"},
            "Flink 2.10.0 wrote it, and here is Flink 2.3.0, which is older",
        ),
        (
            {"parts": 256},
            "people are divided into 256 parts, and by this release into 128: that can never "
            "change",
        ),
    ],
)
def test_what_it_cannot_read_is_named(other: dict[str, object], reason: str) -> None:
    assert objections(manifest(**other), PLAIN) == [reason]


def test_every_reason_is_told_at_once() -> None:
    found = manifest(formats={**PRESENT, "plan": 99, "state": 99}, parts=64, flink="3.0.0")
    assert len(objections(found, PLAIN)) == 4


def test_only_a_savepoint_goes_to_another_state_backend() -> None:
    (reason,) = objections(manifest(backend="hashmap"), PLAIN, checkpoint=True)
    assert "state backend 'hashmap', and the settings say 'rocksdb'" in reason


def test_a_manifest_is_read_as_it_was_written_and_later_additions_are_no_hindrance() -> None:
    text = dump_manifest(PLAIN)
    assert load_manifest(text) == PLAIN
    assert load_manifest(text.replace('"v": 1', '"v": 1, "later": true')) == PLAIN


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ('{"v": 2}', UnknownVersionError, "a stored manifest has format version 2"),
        ('{"v": 1}', CodecError, "not the shape of its version"),
        ("{", CodecError, "is not JSON"),
        ("[]", CodecError, "no format version"),
    ],
)
def test_what_is_no_manifest_is_refused(text: str, error: type[CodecError], said: str) -> None:
    with pytest.raises(error, match=said):
        load_manifest(text)
