"""What becomes of a call in a backtest: what somebody says, what was recorded, or a model.

An answer that somebody says for an action or a source goes before all else: it asks "what if".
Then comes what was recorded under the id of the request, which is the same where journey, step and
event are the same. What neither knows succeeds after a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import ValidationError

from journeys.activities.cap import CHANNEL as CAP
from journeys.errors import JourneyError
from journeys.identifiers import draw
from journeys.kinds.scenario import ResponseSpec
from journeys.messages import ActionRequest, ActionStatus, JsonObject, JsonValue
from journeys.places import PLACED
from journeys.plans import Plans
from journeys.rehearsal.draws import PLAINEST, Draws
from journeys.rehearsal.examples import Examples
from journeys.rehearsal.play import end_of
from journeys.rehearsal.successes import asked_of, success
from journeys.simulator import Answer, succeed

LATENCY_MS = 100
"""From a call to its answer, where nobody says more."""
SHARE = "share"
Said = Mapping[str, list[JsonObject]]
"""Action or source to its answers as they are written."""


class AnswersError(JourneyError):
    """Answers cannot be read."""


class _Likely(NamedTuple):
    share: float
    said: ResponseSpec


class Model:
    """The world outside, as far as it was not recorded."""

    def __init__(self, plans: Plans, responses: Mapping[str, JsonObject], said: Said) -> None:
        """Begin.

        Args:
            plans: what asks.
            responses: action or source to the JSON Schema of its response.
            said: how some of them answer.

        Raises:
            AnswersError: what is said cannot be read.
        """
        self._plans = plans
        self._responses = responses
        self._said = {
            name: [_likely(name, answer) for answer in answers] for name, answers in said.items()
        }
        self._examples: dict[str, JsonObject] = {}

    def says(self, request: ActionRequest) -> bool:
        """Tell whether somebody says how a call is answered, whatever was recorded."""
        return request.action_id in self._said and request.channel != CAP

    def __call__(self, request: ActionRequest) -> Answer:
        """Answer a call."""
        if request.channel == CAP:
            return Answer(code=PLACED)
        likely = self._said.get(request.action_id)
        if likely is None:
            code = succeed(request).code
            return Answer(code=code, response=self._example(request), after_ms=LATENCY_MS)
        said = _drawn(likely, request.request_id)
        status, code = end_of(said, request)
        return Answer(
            status,
            said.code or code,
            reason=said.not_sent,
            response=self._response(said, status, request),
            after_ms=_after(said, request),
        )

    def _response(
        self, said: ResponseSpec, status: ActionStatus, request: ActionRequest
    ) -> JsonValue:
        is_example = said.body is None and status is ActionStatus.SUCCEEDED
        return self._example(request) if is_example else said.body

    def _example(self, request: ActionRequest) -> JsonObject:
        """Give a response that the call takes for a success: the plainest, drawn once."""
        name = request.action_id
        if name not in self._examples:
            schema = self._responses.get(name, {})

            def drawn(number: int) -> JsonObject:
                draws = PLAINEST if number == 0 else Draws(name, number)
                return Examples(draws, request.requested_at).object_of(schema)

            self._examples[name] = success(asked_of(self._plans, request), request, drawn)
        return self._examples[name]


def _after(said: ResponseSpec, request: ActionRequest) -> int:
    if said.after is not None:
        return said.after
    return request.timeout_ms if said.timeout else LATENCY_MS


def _likely(name: str, answer: JsonObject) -> _Likely:
    share = answer.get(SHARE, 1)
    if isinstance(share, bool) or not isinstance(share, int | float) or share <= 0:
        message = f"{name}: `share` is {share!r:.40}; expected a number above 0"
        raise AnswersError(message)
    written = {key: value for key, value in answer.items() if key != SHARE} | {"step": name}
    try:
        return _Likely(share, ResponseSpec.model_validate(written))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "/".join(map(str, (name, *first["loc"])))
        message = f"{place}: {first['msg']}"
        raise AnswersError(message) from error


def _drawn(likely: list[_Likely], request: str) -> ResponseSpec:
    """Choose by the shares; the same request is always answered the same."""
    left = draw("answer", request) * sum(each.share for each in likely)
    for each in likely:
        left -= each.share
        if left < 0:
            return each.said
    return likely[-1].said
