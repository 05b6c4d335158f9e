"""The operators of a backtest: pieces of files in, people in, and what was counted at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyflink.common import Row

from journeys.backtest.recording import FIELD_END, RECORD_END, Recorded, pack
from journeys.records import Record
from operators.backtest_function import BacktestFunction, RecordedFunction
from tests.harness.keyed import RuntimeContext, Store

RECORD = Recorded("events", Record("j.events", 1, 7, 5, "ann", b'{"a": 1}', 8))


class Log:
    """Notes who comes."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.came: list[tuple[str, list[Recorded]]] = []
        self.ended = 0

    def take(self, person: str, recorded: Iterable[Recorded]) -> None:
        self.came.append((person, list(recorded)))

    def end(self) -> None:
        self.ended += 1


def test_people_come_whole_and_nothing_is_said_of_them() -> None:
    parts: list[Log] = []

    def begin(number: int) -> Log:
        parts.append(Log(number))
        return parts[-1]

    function = BacktestFunction(begin)
    context: Any = RuntimeContext(Store())
    function.open(context)
    text = RECORD_END.join((pack(RECORD), "profiles"))
    assert list(function.process_element(Row("ann", text), None)) == []
    function.close()
    (part,) = parts
    assert (part.number, part.ended) == (0, 1)
    assert part.came == [("ann", [RECORD, Recorded("profiles", None)])]


def test_a_part_that_never_began_is_not_ended() -> None:
    BacktestFunction(Log).close()


def test_a_piece_of_a_file_is_people_and_records() -> None:
    function = RecordedFunction(lambda number: iter([(f"p{number}", RECORD)]))
    (row,) = function.process_element(3, None)
    fields = ("events", "j.events", "1", "7", "5", "8", '={"a": 1}')
    assert row == Row("p3", FIELD_END.join(fields))
