"""Let everything that a scenario does happen to its person."""

from __future__ import annotations

from collections.abc import Mapping

from journeys.activation import FeedbackReceived
from journeys.kinds.scenario import (
    AdvanceItem,
    AudienceItem,
    EventItem,
    FeedbackItem,
    FeedbackSpec,
    LinkItem,
    ProfileItem,
    ReadItem,
    RespondItem,
    ResponseSpec,
    UntilSpec,
)
from journeys.messages import ActionRequest, ActionStatus, JsonObject
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.rehearsal.draws import PLAINEST, Draws
from journeys.rehearsal.examples import Examples
from journeys.rehearsal.reads import Reads
from journeys.rehearsal.successes import asked_of, success
from journeys.scenario import Scenario, identity_of, record_of
from journeys.simulator import Answer, Simulator, succeed
from journeys.tables import Tables

_FAILING = 400
"""The first HTTP status that means failure."""


class Outside:
    """The world outside as a scenario writes it for one journey: by default everything succeeds.

    The response is then an example of the action's schema that it takes for a success, or empty
    where it has none.
    """

    def __init__(
        self, journey: str, plans: Plans, responses: Mapping[str, JsonObject], now: int
    ) -> None:
        self._journey = journey
        self._plans = plans
        self._responses = responses
        self._now = now
        self._said: dict[str, ResponseSpec] = {}
        self._reads: dict[tuple[str, int], Reads] = {}
        self.asked: dict[str, ActionRequest] = {}
        """Step of the journey to its latest request."""

    def say(self, response: ResponseSpec) -> None:
        """Answer the calls of a step so from here on."""
        self._said[response.step] = response

    def __call__(self, request: ActionRequest) -> Answer:
        """Answer one request."""
        said = None
        if request.journey_id == self._journey:
            self.asked[request.step_id] = request
            said = self._said.get(request.step_id)
        if said is None:
            response = self._example(request)
            return Answer(code=succeed(request).code, response=response)
        status, code = end_of(said, request)
        after = request.timeout_ms if status is ActionStatus.TIMEOUT else 0
        body = said.body
        if body is None and status is ActionStatus.SUCCEEDED:
            body = self._example(request)
        return Answer(
            status,
            said.code or code,
            reason=said.not_sent,
            response=body,
            after_ms=after if said.after is None else said.after,
        )

    def _example(self, request: ActionRequest) -> JsonObject:
        schema = self._responses.get(request.action_id, {})
        plan = self._plans.find(request.journey_id, request.journey_version)

        def drawn(number: int) -> JsonObject:
            if number == 0 or plan is None:
                return Examples(PLAINEST, self._now).object_of(schema)
            draws = Draws(request.action_id, number)
            return Examples(draws, self._now, self._reads_of(plan)).object_of(schema)

        return success(asked_of(self._plans, request), request, drawn)

    def _reads_of(self, plan: Plan) -> Reads:
        name = (plan.journey, plan.version)
        if name not in self._reads:
            self._reads[name] = Reads(plan)
        return self._reads[name]


def end_of(said: ResponseSpec, request: ActionRequest) -> tuple[ActionStatus, str]:
    """Say how a call ends that is answered so, and the code of that end."""
    if said.timeout:
        return ActionStatus.TIMEOUT, "timedout"
    if said.capped:
        return ActionStatus.CAPPED, "capped"
    if said.not_sent is not None:
        return ActionStatus.NOT_SENT, said.not_sent
    if said.status is not None:
        failing = said.status >= _FAILING
        return ActionStatus.ERROR if failing else ActionStatus.SUCCEEDED, f"http_{said.status}"
    if said.error:
        return ActionStatus.ERROR, "internalError"
    return ActionStatus.SUCCEEDED, succeed(request).code


def play(
    scenario: Scenario,
    plans: Plans,
    responses: Mapping[str, JsonObject],
    *,
    stored: bool = False,
) -> Simulator:
    """Play a scenario from its start to its last item.

    Args:
        scenario: what happens.
        plans: what is published.
        responses: action id to the JSON Schema of its response, for answers that nobody wrote.
        stored: write and read all state between any two activations.
    """
    outside = Outside(scenario.journey, plans, responses, scenario.start)
    simulator = Simulator(plans, scenario.start, outside, stored=stored)
    simulator.plans.tables = Tables({**plans.tables.by_dataset, **scenario.tables})
    person = scenario.person
    simulator.describe(person, scenario.profile, scenario.audiences)
    for number, item in enumerate(scenario.do, start=1):
        match item:
            case EventItem():
                _send(simulator, scenario, item, number)
            case AdvanceItem(advance=UntilSpec(until=instant)):
                simulator.run_until(instant)
            case AdvanceItem(advance=int(milliseconds)):
                simulator.advance(milliseconds)
            case ProfileItem(profile=patch, identity=identity):
                simulator.change(identity or person, patch)
            case LinkItem(link=identity):
                simulator.link(identity, person)
            case RespondItem(respond=response):
                outside.say(response)
            case AudienceItem(audience=crossing):
                simulator.cross(person, crossing.id, inside=crossing.on == "enter")
            case FeedbackItem(feedback=feedback):
                _react(simulator, person, outside.asked.get(feedback.step), feedback)
            case ReadItem(read=offer):
                simulator.offer(person, scenario.journey, offer.payload)
    return simulator


def _react(
    simulator: Simulator, person: str, request: ActionRequest | None, feedback: FeedbackSpec
) -> None:
    name, channel = (request.request_id, request.channel) if request else ("", None)
    place = simulator.place("feedback")
    sent_to = request.profile_id if request else person
    received = FeedbackReceived(
        place, name, feedback.reaction, channel, permanent=feedback.permanent
    )
    simulator.activate(sent_to, received)


def _send(simulator: Simulator, scenario: Scenario, item: EventItem, number: int) -> None:
    definition = scenario.events[item.event]
    person = item.identity or scenario.person
    identity = identity_of(scenario.namespace, person)
    for copy in range(1, item.repeat + 1):
        name = item.id or (f"e{number}" if item.repeat == 1 else f"e{number}.{copy}")
        event_type, payload = record_of(
            definition, item.payload, identity, name, simulator.now - item.ago
        )
        event_id = str(payload["_id"])
        simulator.event(person, event_type, payload, event_id=event_id, ago=item.ago)
