"""What an evaluation may cost: past a bound it ends with a fault that says where."""

import pytest

from journeys.expressions import ExpressionError, Scope, compile_expression
from journeys.messages import JsonValue
from tests.harness.quickly import assert_quick, attempt

LONG = "x" * 200_000
MANY: list[JsonValue] = list(range(9_000))


TOO_MUCH = "there is too much to look through"


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
    "map": {str(n): n for n in range(9_000)},
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
            "more than 1666 times",
        ),
        ("split(@event{e.text}, 'a')", "split(@event{e.text}, 'a')", "more than 10000 times"),
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
        ("@event{e.huge.all(true)}", "all(true)", "a list of 1000000 items is too long"),
        ("@event{e.lists.many.many.many.x}", "many", "hold too many items together"),
        (
            "@event{e.many.any(@event{e.many.any(currentEventField == -1)})}",
            "any(currentEventField == -1)",
            TOO_MUCH,
        ),
        ("@event{e.many.any(in(-1, @event{e.many}))}", "@event{e.many}", TOO_MUCH),
        ("@event{e.many.any(contain(@event{e.text}, 'b'))}", "@event{e.text}", TOO_MUCH),
        ("@event{e.many.any(@event{e.many} has null)}", "@event{e.many} has null", TOO_MUCH),
        (
            "@event{e.many.any(@event{e.many} == @event{e.lists})}",
            "@event{e.many} == @event{e.lists}",
            TOO_MUCH,
        ),
        (
            "@event{e.many.map(@event{e.many} + @event{e.text})}",
            "@event{e.many} + @event{e.text}",
            TOO_MUCH,
        ),
        ("@event{e.many.any(@event{e.many.x} is null)}", "x", TOO_MUCH),
        ("@event{e.many.any(@event{e.map.keys()} is null)}", "keys()", TOO_MUCH),
        ("'' + @event{e.huge}", "'' + @event{e.huge}", "a text of 262"),
        ("matchRegExp(@event{e.long}, '(.*a){300}c')",) * 2 + ("too long for this pattern",),
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


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?=a)", "has no '(?='"),
        ("(a)\\1", "has no '\\\\1'"),
        ("a++", "has no '++'"),
        ("[a-z&&[bc]]", "classes cannot be intersected"),
        ("[a[^b]]", "a class within a class cannot be negated"),
        ("(a", "missing )"),
        ("a\\", "trailing \\"),
        ("a{2000}", "at most 1000 repetitions"),
        ("\\p{Martian}", "there is no class"),
        ("((a{100}){100}){100}", "the pattern cannot be used"),
        ("a" * 1_001, "1001 characters long"),
    ],
)
def test_a_pattern_that_no_linear_engine_can_match_is_refused(pattern: str, message: str) -> None:
    quoted = "'" + pattern.replace("\\", "\\\\") + "'"
    with pytest.raises(ExpressionError) as caught:
        compile_expression(f"matchRegExp('a', {quoted})")
    assert message in caught.value.message
    start, end = caught.value.span
    assert f"matchRegExp('a', {quoted})"[start:end] == quoted


def test_half_a_character_or_no_number_is_never_a_failure_of_ours() -> None:
    payload: dict[str, JsonValue] = {"half": "a\ud800b", "nan": float("nan"), "none": None}
    reads = Scope(events={"e": payload})
    for text, value in [
        ("matchRegExp(@event{e.half}, 'a.b')", True),
        ("split(@event{e.half}, '[b]')", ["a\ud800"]),
        ("length(replaceAll(@event{e.half}, '[ab]', 'xy'))", 5),
        ("matchRegExp('a', @event{e.half})", False),
        ("sum(@event{e.none}, @event{e.none}) > now()", False),
    ]:
        assert compile_expression(text)(reads) == value
    with pytest.raises(ExpressionError):
        compile_expression("round(@event{e.nan})")(reads)
