"""Types against a catalog, faults with near names, and what an expression reads."""

from typing import Any

import pytest

from journeys.expressions import (
    Checked,
    ExpressionError,
    KnownTypes,
    OpenCatalog,
    Read,
    ReadKind,
    Scope,
    Severity,
    check,
    compile_expression,
    parse,
)
from journeys.expressions.types import (
    ANY,
    BOOLEAN,
    DATE_TIME,
    DECIMAL,
    DURATION,
    INTEGER,
    STRING,
    list_of,
    map_of,
    object_of,
)

ITEM = object_of({"sku": STRING, "price": DECIMAL, "tags": list_of(STRING), "at": DATE_TIME})
CART = object_of(
    {
        "total": DECIMAL,
        "count": INTEGER,
        "open": BOOLEAN,
        "items": list_of(ITEM),
        "at": DATE_TIME,
        "identityMap": map_of(list_of(object_of({"id": STRING}))),
        "hold": DURATION,
        "seen": list_of(DATE_TIME),
        "extra": ANY,
    }
)
CATALOG = KnownTypes(
    {
        ReadKind.EVENT: {"cart": CART},
        ReadKind.HISTORY: {"cart": CART},
        ReadKind.PROFILE: {
            "": object_of({"country": STRING, "person": object_of({"age": INTEGER})})
        },
        ReadKind.SOURCE: {"Weather": object_of({"main": object_of({"temperature": DECIMAL})})},
        ReadKind.ACTION: {"mail": object_of({"jo_status_code": STRING})},
        ReadKind.AUDIENCE: {"big_spenders": ANY},
        ReadKind.PROPERTY: {"journeyUID": STRING},
    }
)


def checked(text: str) -> Checked:
    return check(parse(text), CATALOG)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("@event{cart.total}", "decimal"),
        ("@event{cart.count} + 1", "integer"),
        ("@event{cart.count} + 1.5", "decimal"),
        ("@event{cart.count} / 2", "integer"),
        ("@event{cart.items.price}", "listDecimal"),
        ("@event{cart.items.tags}", "listString"),
        ("@event{cart.items.all(currentEventField.price > 5)}", "listObject"),
        ("@event{cart.items.first().sku}", "string"),
        ("@event{cart.items.map(currentEventField.price)}", "listDecimal"),
        ("@event{cart.items.any(currentEventField.price > 5)}", "boolean"),
        ("@event{cart.identityMap.entry('Email').first().id}", "string"),
        ("@event{cart.identityMap.keys()}", "listString"),
        ("@event{cart.identityMap.firstEntryKey()}", "string"),
        ("@event{cart.extra.whatever}", "any"),
        ("@event{cart.extra, defaultValue: 5}", "integer"),
        ("@event{cart.at} + @event{cart.hold}", "dateTime"),
        ("@event{cart.at} - @event{cart.at}", "duration"),
        ("@event{cart.hold} + @event{cart.hold}", "duration"),
        ("#{ExperiencePlatform.Group.profile.person.age}", "integer"),
        ("#{profile.country}", "string"),
        ("#{Weather.main.temperature}", "decimal"),
        ("@history{cart.total, P30D}", "listDecimal"),
        ("sum(@history{cart.count})", "integer"),
        ("max(@event{cart.seen})", "dateTime"),
        ("last(@history{cart.at})", "dateTime"),
        ("coalesce(@event{cart.count}, 1.5)", "decimal"),
        ("if (true) then (1) else (2.5)", "decimal"),
        ("[1, 2.5, null]", "listDecimal"),
        ("[]", "listAny"),
        ("null", "null"),
        ("sort(@event{cart.items}, 'price', true)", "listObject"),
        ("getListItem(@event{cart.items}, 0)", "object"),
        ("${journeyUID}", "string"),
    ],
)
def test_an_expression_has_a_type(text: str, type_: str) -> None:
    found = checked(text)
    assert found.faults == ()
    assert str(found.type) == type_


@pytest.mark.parametrize(
    ("text", "piece", "message", "hint"),
    [
        ("@event{crat.total}", "crat", "there is no event 'crat'", "did you mean 'cart'?"),
        ("@event{cart.totla}", "totla", "there is no field 'totla'", "did you mean 'total'?"),
        ("@event{cart.total.x}", "x", "a value of type decimal has no field 'x'", None),
        ("@event{cart.items.prise}", "prise", "there is no field 'prise'", "'price'"),
        ("#{profile.contry}", "contry", "there is no field 'contry'", "'country'"),
        (
            "#{ExperiencePlatform.G.profile.contry}",
            "contry",
            "there is no field 'contry'",
            "'country'",
        ),
        ("#{Wether.main.temperature}", "Wether", "there is no source 'Wether'", "'Weather'"),
        ("#{Weather.mian.temperature}", "mian", "there is no field 'mian'", "'main'"),
        ("@action{male.jo_status_code}", "male", "there is no action 'male'", "'mail'"),
        ("@history{carts.total}", "@history{carts.total}", "there is no event 'carts'", "'cart'"),
        (
            "inAudience('big_spender')",
            "'big_spender'",
            "there is no audience 'big_spender'",
            "'big_spenders'",
        ),
        ("${journeyUid}", "${journeyUid}", "there is no property 'journeyUid'", "'journeyUID'"),
        ("lowr('a')", "lowr", "there is no function 'lowr'", "'lower'"),
        (
            "lower(@event{cart.total})",
            "@event{cart.total}",
            "'lower' cannot take (decimal)",
            "lower(text: string) -> string",
        ),
        ("concat('a')", "'a'", "'concat' cannot take (string)", "concat("),
        ("concat()", "concat()", "'concat' cannot take (nothing)", "concat("),
        (
            "@event{cart.total} == 'a'",
            "@event{cart.total} == 'a'",
            "decimal and string are never equal",
            "convert",
        ),
        ("'a' < 'b'", "'a' < 'b'", "compares numbers or moments", "texts have no order"),
        (
            "@event{cart.at} < 5",
            "@event{cart.at} < 5",
            "cannot compare dateTime with integer",
            "convert",
        ),
        (
            "date('2026-03-01') < date('2026-03-02')",
            "date('2026-03-01') < date('2026-03-02')",
            "not values of type dateOnly",
            "between",
        ),
        ("1 + true", "1 + true", "'+' needs numbers, not a value of type boolean", "toInteger"),
        ("'a' + [1]", "'a' + [1]", "listInteger cannot be joined to a text", "serializeList"),
        ("-'a'", "-'a'", "'-' needs a number", None),
        ("not 1", "1", "'not' needs a boolean, not a value of type integer", None),
        ("true and @event{cart.total}", "@event{cart.total}", "'and' needs a boolean", None),
        ("1 has null", "1 has null", "looks into a list", None),
        ("if (1) then (2) else (3)", "1", "'if' needs a boolean", None),
        (
            "if (true) then (1) else ('a')",
            "if (true) then (1) else ('a')",
            "both branches need one type",
            "toString",
        ),
        ("[1, 'a']", "'a'", "all items of a list have one type", None),
        ("[[1]]", "[1]", "a list cannot hold lists", None),
        ("currentEventField.x", "currentEventField.x", "has no meaning here", ".all(…)"),
        (
            "@event{cart.items.all(currentActionField.price > 1)}",
            "currentActionField.price",
            "has no meaning here",
            "@action{…}",
        ),
        (
            "@event{cart.items.all(currentEventField.prise > 1)}",
            "prise",
            "there is no field 'prise'",
            "'price'",
        ),
        (
            "@event{cart.items.all(currentEventField.price)}",
            "all(currentEventField.price)",
            "needs a condition",
            None,
        ),
        ("@event{cart.items.at('a')}", "at('a')", "needs an integer", None),
        ("@event{cart.total.all()}", "all()", "looks through a list", None),
        ("@event{cart.total.keys()}", "keys()", "looks into a map", None),
        ("@event{cart.identityMap.entry(1)}", "entry(1)", "needs a text", None),
        (
            "@event{cart.total, defaultValue: 'a'}",
            "'a'",
            "the default is string, but the field is decimal",
            None,
        ),
        (
            "@event{cart.total, params: {a: 1}}",
            "@event{cart.total, params: {a: 1}}",
            "only a source",
            None,
        ),
        ("now('Mars')", "'Mars'", "there is no time zone 'Mars'", None),
        ("isNull(@event{cart.total})", "isNull", "there is no function 'isNull'", "is null"),
        ("1 < @event{cart.total} < 3", "1 < @event{cart.total} < 3", "boolean", "x and x < 3"),
        ("nowWithDelta(1, 'weeks')", "'weeks'", "there is no unit 'weeks'", None),
        ("matchRegExp('a', '(?=a)')", "'(?=a)'", "the pattern cannot be used", None),
        ("matchRegExp('a', 'a{2000}')", "'a{2000}'", "the pattern cannot be used", None),
        ("formatDate(now(), 'qq')", "'qq'", "'qq' stands for nothing", None),
        ("inAudience(#{profile.country})", "#{profile.country}", "takes a literal text", None),
        ("toDuration('3 days')", "toDuration('3 days')", "is always null", "such as 'P3DT12H'"),
        ("toDuration('P1Y')", "toDuration('P1Y')", "is always null", "days, hours"),
        ("toDuration(99999999999999999)", "toDuration(99999999999999999)", "always null", None),
        ("toDateTime('yesterday')", "toDateTime('yesterday')", "always null", "its offset"),
        ("toDateTime('Mars', date('2026-03-01'))", "'Mars'", "there is no time zone", None),
        ("toDateOnly('x')", "toDateOnly('x')", "always null", "such as '2026-03-01'"),
        ("toDateOnly(2026, 2, 30)", "toDateOnly(2026, 2, 30)", "always null", None),
        ("toDateTimeOnly('x')", "toDateTimeOnly('x')", "always null", "a local time"),
        ("1 + toInteger('abc')", "toInteger('abc')", "'toInteger' makes nothing of this", "digits"),
        ("toDecimal('1,5')", "toDecimal('1,5')", "always null", "such as '1.5'"),
        ("max('a', 'b')", "'a'", "'max' cannot take", None),
        ("in(1, ['a'])", "['a']", "'in' cannot take (integer, listString)", None),
    ],
)
def test_a_fault_says_what_is_wrong_and_where(
    text: str, piece: str, message: str, hint: str | None
) -> None:
    faults = checked(text).errors
    assert len(faults) == 1
    assert text[faults[0].span.start : faults[0].span.end] == piece
    assert message in faults[0].message
    assert hint is None or hint in (faults[0].hint or "")


@pytest.mark.parametrize(
    "text",
    [
        "toBool('yes')",
        "toDuration('P2DT3H4M')",
        "toDateTime(null)",
        "toInteger(@event{cart.extra})",
        "toDateOnly(2026, @event{cart.count}, 30)",
        "toInteger('1' + 'x')",
    ],
)
def test_a_conversion_that_may_give_something_is_no_fault(text: str) -> None:
    assert checked(text).faults == ()


def test_a_conversion_in_vain_still_runs_where_a_plan_has_it_already() -> None:
    found = checked("toDuration('3 days') is null")
    assert [fault.is_vain for fault in found.errors] == [True]
    found.raise_for_errors()
    assert compile_expression(found.expression.text)(Scope()) is True


def test_all_faults_are_found_at_once() -> None:
    text = "lowr('a') == 1 and @event{cart.totla} == 1 or 1 == 'x' or not 5"
    found = checked(text)
    wrong = [text[fault.span.start : fault.span.end] for fault in found.errors]
    assert wrong == ["lowr", "totla", "1 == 'x'", "5"]
    with pytest.raises(ExpressionError) as caught:
        found.raise_for_errors()
    assert caught.value.faults == found.errors


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / @event{cart.count}", "the divisor may be 0"),
        ("1 / 0", "the divisor may be 0"),
        ("5 % @event{cart.count}", "the divisor may be 0"),
        ("null < 1", "with null is always false"),
    ],
)
def test_what_is_only_doubtful_is_a_warning(text: str, message: str) -> None:
    found = checked(text)
    assert [fault.severity for fault in found.faults] == [Severity.WARNING]
    assert message in found.faults[0].message
    found.raise_for_errors()


def test_a_check_lists_what_is_read() -> None:
    text = (
        "@event{cart.items.all(currentEventField.price > #{profile.person.age}).sku} is null and "
        "inAudience('big_spenders') and sum(@history{cart.total, P30D}) > 5 and "
        "#{Weather.main.temperature, params: {at: @action{mail.jo_status_code}}} > 1 and "
        "${journeyUID} == 'x' and count(@history{cart}) > 1 and @history{cart.at} has null"
    )
    span = parse("1").root.span
    reads: list[tuple[ReadKind, str, tuple[str, ...], dict[str, Any]]] = [
        (ReadKind.EVENT, "cart", ("items", "sku"), {}),
        (ReadKind.PROFILE, "", ("person", "age"), {}),
        (ReadKind.AUDIENCE, "big_spenders", (), {}),
        (
            ReadKind.HISTORY,
            "cart",
            ("total",),
            {"window_ms": 2_592_000_000, "aggregate": "sum"},
        ),
        (ReadKind.SOURCE, "Weather", ("main", "temperature"), {"parameters": True}),
        (ReadKind.ACTION, "mail", ("jo_status_code",), {}),
        (ReadKind.PROPERTY, "journeyUID", (), {}),
        (ReadKind.HISTORY, "cart", (), {"aggregate": "count"}),
        (ReadKind.HISTORY, "cart", ("at",), {}),
    ]
    assert checked(text).references == tuple(
        Read(kind, name, path, span, **more) for kind, name, path, more in reads
    )


def test_dates_and_durations_that_are_read_are_listed_as_conversions() -> None:
    text = "@event{cart.at} < now() and max(@event{cart.seen}) < @event{cart.items.first().at}"
    assert checked(text).conversions == ((0, "dateTime"), (32, "listDateTime"), (53, "dateTime"))


def test_an_open_catalog_knows_every_name() -> None:
    found = check(parse("@event{any.thing} == #{some.where.else}"), OpenCatalog())
    assert found.faults == ()
    assert str(found.type) == "boolean"
