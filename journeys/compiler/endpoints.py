"""Endpoints: that each is limited once, what shares its limits, and that something does."""

from __future__ import annotations

from urllib.parse import urlsplit

from journeys.action_kind import ActionKind
from journeys.actions import ACTIONS
from journeys.channels.webhook import check_url
from journeys.compiler.forms import Defined, Definitions, check_either
from journeys.compiler.vocabulary import Vocabulary
from journeys.diagnostics import Code, near
from journeys.errors import CodecError
from journeys.expressions.errors import Severity
from journeys.kinds.endpoint import EndpointSpec


def add_endpoints(definitions: Definitions, vocabulary: Vocabulary) -> None:
    """Note the limits of every endpoint, before the actions that may share them."""
    for defined in definitions.found["endpoint"]:
        check_either(vocabulary.project, defined, "url", "channel")
        endpoint = _endpoint(defined, vocabulary)
        if endpoint is None:
            continue
        if endpoint in vocabulary.limits:
            other = vocabulary.limits[endpoint].id
            message, hint = f"'{other}' limits {endpoint} already", "keep one of the two"
            place = defined.document.place(("id",))
            vocabulary.project.report(place, Code.SAME_ENDPOINT, message, hint)
            continue
        vocabulary.limits[endpoint] = defined.spec.compiled(endpoint)


def endpoint_of(vocabulary: Vocabulary, action: ActionKind) -> str:
    """Name what calls of an action share limits with: the closest that is defined, or their host.

    A URL is compared as it is written, up to its first hole.
    """
    url = getattr(action, "url", None)
    usual = action.endpoint()
    if url is None:
        return usual
    fitting = [name for name in vocabulary.limits if _begins(str(url), name)]
    return max(fitting, key=len, default=usual)


def check_endpoints(definitions: Definitions, vocabulary: Vocabulary) -> None:
    """Warn of limits that nothing shares."""
    called = {d.endpoint for d in (*vocabulary.actions.values(), *vocabulary.sources.values())}
    for defined in definitions.found["endpoint"]:
        known = next((d for d in vocabulary.limits.values() if d.id == defined.spec.id), None)
        if known is not None and known.endpoint not in called:
            message = f"no action and no source calls {known.endpoint}, so nothing is limited"
            hint = "mend the `url` or the `channel`, or remove the definition"
            place = defined.document.place(("id",))
            vocabulary.project.report(place, Code.ENDPOINT_UNUSED, message, hint, Severity.WARNING)


def _endpoint(defined: Defined[EndpointSpec], vocabulary: Vocabulary) -> str | None:
    """Name what a definition is about; report what cannot be."""
    spec, document = defined.spec, defined.document
    if spec.channel is not None:
        shared = {n: kind.shared_endpoint for n, kind in ACTIONS.items() if kind.shared_endpoint}
        if spec.channel in shared:
            return shared[spec.channel]
        message = f"'{spec.channel}' is no channel whose messages leave by one service"
        hint = near(spec.channel, shared)
        vocabulary.project.report(document.place(("channel",)), Code.UNKNOWN_CHANNEL, message, hint)
        return None
    if spec.url is None:
        return None
    if "{" in spec.url:
        message, hint = f"'{spec.url}' has a hole", "write a URL that is the same for everybody"
        vocabulary.project.report(document.place(("url",)), Code.FIXED_HOST, message, hint)
        return None
    try:
        check_url("it", spec.url)
    except CodecError as error:
        message, _, hint = f"'{spec.url}' is no endpoint: {error}".rpartition(": ")
        vocabulary.project.report(document.place(("url",)), Code.FIXED_HOST, message, hint)
        return None
    parts = urlsplit(spec.url)
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _begins(url: str, endpoint: str) -> bool:
    """Say whether a URL lies under an endpoint: `/v1` holds `/v1/items`, and not `/v10`."""
    rest = url.removeprefix(endpoint)
    return url.startswith(endpoint) and rest[:1] in ("", "/", "?", "#")
