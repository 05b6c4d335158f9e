"""What an evaluation may cost: past a bound it ends with a fault that says where."""

import pytest

from journeys.expressions import ExpressionError, Scope, compile_expression
from journeys.messages import JsonValue
from tests.harness.quickly import assert_quick, attempt

LONG = "x" * 200_000
MANY: list[JsonValue] = list(range(9_000))


def deeply_nested(levels: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(levels):
        value = [value]
    return value


PAYLOAD: dict[str, JsonValue] = {
    "long": LONG,
    "many": MANY,
    "huge": [0] * 1_000_000,
    "text": "a" * 30_000,
    "deep": deeply_nested(5_000),
    "lists": [{"many": MANY} for _ in range(9)],
    "max": 2**63 - 1,
    "big": 1e308,
}


@pytest.mark.parametrize(
    ("text", "piece", "message"),
    [
        (
            "'a' + (@event{e.long} + @event{e.long})",
            "(@event{e.long} + @event{e.long})",
            "a text of 400000 characters",
        ),
        (
            "concat(@event{e.long}, @event{e.long})",
            "concat(@event{e.long}, @event{e.long})",
            "a text of 400000 characters",
        ),
        (
            "length(replaceAll(@event{e.text}, 'a', @event{e.text}))",
            "replaceAll(@event{e.text}, 'a', @event{e.text})",
            "a text of",
        ),
        (
            "replaceAll(@event{e.text}, '', 'b')",
            "replaceAll(@event{e.text}, '', 'b')",
            "more than 10000 times",
        ),
        ("split(@event{e.long}, '[a-z]')", "split(@event{e.long}, '[a-z]')", "too long to search"),
        (
            "replaceAll('aaaaaaaaaa', '.*', @event{e.long} )",
            "replaceAll('aaaaaaaaaa', '.*', @event{e.long} )",
            "a text of",
        ),
        (
            "serializeList(@event{e.many}, @event{e.text}, true)",
            "serializeList(@event{e.many}, @event{e.text}, true)",
            "a text of",
        ),
        ("count(@event{e.huge})", "@event{e.huge}", "a list of 1000000 items is too long"),
        ("@event{e.huge.all(true)}", "all(true)", "the lists are too long"),
        ("@event{e.lists.many.many.many.x}", "many", "a list of 81000 items"),
        (
            "@event{e.many.any(@event{e.many.any(currentEventField == -1)})}",
            "any(currentEventField == -1)",
            "the lists are too long",
        ),
        ("@event{e.many.any(in(-1, @event{e.many}))}", "@event{e.many}", "the lists are too long"),
        ("@event{e.max} + 1", "@event{e.max} + 1", "64 bits"),
        ("@event{e.max} * 2 > 1", "@event{e.max} * 2", "64 bits"),
        ("-1 - @event{e.max} - 1", "-1 - @event{e.max} - 1", "64 bits"),
        ("@event{e.big} * 10.0", "@event{e.big} * 10.0", "the largest decimal"),
        (
            "sum([@event{e.big}, @event{e.big}])",
            "sum([@event{e.big}, @event{e.big}])",
            "the largest decimal",
        ),
        ("distinct(@event{e.deep})", "distinct(@event{e.deep})", "a value is out of all bounds"),
    ],
)
def test_a_value_past_a_bound_is_a_fault_with_a_place(text: str, piece: str, message: str) -> None:
    program, reads = compile_expression(text), Scope(events={"e": PAYLOAD})
    with pytest.raises(ExpressionError) as caught:
        program(reads)
    assert_quick(lambda: attempt(lambda: program(reads)))
    span = caught.value.span
    assert text[span.start : span.end] == piece
    assert message in caught.value.message


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "((a*)*)*b", "(.*)(.*)(.*)(.*)[^a]x"])
def test_patterns_that_hang_other_engines_are_linear_here(pattern: str) -> None:
    program = compile_expression(f"matchRegExp(@event{{e.text}} + 'b!', '{pattern}')")
    reads = Scope(events={"e": {"text": "a" * 100_000}})
    assert program(reads) is False
    assert_quick(lambda: program(reads))


def test_a_pattern_that_is_only_known_at_run_time_and_wrong_matches_nothing() -> None:
    reads = Scope(events={"e": {"pattern": "(?=a)", "long": "a" * 5_000}})
    for text, value in [
        ("matchRegExp('a', @event{e.pattern})", False),
        ("matchRegExp('a', @event{e.long})", False),
        ("replaceAll('a.', @event{e.pattern}, 'b')", "a."),
        ("replace('a', @event{e.pattern}, 'b')", "a"),
        ("split('a', @event{e.pattern})", None),
        ("extract('a', @event{e.pattern})", None),
    ]:
        assert compile_expression(text)(reads) == value
