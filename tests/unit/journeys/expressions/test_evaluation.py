"""What expressions give: operators, null, reads, collections, and values that do not fit."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from journeys.expressions import ExpressionError, Scope, check, compile_expression, parse, to_json
from journeys.expressions.catalog import KnownTypes, ReadKind
from journeys.expressions.types import DATE_TIME, DECIMAL, list_of, object_of
from journeys.expressions.values import Value
from journeys.messages import JsonObject

CART: JsonObject = {
    "total": 80, "none": None, "text": "abc", "yes": True, "one": 1, "half": 0.5,
    "at": "2026-03-01T08:00:00+02:00", "my-field": 3, "3h": 4,
    "items": [
        {"sku": "a", "price": 5, "quantity": 2, "tags": ["x", "y"], "added": "2026-02-01T00:00Z"},
        {"sku": "b", "price": 7.5, "quantity": 1, "tags": ["z"], "added": "2026-02-03T00:00Z"},
        {"sku": "c"},
    ],
    "span": "PT1S", "day": "2026-03-01", "deep": [{"a": {"b": 1}}, {"x.y": 2}, 3],
    "emails": {"home": [{"id": "h@x"}], "work": [{"id": "w@x"}]},
}  # fmt: skip
NOW = 1_772_352_000_000


def scope() -> Scope:
    return Scope(
        events={"cart": CART},
        profile={"country": "DE", "person": {"age": 41}},
        sources={"Weather": {"main": {"temperature": 21.5}}},
        actions={"mail": {"jo_status_code": "http_200"}},
        decisions={"offer": {"items": [{"id": "o1"}]}},
        audiences={"vip": "realized", "old": "existing", "gone": "exited"},
        properties={"journeyUID": "j1"},
        supplemental_id="s1",
        now=NOW,
        source_call=lambda source, group, asked: {"asked": f"{source}.{group}.{asked['city']}"},
        history=lambda event, path, window_ms: [event, *path, window_ms],
    )


def value_of(text: str) -> object:
    return to_json(compile_expression(text)(scope()))


def cases(name: str) -> list[tuple[str, object]]:
    lines = (Path(__file__).parent / name).read_text().splitlines()
    pairs = [line.split("  =>  ") for line in lines if line and not line.startswith("#")]
    return [(text, json.loads(value)) for text, value in pairs]


@pytest.mark.parametrize(("text", "value"), cases("evaluation.txt") + cases("patterns.txt"))
def test_an_expression_gives_a_value(text: str, value: object) -> None:
    found = value_of(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(("text", "value"), cases("dates.txt"))
def test_a_date_expression_gives_a_value(text: str, value: object) -> None:
    assert value_of(text) == value


def test_now_is_written_in_the_zone_of_the_journey() -> None:
    for zone, text, value in [
        ("America/New_York", "now()", "2026-03-01T03:00:00-05:00"),
        ("Asia/Kolkata", "toDateTimeOnly(now())", "2026-03-01T13:30:00"),
    ]:
        assert to_json(compile_expression(text)(Scope(now=NOW, zone=zone))) == value


def test_days_from_now_keep_the_time_of_day_where_the_clocks_change() -> None:
    day_before_the_change = Scope(now=NOW + 27 * 86_400_000, zone="Europe/Paris")
    for text, value in [
        ("now()", "2026-03-28T09:00:00+01:00"),
        ("nowWithDelta(1, 'days')", "2026-03-29T09:00:00+02:00"),
        ("nowWithDelta(24, 'hours')", "2026-03-29T10:00:00+02:00"),
    ]:
        assert to_json(compile_expression(text)(day_before_the_change)) == value


def test_a_field_typed_as_a_date_is_converted_when_it_is_read() -> None:
    text = "@event{cart.at} == @event{cart.same} and max(@event{cart.seen}) > @event{cart.at}"
    cart = object_of({"at": DATE_TIME, "same": DATE_TIME, "seen": list_of(DATE_TIME)})
    found = check(parse(text), KnownTypes({ReadKind.EVENT: {"cart": cart}}))
    payload: dict[str, Value] = {
        "at": "2026-03-01T08:00:00Z", "same": "2026-03-01T09:00:00+01:00",
        "seen": ["2026-03-01T08:30:00Z", "2026-03-01T09:00:00+05:00", None, "soon"],
    }  # fmt: skip
    reads = Scope(events={"cart": payload})  # type: ignore[dict-item]
    assert compile_expression(text, found.conversions)(reads) is True
    assert compile_expression("@event{cart.at} == @event{cart.same}")(reads) is False


def test_a_decimal_without_a_fraction_is_still_divided_as_a_decimal() -> None:
    text = "@event{cart.price} / 2 + @event{cart.items.all(currentEventField / 2 > 2.4).at(0)}"
    cart = object_of({"price": DECIMAL, "items": list_of(DECIMAL)})
    found = check(parse(text), KnownTypes({ReadKind.EVENT: {"cart": cart}}))
    reads = Scope(events={"cart": {"price": 5, "items": [1, 5]}})
    assert compile_expression(text, found.conversions)(reads) == 7.5


def test_a_field_typed_as_a_date_may_hold_milliseconds() -> None:
    program = compile_expression("@event{cart.at}", ((0, "dateTime"),))
    assert to_json(program(Scope(events={"cart": {"at": NOW}}))) == "2026-03-01T08:00:00Z"


def test_durations_and_dates_become_json() -> None:
    assert to_json({"a": [timedelta(days=2, seconds=1.5), None]}) == {"a": ["P2DT1.5S", None]}


def test_draws_depend_on_the_seed_alone() -> None:
    text = "'' + random() + ' ' + random() + uuid()"
    one, same, other = Scope(seed="a"), Scope(seed="a"), Scope(seed="b")
    program = compile_expression(text)
    drawn = program(one)
    assert program(same) == drawn != program(other)
    first, second = str(drawn)[:-36].split()
    assert first != second
    assert all(0 <= compile_expression("random()")(one) < 1 for _ in range(100))  # type: ignore[operator]
    assert compile_expression(
        "matchRegExp(uuid(), '[0-9a-f-]{14}4[0-9a-f]{3}-[89ab][0-9a-f-]{16}')"
    )(one)


def test_a_program_is_compiled_once() -> None:
    assert compile_expression("1 + 41") is compile_expression("1 + 41")


def test_a_program_knows_its_type_and_what_it_reads() -> None:
    program = compile_expression("#{profile.country} == 'DE'")
    assert str(program.type) == "boolean"
    assert [(read.kind, read.path) for read in program.reads] == [(ReadKind.PROFILE, ("country",))]


def test_what_is_wrong_whatever_the_fields_hold_does_not_compile() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("lower(1) == 2 or upper(2) == 'a'")
    assert [fault.span.start for fault in caught.value.faults] == [6, 23]


def test_text_of_an_author_never_becomes_code() -> None:
    hostile = "__import__('os')\n\"'\\"
    text = f"@event{{cart.{to_quoted(hostile)}}}"
    assert compile_expression(text)(Scope(events={"cart": {hostile: 1}})) == 1
    assert compile_expression(to_quoted(hostile))(Scope()) == hostile


def to_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
