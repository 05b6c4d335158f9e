from __future__ import annotations

import pytest

from journeys.channels import WebhookCall
from journeys.channels.secret_reference import secret_names
from journeys.errors import CodecError
from journeys.messages import JsonObject, JsonValue


def test_a_call_survives_its_json_form() -> None:
    call = WebhookCall(
        method="POST",
        url="https://api.example.org/people?x=1",
        headers={"Authorization": "Bearer ${secret:KEY}"},
        body={"a": [1, None, "x"]},
        query={"page": "2"},
        secrets=("KEY",),
    )
    assert WebhookCall.from_json(call.to_json()) == call


def test_values_that_kept_their_type_become_text_in_headers_and_query() -> None:
    call = WebhookCall.from_json(
        {
            "method": "GET",
            "url": "https://example.org/",
            "headers": {"X-Count": 3},
            "query": {"adult": True, "age": 41, "name": "x", "none": None},
        }
    )
    assert call.headers == {"X-Count": "3"}
    assert call.query == {"adult": "true", "age": "41", "name": "x"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "/path",
        "file:///etc/passwd",
        "gopher://example.org/",
        "unix:/run/x.sock",
        "http://",
        "http:///path",
        "http://example.org:99999/",
        "http://example.org:0/",
        "http://user:pass@example.org/",
        "http://example.org@127.0.0.1/",
        "http://[::1/",
        "https://${secret:HOST}/",
        "https://example.org/\r\nX: y",
        "https://example.org/\x00",
        "https://example.org/a b",
        "https://example.org\\@evil.example/",
        "https://example.org/\ud800",
    ],
)
def test_a_url_that_must_not_be_called_is_refused(url: str) -> None:
    with pytest.raises(CodecError, match=r"webhook\.url"):
        WebhookCall("GET", url)


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"X-A": "a\r\nX-B: b"}, "X-A"),
        ({"X-A": "a\nb"}, "X-A"),
        ({"X-A": "a\x00b"}, "X-A"),
        ({"X-A\r\nX-B": "b"}, "header name"),
        ({"X A": "b"}, "header name"),
        ({"": "b"}, "header name"),
        ({"Host": "internal"}, "written by the channel"),
        ({"content-length": "3"}, "written by the channel"),
        ({"Transfer-Encoding": "chunked"}, "written by the channel"),
        ({"Webhook-Id": "x"}, "written by the channel"),
        ({"X-A": ["x"]}, r"webhook\.headers\.'X-A'"),
    ],
)
def test_a_header_that_could_pose_as_another_is_refused(headers: object, field: str) -> None:
    with pytest.raises(CodecError, match=field):
        WebhookCall.from_json(
            {"method": "GET", "url": "https://example.org/", "headers": headers}  # type: ignore[dict-item]
        )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"method": "TRACE"}, "webhook.method"),
        ({"method": None}, "webhook.method"),
        ({"url": 4}, "webhook.url"),
        ({"headers": "x"}, "webhook.headers"),
        ({"query": {"a": {}}}, "webhook.query"),
        ({"query": {"a": "\ud800"}}, "webhook.query"),
        ({"secrets": "KEY"}, "webhook.secrets"),
        ({"secrets": [1]}, "webhook.secrets"),
        ({"cookies": {}}, "webhook.cookies"),
    ],
)
def test_a_field_that_cannot_be_sent_is_named(change: dict[str, object], field: str) -> None:
    message = {"method": "GET", "url": "https://example.org/"} | change
    with pytest.raises(CodecError, match=field):
        WebhookCall.from_json(message)  # type: ignore[arg-type]


def test_a_refusal_never_quotes_a_value() -> None:
    with pytest.raises(CodecError) as refusal:
        WebhookCall("GET", "https://example.org/", {"Authorization": "Bearer hunter2\n"})
    assert "hunter2" not in str(refusal.value)


def test_the_references_in_a_definition_are_listed_once_each() -> None:
    definition = {"a": ["x ${secret:B} ${secret:A}"], "${secret:C}": {"d": "${secret:A}"}, "n": 1}
    assert secret_names(definition) == ("A", "B", "C")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("nulls", "body"),
    [
        (None, {"a": None, "b": [None, {"c": None}], "d": {"e": None}}),
        ("send", {"a": None, "b": [None, {"c": None}], "d": {"e": None}}),
        ("omit", {"b": [None, {}], "d": {}}),
    ],
)
def test_fields_of_a_body_that_are_null_are_sent_unless_they_are_to_be_left_out(
    nulls: str | None, body: JsonValue
) -> None:
    written: JsonValue = {"a": None, "b": [None, {"c": None}], "d": {"e": None}}
    url = "https://a.example/"
    message: JsonObject = {"method": "POST", "url": url, "body": written, "nulls": nulls}
    assert WebhookCall.from_json(message).body == body


def test_how_a_call_says_who_calls_is_an_object() -> None:
    message: JsonObject = {"method": "GET", "url": "https://a.example/", "auth": "crm"}
    with pytest.raises(CodecError, match=r"webhook\.auth is str, expected an object"):
        WebhookCall.from_json(message)
