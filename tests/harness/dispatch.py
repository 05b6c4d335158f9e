"""The dispatch operator at the keyed harness, with channels in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from pyflink.common import Row

from journeys import codec
from journeys.endpoint import Limited
from journeys.messages import ActionRequest
from journeys.ports import ActionChannel
from operators.descriptors import Route, Said
from operators.dispatch_function import LOOK_EVERY_MS, DispatchFunction
from tests.harness.keyed import KeyedHarness, Store, routed

PATIENCE_S = 10.0


class DispatchHarness(KeyedHarness):
    """Gives requests to a dispatch function and collects the results."""

    def __init__(
        self,
        channels: Mapping[str, ActionChannel],
        store: Store | None = None,
        limits: Mapping[str, Limited] | None = None,
    ) -> None:
        super().__init__(lambda: DispatchFunction(lambda: channels, limits), store=store)

    def request(self, request: ActionRequest) -> list[Said]:
        """Ask for an action; give what is said of it at once."""
        return self.tell(request.endpoint, codec.dump_request(request))

    def tell(self, endpoint: str, text: str) -> list[Said]:
        """Tell it anything about an endpoint; give what it says at once."""
        return self.element(endpoint, Row(text))

    def results(self, count: int) -> list[dict[str, Any]]:
        """Let timers fire until so many results have come."""
        end = time.monotonic() + PATIENCE_S
        rows: list[Said] = []
        while len(rows) < count:
            assert time.monotonic() < end, f"only {len(rows)} of {count} results came"
            assert self.store.timers, "nobody looks for results any more"
            rows += self.fire(self.store.now + LOOK_EVERY_MS)
            threading.Event().wait(0.001)
        return [value["result"] for value in routed(rows, Route.RESULT)]
