"""Which events the sieve leaves out, and how it counts them; what it leaves to Python."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest

pytestmark = [pytest.mark.flink, pytest.mark.timeout(300)]

LONGEST = 90
A = '{"eventType":"a"}'
EVENTS = [
    # key, value, type under which it is counted; None: it passes
    ("k", '{"eventType":"a.b","_id":"1"}', "a.b"),
    ("k", '{"_id":"1", "eventType" :\t"a b"}', "a b"),
    ("k", '{"eventType":"heard"}', None),
    ("k", '{"eventType":"o\'ther"}', "o'ther"),
    ("k", '{"note":"\\"eventType\\":\\"x\\"","eventType":"a"}', "a"),
    ("k", '{"note":"}\\\\","eventType":"a"}', "a"),
    ("k", '{"text":"100 \\u20ac","eventType":"a"}', "a"),
    ("k", '{"text":"caf\xc3\xa9","eventType":"a"}', "a"),
    ("k", '{"ids":["eventType"],"eventType":"a"}', "a"),
    ("k", '{"in":{"eventType":"heard"},"eventType":"a","more":[{"x":[1,2]},"]"]}', "a"),
    ("k", '{"in":{"eventType":"a"}}', None),  # it has no type of its own
    ("k", '{"eventType":"a","event\\u0054ype":"b"}', None),  # the latter is what JSON reads
    ("k", '{"eventType":"a\\/b"}', None),
    ("k", '{"eventType":"a","eventType":"b"}', None),
    ("k", '{"eventType":"caf\xc3\xa9"}', None),
    ("k", '{"eventType":7}', None),
    ("k", '{"eventType":null}', None),
    ("k", '{"eventType":""}', None),
    ("k", '{"eventType":"a}', None),  # no end
    ("k", '{"eventType" "a"}', None),
    ("k", '{"eventType":["a"]}', None),
    ("k", '{"eventType"', None),
    ("k", '{"eventType":', None),
    ("k", '{"eventType":"a\\', None),
    ("k", '{"type":"a"}', None),
    ("k", '{"eventType":"a","_id":"1', None),  # cut off
    ("k", '{"eventType":"a","in":{"x":1}', None),
    ("k", A + "}", None),
    ("k", f"[{A}]", None),
    ("k", "", None),
    ("k", None, None),
    ("k", '{"eventType":"a","_dataset":"d"}', None),
    ("k", '{"eventType":"a","in":{"_dataset":"d"}}', "a"),
    ("k", '{"eventType":"a","_id":"' + "1" * LONGEST + '"}', None),
    ("k", '{"eventType":"b","x":"\xff\x00\x80"}', "b"),
    ("", A, None),
    (None, A, None),
    ("k" * 2000, A, None),
    ("\xc3\xa9", A, "a"),
    ("\xff", A, None),  # no text
]
HEARD = ["heard", "x"]


def test_what_nobody_listens_to_is_counted_and_all_else_passes_as_it_is() -> None:
    asked = {"events": [each[:2] for each in EVENTS], "longest": LONGEST, "types": [HEARD, []]}
    done = subprocess.run(
        [sys.executable, "-m", "tests.flink.told_types"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    expected = {n: kind for n, (_, _, kind) in enumerate(EVENTS)}
    for number, kinds in enumerate([expected, expected | {2: "heard"}]):
        rows = [rest for of, *rest in said if of == number]
        passed = {o: v for o, v, kind, _ in rows if kind is None}
        assert passed == {n: EVENTS[n][1] for n, kind in kinds.items() if kind is None}
        counted = {kind: n for _, _, kind, n in rows if kind is not None}
        assert counted == Counter(filter(None, kinds.values()))
