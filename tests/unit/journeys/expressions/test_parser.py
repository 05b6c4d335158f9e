"""Text to tree: what reads as what, where faults are, and hostile texts."""

import pytest

from journeys.expressions import ExpressionError, compile_expression, parse, print_expression
from journeys.expressions import parser as limits
from tests.harness.hostile_expressions import HOSTILE
from tests.harness.quickly import assert_quick, attempt


def canonical(text: str) -> str:
    return print_expression(parse(text))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1 + 2 * 3", "1 + (2 * 3)"),
        ("1 - 2 - 3", "(1 - 2) - 3"),
        ("true or false and false", "true or (false and false)"),
        ("not 3.15 < 1", "not (3.15 < 1)"),
        ("not true and false", "(not true) and false"),
        ("1 + 2 < 4 == true", "((1 + 2) < 4) == true"),
        ("1 + 2 is null", "(1 + 2) is null"),
        ("-1 * 2", "(-1) * 2"),
        ("@{E.a}", "@event{E.a}"),
        ("@event { E . a\n.b }", "@event{E.a.b}"),
        ("@event{E?.a?.b}", "@event{E.a.b}"),
        ("lower ( 'a' )", 'lower("a")'),
        ("#{ profile.'first name' }", '#{profile."first name"}'),
        ("@event{E.and.or.if.date}", "@event{E.\"and\".'or'.if.date}"),
        ("@history{p.total, 'PT720H'}", "@history{p.total, P30D}"),
        ("if(true)then(1)else(2)", "if (true) then (1) else (2)"),
        ("#{W.m.t, params: {a: 1}, defaultValue: 2}", "#{W.m.t, defaultValue: 2, params: {a: 1}}"),
        ("${ supplementalId }", "${supplementalId}"),
        ('"a\\"b\\\\c\\u00e9\\n"', "'a\"b\\\\cé\\n'"),
        ("'\\d'", "'\\\\d'"),
        ("1e3", "1000.0"),
        ("- 5", "-5"),
    ],
)
def test_two_texts_mean_the_same(text: str, same: str) -> None:
    assert parse(text) == parse(same)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("(1+2)*3", "(1 + 2) * 3"),
        ("((1))", "1"),
        ("(true and true) and false", "(true and true) and false"),
        ("true and true and false", "true and true and false"),
        ("not (true or false)", "not (true or false)"),
        ("-(1 + 2)", "-(1 + 2)"),
        ("2 - -1", "2 - -1"),
        ("(-1) is numeric", "-1 is numeric"),
        ("'it''s'[", None),
        (
            "@event{E.a.all().first(currentEventField.x>1).at(0)}",
            "@event{E.a.all().first(currentEventField.x > 1).at(0)}",
        ),
        ("date('2026-03-01T08:00Z')", 'date("2026-03-01T08:00:00+00:00")'),
        ("@event{E.'3h'.\"-x\".a-b}", '@event{E."3h"."-x".a-b}'),
    ],
)
def test_an_expression_is_printed_in_one_form(text: str, printed: str | None) -> None:
    if printed is None:
        with pytest.raises(ExpressionError):
            parse(text)
    else:
        assert canonical(text) == printed
        assert canonical(printed) == printed


@pytest.mark.parametrize(
    ("text", "piece", "message", "hint"),
    [
        ("", "", "the expression is empty", "expected a value"),
        ("  ", "", "the expression is empty", "expected a value"),
        ("1 +", "", "the expression ends too early", "expected a value"),
        ("(1", "", "the expression ends too early", "')'"),
        ("@event{a.b", "", "the expression ends too early", "'}'"),
        ("cart > 5", "cart", "'cart' is not something to read", "@event{…}"),
        ("1 = 2", "=", "'=' is not expected here", "write '=='"),
        ("1 && 2", "&", "'&' is not expected here", "write 'and'"),
        ("'abc", "'", "is not expected here", "add the same quote"),
        ("#{profile.a} in ['DE']", "in", "'in' is not expected here", "in(value, [one, another])"),
        ("#{profile.a} BETWEEN 1 and 2", "BETWEEN", "not expected", "between(value, low, high)"),
        ("#{profile.a} like 'x%'", "like", "not expected here", "startWith(text, part)"),
        ("#{profile.a} <> 3", ">", "not expected here", "write '!='"),
        ("#{profile.a} ? 1 : 2", "?", "not expected here", "if (condition) then one"),
        ("{{ profile.a }} > 2", "{", "not expected here", "reads #{profile.age}"),
        ("#{profile.a}.size() > 1", ".", "not expected here", "a function stands before"),
        ("#{profile.a[0].b} == 1", "[", "not expected here", "write .at(0)"),
        ("#{profile.a} > 1,000", ",", "not expected here", "without separators"),
        ("#{profile.a} > 60%", "", "the expression ends too early", "write 0.6 or 60"),
        ("true AND false", "AND", "'AND' is not expected here", "write 'and'"),
        ("NOT true", "NOT", "'NOT' is not expected here", "write 'not'"),
        ("1 is nul", "nul", "'nul' is not expected here", "'null'"),
        ("if (true) then 1", "1", "'1' is not expected here", "expected '('"),
        ("@evnt{a.b}", "@evnt{", "there is no reference '@evnt'", "did you mean 'event'"),
        ("@event{a.b, default: 1}", "default", "'default' is not expected here", "'defaultValue'"),
        ("@event{a.b.frist()}", "frist", "no collection method 'frist'", "did you mean 'first'"),
        ("@event{a.b.at()}", "at()", "'at' needs something", None),
        ("@event{a.b.keys(1)}", "keys(1)", "'keys' takes nothing", None),
        ("@event{a.b, defaultValue: 1, defaultValue: 2}", "defaultValue: 2", "given twice", None),
        ("#{Weather}", "#{Weather}", "does not say which field group", "#{source.group.path}"),
        ("date('soon')", "date('soon')", "'soon' is not a date", "2026-03-01"),
        ("date(now())", "date(now())", "takes one text", "toDateTime"),
        ("@history{a.b, P3X}", "P3X", "is not a window of time", "P30D"),
        ("@history{a.b, P0D}", "P0D", "is not a window of time", "P30D"),
        ("@history{a.all()}", "@history{a.all()}", "methods are not possible", None),
        ("9223372036854775808", "9223372036854775808", "larger than the largest integer", "1.5e20"),
        ("1e999", "1e999", "larger than the largest decimal", None),
        ("1" * 500, "1" * 500, "the number is too long", None),
        ("'\\ud800'", "'\\ud800'", "half of a surrogate pair", None),
    ],
)
def test_a_fault_says_what_is_wrong_and_where(
    text: str, piece: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    error = caught.value
    assert text[error.span.start : error.span.end] == piece
    assert message in error.message
    assert hint is None or hint in (error.hint or "")


def test_the_smallest_integer_can_be_written() -> None:
    assert canonical("-9223372036854775808") == "-9223372036854775808"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_refused_quickly_with_a_position(name: str) -> None:
    text = HOSTILE[name]
    parse("1")  # builds the grammar
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert_quick(lambda: attempt(lambda: parse(text)))
    assert 0 <= caught.value.span.start <= caught.value.span.end <= len(text)


def test_expressions_up_to_the_limits_are_read() -> None:
    parse("[" + "1," * (limits.MAX_TOKENS // 2 - 2) + "1]")
    parse("(" * (limits.MAX_DEPTH - 1) + "1" + ")" * (limits.MAX_DEPTH - 1))
    parse("1" + " + 1" * (limits.MAX_DEPTH - 1))
    compile_expression("@event{a" + ".b" * (limits.MAX_DEPTH - 2) + "}")
    parse(" or ".join(["true"] * 1_900))
