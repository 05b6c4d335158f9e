"""From a mail in somebody's hands back to their journey, by `journeys receive`, all of it real."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.e2e.rig import COMMAND, Rig, event, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_S = 120
WHO = "follow-ann"


@pytest.fixture
def receiver(rig: Rig) -> Iterator[subprocess.Popen[str]]:
    words = ["receive", "--project", str(rig.folder), "--port", str(rig.receive_port)]
    with subprocess.Popen(
        [COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"receive http://127.0.0.1:{rig.receive_port}\n"
        yield process
        if process.poll() is None:
            process.kill()


def test_a_reader_of_a_mail_clicks_and_unsubscribes(
    rig: Rig, receiver: subprocess.Popen[str]
) -> None:
    rig.send([("events", WHO, event("follow", n=1))])
    wait_until(lambda: bool(mails(rig)), PATIENCE_S, "the mail comes")
    (mail,) = mails(rig)
    (link,) = re.findall(r'<a href="([^"]+)">', mail["html"])
    clicked = requests.get(link, allow_redirects=False, timeout=10)
    assert clicked.status_code == 302
    assert clicked.headers["Location"] == "https://shop.example/tea?n=1&from=mail"
    wait_until(lambda: branches(rig) == ["clicked"], PATIENCE_S, "the click moves the person")

    (unsubscribe,) = re.findall(r"Enough\? (\S+)", mail["text"])
    for ask in (requests.head, requests.get):
        assert ask(unsubscribe, timeout=10).status_code == 200
    rig.send([("events", WHO, event("follow", n=2))])
    wait_until(lambda: len(mails(rig)) == 2, PATIENCE_S, "whoever only looks gets the next mail")
    one_click = {"List-Unsubscribe": "One-Click"}
    assert requests.post(unsubscribe, data=one_click, timeout=10).status_code == 200

    def nothing_more_is_sent() -> bool:
        """Topics have no order between them: try until the consent has come."""
        rig.send([("events", WHO, event("follow", n=len(entered(rig)) + 1))])
        told = rig.step_events(WHO)
        return any(e["reason"] == "no_consent" for e in told if e["outcome"] == "not_sent")

    wait_until(nothing_more_is_sent, PATIENCE_S, "the next mail is not sent")
    receiver.send_signal(signal.SIGTERM)
    _, said = receiver.communicate(timeout=20)
    assert receiver.returncode == 0, said
    assert said.splitlines()[-1] == "clicked 1, unsubscribed 1"


def mails(rig: Rig) -> list[Any]:
    return [m for m in rig.receivers.emails() if m["to"] == [f"{WHO}@mail.example"]]


def branches(rig: Rig) -> list[str]:
    passed = [e for e in rig.step_events(WHO) if e["step_id"] == "react" and e["branch"]]
    return [e["branch"] for e in passed if e["cause"] == "feedback"]


def entered(rig: Rig) -> list[Any]:
    return [e for e in rig.step_events(WHO) if e["outcome"] == "entered"]
