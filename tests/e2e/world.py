"""The world outside for the simulator: it answers requests as the local receivers answer calls."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from connectors.answers import Answering, load_answers
from journeys.channels.webhook import WebhookCall
from journeys.messages import ActionRequest, ActionStatus, JsonObject
from journeys.outcomes import Reason
from journeys.simulator import Answer, Answers

SAID = "no"
"""The words of a provider that does not do what it is asked for; they are not compared."""
FULL = "/full"
"""The endpoint that may be called once."""
SERVICES = {
    "sms": "/2010-04-01/Accounts/AC1/Messages.json",
    "push": "/v1/projects/probe/messages:send",
}
"""Where the services of the settings take messages."""


def world(file: Path) -> Answers:
    """Answer by the file of rules that the receivers answer by."""
    answering = load_answers(file)
    taken: Counter[str] = Counter()

    def answer(request: ActionRequest) -> Answer:
        taken[request.endpoint] += 1
        if request.endpoint.endswith(FULL) and taken[request.endpoint] > 1:
            detail = "the endpoint may be called 1 times in P1D"
            return Answer(ActionStatus.CAPPED, "capped", detail=detail)
        return _answer(request, answering)

    return answer


def _answer(request: ActionRequest, answering: Answering) -> Answer:
    match request.channel:
        case "cap":
            return Answer()
        case "email":
            return Answer(code="smtp_250")
        case "webhook":
            call = WebhookCall.from_json(request.message)
        case service:
            return _served(request, answering, {"path": SERVICES[service]})
    host, _, path = call.url.partition("//")[2].partition("/")
    if not host.startswith("127.0.0.1"):
        denied = ActionStatus.NOT_SENT, "egress_denied", Reason.EGRESS_DENIED
        return Answer(*denied, detail=SAID)
    written: JsonObject = {"path": f"/{path}", "query": dict(call.query), "body": call.body}
    return _served(request, answering, written)


def _served(request: ActionRequest, answering: Answering, call: JsonObject) -> Answer:
    given = answering(call)
    if given.delay_ms > request.timeout_ms:
        late = request.timeout_ms
        return Answer(ActionStatus.TIMEOUT, "timedout", detail=SAID, after_ms=late)
    is_success = given.status < 400
    return Answer(
        ActionStatus.SUCCEEDED if is_success else ActionStatus.ERROR,
        f"http_{given.status}",
        detail=None if is_success else SAID,
        response=given.body,
        after_ms=given.delay_ms,
    )
