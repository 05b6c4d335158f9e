"""What Flink tells of an event without reading JSON, and what it leaves to Python."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.flink, pytest.mark.timeout(300)]

LONGEST = 90
A = '{"eventType":"a"}'
EVENTS = [
    # key, value, type that is told; where `heard` is listened to, all but that pass by
    ("k", '{"eventType":"a.b","_id":"1"}', "a.b"),
    ("k", '{"_id":"1", "eventType" : "a b"}', "a b"),
    ("k", '{"eventType":"heard"}', "heard"),
    ("k", '{"eventType":"o\'ther"}', "o'ther"),
    ("k", '{"note":"\\"eventType\\":\\"x\\"","eventType":"a"}', "a"),
    ("k", '{"text":"100 \\u20ac","eventType":"a"}', "a"),
    ("k", '{"ids":["eventType"],"eventType":"a"}', None),  # the name once more, as a value
    ("k", '{"eventType":"a","event\\u0054ype":"b"}', None),  # the latter is what JSON reads
    ("k", '{"eventType":"a\\/b"}', None),
    ("k", '{"eventType":"a","eventType":"b"}', None),
    ("k", '{"eventType":"caf\N{LATIN SMALL LETTER E WITH ACUTE}"}', None),
    ("k", '{"eventType":7}', None),
    ("k", '{"eventType":null}', None),
    ("k", '{"eventType":""}', None),
    ("k", '{"eventType":"a}', None),  # no end
    ("k", '{"eventType" "a"}', None),
    ("k", '{"eventType":["a"]}', None),
    ("k", '{"type":"a"}', None),
    ("k", '{"eventType":"a","_id":"1', None),  # cut off
    ("k", f"[{A}]", None),
    ("k", '{"eventType":"a","_dataset":"d"}', None),
    ("k", '{"eventType":"a","_id":"' + "1" * LONGEST + '"}', None),
    ("", A, None),
    ("k" * 2000, A, None),
    ("\N{REPLACEMENT CHARACTER}", A, None),
]


def test_which_events_pass_by_is_told_from_the_text_where_that_is_sure() -> None:
    asked = {"events": [each[:2] for each in EVENTS], "longest": LONGEST, "types": ["heard", "x"]}
    done = subprocess.run(
        [sys.executable, "-m", "tests.flink.told_types"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        [told, told not in {None, "heard"}, told is not None] for *_, told in EVENTS
    ]
