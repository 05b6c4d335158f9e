"""The people operator: knows who has a profile, and reads them into journeys.

Keyed by part of the people (`journeys.readings`). What each person is offered goes through the
topic `nudges`, keyed by person, because a Flink graph has no cycle.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from pyflink.common import Row
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext

from journeys import count_codec, reading_codec
from journeys.activation import AudiencesSurveyed
from journeys.command import PersonKnown
from journeys.presence import FILL
from journeys.readings import Agenda, Turn, Wave, read_people_part, whose_turn
from operators.descriptors import AGENDA, PEOPLE, FlinkContext, Route, Said, routed


class PeopleFunction(KeyedProcessFunction):
    """Input: `ROW(person, schedule or start)` keyed by part. Output: `ROUTED` nudges."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state handles; Flink calls it before any record."""
        self._people = runtime_context.get_map_state(PEOPLE)
        self._agenda = runtime_context.get_state(AGENDA)
        self._lines: dict[tuple[str, str, int], deque[str]] = {}
        """Part, reading and wave to those whose turn comes next; lined up anew after a failure."""

    def process_element(self, value: Row, ctx: FlinkContext) -> None:
        """Take in who is known, or is not any more; or what is to be read."""
        told = reading_codec.load_told(value[0])
        if not isinstance(told, PersonKnown):
            agenda = reading_codec.load_agenda(self._agenda.value())
            agenda.hear(told, ctx.timer_service().current_processing_time())
            self._lines.clear()  # some may stand in line for what goes on no more
            self._keep(agenda, ctx)
        elif told.is_known:
            self._people.put(told.profile_id, "")
        else:
            self._people.remove(told.profile_id)
            agenda = reading_codec.load_agenda(self._agenda.value())
            if agenda.forget(told.profile_id, (name for name, _ in self._people.items())):
                self._keep(agenda, ctx)

    def on_timer(self, timestamp: int, ctx: FlinkContext) -> Iterator[Said]:
        """Let those have their turn who may have it by now."""
        part, agenda = ctx.get_current_key(), reading_codec.load_agenda(self._agenda.value())
        if agenda.timer != timestamp:
            return
        agenda.timer = None
        now = max(timestamp, ctx.timer_service().current_processing_time())
        turns = agenda.take_turns(
            read_people_part(part), now, lambda wave, count: self._next(part, wave, count)
        )
        for profile_id, offer in turns:
            yield routed(Route.NUDGE, profile_id, _nudge(offer))
        self._keep(agenda, ctx)

    def _next(self, part: str, wave: Wave, count: int) -> list[str]:
        name = (part, wave.reading, wave.number)
        line = self._lines.setdefault(name, deque())
        if len(line) < count:
            people = (profile_id for profile_id, _ in self._people.items())
            line = self._lines[name] = deque(whose_turn(wave, people, max(FILL, count)))
        turns = [line.popleft() for _ in range(min(count, len(line)))]
        if len(turns) < count:
            del self._lines[name]
        return turns

    def _keep(self, agenda: Agenda, ctx: FlinkContext) -> None:
        """Store what is to be read, with its one timer set."""
        timers, due = ctx.timer_service(), agenda.due
        if due is not None:
            due = max(due, timers.current_processing_time() + 1)
        if agenda.timer is not None and agenda.timer != due:
            timers.delete_processing_time_timer(agenda.timer)
        if due is not None and agenda.timer != due:
            timers.register_processing_time_timer(due)
        agenda.timer = due
        if agenda.is_empty():
            self._agenda.clear()
        else:
            self._agenda.update(reading_codec.dump_agenda(agenda))


def _nudge(turn: Turn) -> str:
    if isinstance(turn, AudiencesSurveyed):
        return count_codec.dump_surveyed(turn)
    return count_codec.dump_offer(turn)
