"""The receiver on a real socket, as providers and readers meet it."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from connectors.feedback import pages
from connectors.feedback.provider import Call, Feedback
from connectors.feedback.receiver import MAX_CALL_BYTES, MAX_CALLS, FeedbackReceiver
from connectors.feedback.tracking import Tracking, TrackingSettings
from connectors.feedback.webhooks import WebhooksSettings
from connectors.secrets import Secrets
from connectors.standard_webhooks import signatures
from journeys.errors import PortError
from journeys.message_token import MessageToken, Use, write_token

KEY, SIGNING = "tracking-key-of-16", "b3VycyBpcyBhIGtleQ=="
SECRETS = Secrets(environment={"JOURNEYS_SECRET_KEY": KEY, "JOURNEYS_SECRET_SIGNING": SIGNING})
TRACKING = Tracking(
    TrackingSettings(url="https://t.example.org/j/", secret="${secret:KEY}"), SECRETS
)
TARGET = "https://shop.example/tea?a=1&b=%20é#x\r\nX: y"
LOCATION = "https://shop.example/tea?a=1&b=%20%C3%A9#x%0D%0AX:%20y"


def token(use: Use, target: str | None = None, key: str = KEY) -> str:
    return write_token(MessageToken(use, "ann", "r1", "email", target), key.encode())


class Scene:
    """A receiver that listens, a client that calls it, and what was recorded."""

    url: str
    client: aiohttp.ClientSession

    def __init__(self) -> None:
        self.recorded: list[Feedback] = []
        self.fault: Exception | None = None
        self.hold: asyncio.Event | None = None
        webhooks = WebhooksSettings(secrets=("${secret:SIGNING}",)).opened(SECRETS)
        self.receiver = FeedbackReceiver(TRACKING, {"webhooks": webhooks}, self.record)

    async def record(self, told: Sequence[Feedback]) -> None:
        if self.hold is not None:
            await self.hold.wait()
        if self.fault is not None:
            raise self.fault
        self.recorded += told

    async def call(self, method: str, path: str, **how: Any) -> tuple[int, str, Any]:
        async with self.client.request(
            method, URL(self.url + path, encoded=True), allow_redirects=False, **how
        ) as answer:
            text = await answer.read()
            return answer.status, text.decode("latin-1"), answer.headers

    async def tell(self, *pieces: object, **how: Any) -> int:
        body = how.pop("body", json.dumps(list(pieces)).encode())
        headers = {**signed(body), **how.pop("headers", {})}
        status, *_ = await self.call(
            "POST", "/j/feedback/webhooks", data=io.BytesIO(how.pop("data", body)), headers=headers
        )
        return status


def signed(body: bytes) -> dict[str, str]:
    at = int(time.time())
    signature = signatures([SIGNING], "m1", at, body)
    return {"webhook-id": "m1", "webhook-timestamp": str(at), "webhook-signature": signature}


def on_stage(play: Callable[[Scene], Awaitable[None]]) -> Scene:
    async def scene() -> Scene:
        it = Scene()
        runner = web.AppRunner(it.receiver.application(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        it.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            async with aiohttp.ClientSession() as it.client:
                await play(it)
        finally:
            await runner.cleanup()
        return it

    return asyncio.run(scene())


def of(it: Scene) -> list[tuple[str, str, str | None, str | None]]:
    return [(f.profile_id, f.reaction, f.request_id, f.channel) for f in it.recorded]


def test_a_provider_is_answered_once_its_feedback_is_recorded() -> None:
    async def play(it: Scene) -> None:
        it.hold = asyncio.Event()
        piece = {"profile_id": "ann", "request_id": "r1", "reaction": "delivered"}
        telling = asyncio.create_task(it.tell(piece))
        done, _ = await asyncio.wait([telling], timeout=0.1)
        assert not done
        it.hold.set()
        assert await telling == 200

    it = on_stage(play)
    assert of(it) == [("ann", "delivered", "r1", None)]
    assert it.receiver.counts == {"delivered": 1, "passed_over": 0}


def test_what_is_not_recorded_is_sent_again() -> None:
    async def play(it: Scene) -> None:
        it.fault = PortError("Kafka is away", code="connect_error", retryable=True)
        piece = {"profile_id": "ann", "request_id": "r1", "reaction": "delivered"}
        assert await it.tell(piece) == 503
        assert (await it.call("POST", f"/j/u/{token(Use.UNSUBSCRIBE)}"))[0] == 503

    assert on_stage(play).receiver.counts == {"not_recorded": 2}


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"headers": {"webhook-signature": "v1,AAAA"}}, 401),
        ({"headers": {"webhook-id": "\udcff"}}, 401),
        ({"body": b"{"}, 400),
        ({"body": b"[{}]"}, 400),
        ({"body": b" " * (MAX_CALL_BYTES + 1)}, 413),
        (
            {
                "body": b" " * 50_000_000,
                "data": gzip.compress(b" " * 50_000_000, mtime=0),
                "headers": {"Content-Encoding": "gzip"},
            },
            413,
        ),
    ],
    ids=["forged", "no_text", "no_json", "no_feedback", "large", "bomb"],
)
def test_a_bad_call_is_refused_and_nothing_is_recorded(how: dict[str, Any], status: int) -> None:
    async def play(it: Scene) -> None:
        if how.get("headers", {}).get("webhook-id"):
            assert await raw_call(it, b"webhook-id: \xff\xfe\r\n") == status
        else:
            assert await it.tell(**how) == status

    assert on_stage(play).recorded == []


async def raw_call(it: Scene, header: bytes, body: bytes = b"{}") -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(it.url.rpartition(":")[2]))
    writer.write(
        b"POST /j/feedback/webhooks HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        b"Connection: close\r\n" + header + b"webhook-timestamp: 1\r\n\r\n" + body
    )
    status = int((await reader.read()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.feedback.receiver.CALL_PATIENCE_S", 0.01)

    async def play(it: Scene) -> None:
        assert await raw_call(it, b"X-Slow: 1\r\n", b"{") == 408

    on_stage(play)


def test_somebody_unknown_is_no_fault() -> None:
    async def play(it: Scene) -> None:
        assert await it.tell({"token": "aAAAA", "reaction": "opened"}) == 200

    it = on_stage(play)
    assert (it.recorded, it.receiver.counts) == ([], {"passed_over": 1})


def test_too_many_calls_at_once_are_asked_to_come_again() -> None:
    async def play(it: Scene) -> None:
        it.hold = asyncio.Event()
        piece = {"profile_id": "ann", "request_id": "r1", "reaction": "delivered"}
        first = [asyncio.create_task(it.tell(piece)) for _ in range(MAX_CALLS)]
        while not it.receiver._reading.locked():
            await asyncio.sleep(0)
        assert await it.tell(piece) == 503
        it.hold.set()
        assert await asyncio.gather(*first) == [200] * MAX_CALLS

    on_stage(play)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/feedback/webhooks"), ("POST", "/j/feedback/fax"), ("GET", "/"), ("GET", "/j/o/")],
)
def test_nothing_else_is_served(method: str, path: str) -> None:
    async def play(it: Scene) -> None:
        assert (await it.call(method, path))[0] == 404

    on_stage(play)


def test_a_reader_opens_clicks_and_unsubscribes() -> None:
    async def play(it: Scene) -> None:
        status, pixel, headers = await it.call("GET", f"/j/o/{token(Use.OPEN)}")
        assert (status, pixel.encode("latin-1")) == (200, pages.PIXEL)
        assert (headers["Content-Type"], headers["Cache-Control"]) == ("image/gif", "no-store")
        status, _, headers = await it.call("GET", f"/j/c/{token(Use.CLICK, TARGET)}")
        assert (status, headers["Location"]) == (302, LOCATION)
        assert headers["Referrer-Policy"] == "no-referrer"
        unsubscribe = f"/j/u/{token(Use.UNSUBSCRIBE)}"
        status, page, headers = await it.call("GET", unsubscribe)
        assert (status, page) == (200, pages.ASK)
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert of(it)[-1][1] == "clicked", "who only looks does not unsubscribe"
        status, page, _ = await it.call("POST", unsubscribe, data={"List-Unsubscribe": "One-Click"})
        assert (status, page) == (200, pages.DONE)

    assert of(on_stage(play)) == [
        ("ann", reaction, "r1", "email") for reaction in ("opened", "clicked", "unsubscribed")
    ]


def test_what_a_reader_does_again_and_again_has_one_name_an_hour() -> None:
    async def play(it: Scene) -> None:
        for _ in range(3):
            await it.call("GET", f"/j/c/{token(Use.CLICK, TARGET)}")

    names = {f.event_id.rpartition("/")[0] for f in on_stage(play).recorded}
    assert names == {"r1/clicked"}


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
    ],
)
def test_nobody_who_looks_ahead_counts(method: str, headers: dict[str, str]) -> None:
    async def play(it: Scene) -> None:
        click = f"/j/c/{token(Use.CLICK, TARGET)}"
        status, _, answered = await it.call(method, click, headers=headers)
        assert (status, answered["Location"]) == (302, LOCATION)
        assert (await it.call(method, f"/j/o/{token(Use.OPEN)}", headers=headers))[0] == 200

    assert on_stage(play).recorded == []


@pytest.mark.parametrize(
    "path",
    [
        f"/j/o/{token(Use.CLICK, TARGET)}",
        f"/j/o/{token(Use.OPEN, key='another-key-of-16')}",
        f"/j/c/{token(Use.OPEN)}",
        f"/j/c/{token(Use.CLICK)}",
        f"/j/c/{token(Use.CLICK, TARGET)}x",
        "/j/c/https%3A%2F%2Fevil.example",
        f"/j/u/{token(Use.REPORT)}",
    ],
)
def test_a_link_that_is_not_ours_leads_nowhere(path: str) -> None:
    async def play(it: Scene) -> None:
        status, _, headers = await it.call("GET", path)
        assert status == 403
        assert "Location" not in headers
        assert (await it.call("POST", path))[0] in (403, 405)

    assert on_stage(play).recorded == []


@pytest.mark.parametrize("is_slow", [True, False])
def test_a_reader_is_never_kept_from_a_link(
    monkeypatch: pytest.MonkeyPatch, *, is_slow: bool
) -> None:
    monkeypatch.setattr("connectors.feedback.receiver.READER_PATIENCE_S", 0.01)

    async def play(it: Scene) -> None:
        it.hold = asyncio.Event() if is_slow else None
        it.fault = PortError("Kafka is away", code="connect_error", retryable=True)
        status, _, headers = await it.call("GET", f"/j/c/{token(Use.CLICK, TARGET)}")
        assert (status, headers["Location"]) == (302, LOCATION)
        assert (await it.call("GET", f"/j/o/{token(Use.OPEN)}"))[0] == 200

    assert on_stage(play).receiver.counts == {"not_recorded": 2}


def test_health_tells_counts() -> None:
    async def play(it: Scene) -> None:
        await it.call("GET", f"/j/o/{token(Use.OPEN)}")
        status, text, _ = await it.call("GET", "/j/health")
        assert (status, json.loads(text)) == (200, {"counts": {"opened": 1}})

    on_stage(play)


def test_a_provider_signs_the_url_that_it_wrote() -> None:
    seen: list[Call] = []

    class Noting:
        def read(self, call: Call, tracking: Tracking) -> Any:
            assert tracking is TRACKING
            seen.append(call)
            return iter(())

    async def play(it: Scene) -> None:
        it.receiver._providers = {"noting": Noting()}
        await it.call("POST", "/j/feedback/noting?t=a%2Fb&c", data=b"x", headers={"X-Odd": "1"})

    on_stage(play)
    (call,) = seen
    assert call.url == "https://t.example.org/j/feedback/noting?t=a%2Fb&c"
    assert (call.headers["x-odd"], call.body) == ("1", b"x")
