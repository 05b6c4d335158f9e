"""The place operator: counts the places of one `cap` over everybody, keyed by the cap.

Its answers leave in transactions and are read only when committed: after a failure an answer that
was never committed is taken back together with the count, so that a cap is never overrun.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyflink.common import Row
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext

from journeys import codec, count_codec
from journeys.places import claim
from operators.descriptors import TAKEN, FlinkContext, Route, Said, routed


class PlaceFunction(KeyedProcessFunction):
    """Input: `ROW(request)` keyed by the cap. Output: `ROUTED` rows for the places topic."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state handle; Flink calls it before any record."""
        self._taken = runtime_context.get_state(TAKEN)

    def process_element(self, value: Row, ctx: FlinkContext) -> Iterator[Said]:
        """Answer one claim, in the order in which they come."""
        del ctx
        request = codec.load_request(value[0])
        taken, result = claim(count_codec.load_count(self._taken.value()), request)
        self._taken.update(count_codec.dump_count(taken))
        yield routed(Route.PLACE, result.profile_id, codec.dump_result(result))
