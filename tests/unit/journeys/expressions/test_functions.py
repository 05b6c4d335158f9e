"""Every function does what its examples say."""

from pathlib import Path

import pytest

from journeys.expressions import Scope, compile_expression, functions, to_json
from journeys.expressions.function import function, functions_of
from journeys.expressions.functions import FAMILIES, FUNCTIONS

NOW = 1_772_352_000_000  # 2026-03-01T08:00:00Z
EXAMPLES = [(text, value) for function in FUNCTIONS.values() for text, value in function.examples]

FIELD = """
avg concat contain containIgnoreCase count countOnlyNull countWithNull currentTimeInMillis distinct
distinctCount distinctCountWithNull distinctWithNull endWith endWithIgnoreCase equalIgnoreCase
filter getListItem in inAudience inLastDays inLastHours inLastMonths inLastYears inNextDays
inNextHours inNextMonths inNextYears inSegment indexOf intersect isEmpty isNotEmpty lastIndexOf
length limit listSize lower matchRegExp max min notEqualIgnoreCase now nowWithDelta random replace
replaceAll round serializeList setDays setHours sort split startWith startWithIgnoreCase substr sum
toBool toDateOnly toDateTime toDateTimeOnly toDecimal toDuration toInteger toString trim
updateTimeZone upper uuid
""".split()  # noqa: SIM905 - sixty-eight names read better so


@pytest.mark.parametrize(("text", "value"), EXAMPLES, ids=[text for text, _ in EXAMPLES])
def test_an_example_gives_what_it_says(text: str, value: object) -> None:
    found = to_json(compile_expression(text)(Scope(now=NOW)))
    assert (type(found), found) == (type(value), value)


def test_every_function_of_the_field_is_there() -> None:
    assert set(FIELD) <= set(FUNCTIONS)
    assert len(set(FIELD)) == 68  # 67, and the older name inSegment


def test_every_function_is_described_and_has_an_example() -> None:
    for one in FUNCTIONS.values():
        assert one.description.endswith("."), one.name
        assert one.examples, one.name
        assert {signature.name for signature in one.signatures} == {one.name}


def test_every_family_in_the_folder_is_listed() -> None:
    folder = Path(functions.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == {
        family.__name__.rpartition(".")[2] for family in FAMILIES
    }


def test_two_functions_of_one_name_are_refused() -> None:
    family = type(functions)("family")
    for attribute in ("one", "other"):
        made = function("same(a: string) -> string", examples=[])(lambda a: a)
        setattr(family, attribute, made)
    with pytest.raises(ValueError, match="two functions are called 'same'"):
        functions_of([family])
