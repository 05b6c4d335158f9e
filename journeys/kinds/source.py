"""`kind: source`: a service that is asked about a person."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from journeys import limits
from journeys.authentication import Auth
from journeys.messages import JsonValue
from journeys.specification import Duration, Expression, LastingDuration, NamedSpec, shown

Nulls: TypeAlias = Literal["send", "omit"]


class SourceSpec(NamedSpec):
    """`kind: source`: a service that answers in JSON; a step `lookup` asks it."""

    model_config = shown(
        {
            "kind": "source",
            "id": "stock",
            "url": "https://stock.example.org/v1/items",
            "query": {"sku": "{{ params.sku }}"},
        }
    )

    kind: Literal["source"]
    method: Literal["GET", "POST"] = "GET"
    """The HTTP method."""
    url: str
    """Scheme, host and port are fixed; path and query may have holes."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Header name to value."""
    query: dict[str, JsonValue] = Field(default_factory=dict)
    """Parameter name to value, added to the URL."""
    body: JsonValue = None
    """Sent as JSON; as a form or a text where the header `Content-Type` says so."""
    nulls: Nulls = "send"
    """What becomes of fields of a JSON body that are null."""
    auth: Auth | None = None
    """How it says who calls; by default not at all."""
    response: str | None = None
    """A JSON Schema file of the project that describes the answer: its first level is what
    expressions name as the field groups of the source. An answer that does not fit is an error."""
    error_response: str | None = None
    """A JSON Schema file of the project that describes the answer of a call that failed."""
    success: Expression | None = None
    """When a call that was answered has succeeded, where its status does not tell; it names the
    answer as `@action{…}` with the source's own id, or as all expressions do: `#{…}`."""
    timeout: LastingDuration = limits.CALL_TIMEOUT_MS
    """Total time for all attempts."""
    attempts: Annotated[int, Field(ge=1, le=limits.MAX_ATTEMPTS)] = limits.CALL_ATTEMPTS
    """How often to try at most."""
    cache: Duration | None = None
    """How long an answer may serve equal questions; without it every visit asks."""
