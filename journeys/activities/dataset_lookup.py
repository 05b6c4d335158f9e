"""Lookup in a table: read rows of reference data at once, and keep them for later steps."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from journeys.activity import Block, Branch, Cause, Go, Leave, Move, Step, TimeIsUp, Visit
from journeys.limits import LOOKUP_BYTES, LOOKUP_KEYS
from journeys.messages import JsonObject
from journeys.outcomes import Outcome, Reason
from journeys.state import Waiting
from journeys.tables import Table, row_key

ROWS = "rows"
"""Under this name stand the rows of a lookup of several keys."""
PAUSE_MS = 500
"""How long to wait before looking again whether the rows have come that are still to come."""


@dataclass(frozen=True)
class DatasetLookup(Step):
    """Read rows of a table; expressions then read them as `#{table.field}`."""

    table: str = ""
    """The dataset whose rows they are."""
    key: str = ""
    """Expression for the key, or for a list of keys."""
    many: bool = False
    """Whether it is a list."""
    fields: list[str] = field(default_factory=list)
    """Which of a row's fields are kept; none named: all."""
    on_missing: str | None = None
    on_error: str | None = None

    def usual_branches(self) -> list[Branch]:
        """Whoever finds rows goes on without a label; others have a way only if one is written."""
        ways = {"missing": self.on_missing, "error": self.on_error}
        named = [Branch(to, label) for label, to in ways.items() if to is not None]
        return [Branch(self.next), *named]

    def is_busy(self, waiting: Waiting) -> bool:
        """Whoever stays here waits for rows, not for the person."""
        return True

    def enter(self, visit: Visit) -> Move:
        """Read the rows, unless some that were sent before the job began are still to come."""
        if visit.known.tables.awaited:
            waiting = Waiting(due=visit.now + PAUSE_MS)
            return Block(waiting, reason=Reason.ROWS_TO_COME)
        return self._look(visit)

    def resume(self, visit: Visit, cause: Cause) -> Move | None:
        """Look again whether they have come."""
        waiting = visit.instance.waiting
        if not isinstance(cause, TimeIsUp) or waiting is None:
            return None
        if visit.known.tables.awaited:
            waiting.due = visit.now + PAUSE_MS
            return None
        return self._look(visit)

    def _look(self, visit: Visit) -> Move:
        value = visit.evaluate(self.key)
        found = value if isinstance(value, list) else [value]
        if len(found) > LOOKUP_KEYS:
            detail = f"the list has {len(found)} keys; at most {LOOKUP_KEYS} are looked up"
            return self._failed(visit, detail)
        table = visit.known.tables.table(self.table)
        rows = self._rows(table, [row_key(key) for key in found]) if table is not None else []
        kept: JsonObject = {ROWS: [*rows]} if self.many else rows[0] if rows else {}
        size = len(orjson.dumps(kept))
        if size > LOOKUP_BYTES:
            detail = f"what was found has {size} bytes; at most {LOOKUP_BYTES} are kept"
            return self._failed(visit, detail)
        visit.instance.sources[self.table] = kept
        if rows:
            return Go(self.next)
        if self.on_missing is None:
            return Go(self.next, reason=Reason.NO_ROW)
        return Go(self.on_missing, branch="missing", reason=Reason.NO_ROW)

    def _rows(self, table: Table, keys: list[str]) -> list[JsonObject]:
        """Give the rows that there are, in the order of the keys, each once."""
        rows = (table.row(key) for key in dict.fromkeys(keys))
        return [self._kept(row) for row in rows if row is not None]

    def _kept(self, row: JsonObject) -> JsonObject:
        return {name: row.get(name) for name in self.fields} if self.fields else row

    def _failed(self, visit: Visit, detail: str) -> Move:
        visit.instance.sources.pop(self.table, None)
        visit.instance.last_error = Reason.LOOKUP_ERROR
        if self.on_error is None:
            return Leave(Outcome.FAILED, Reason.LOOKUP_ERROR, detail=detail)
        return Go(self.on_error, Outcome.ERROR, "error", Reason.LOOKUP_ERROR)
