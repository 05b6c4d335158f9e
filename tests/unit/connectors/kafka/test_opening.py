"""What Kafka refuses is told at once, with what to do."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from kafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)

from connectors.kafka.bootstrap import Bootstrap, SaslSettings
from connectors.kafka.opening import AccessError, open_client, refusals

CLIENT = logging.getLogger("kafka.net.manager")
SASL = SaslSettings(mechanism="SCRAM-SHA-256", username="ann", password="${secret:PW}")
KAFKA = Bootstrap(servers="k:9093", sasl=SASL)


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYS_SECRET_PW", "word")


class Client:
    """As kafka-python does: what is wrong is logged, and tried again until the time is up."""

    def __init__(self, fault: KafkaError | None, tries: list[int], **options: Any) -> None:
        self.options = options
        if fault is None:
            return
        for number in range(3):
            tries.append(number)
            CLIENT.warning("Bootstrap connection to %s failed: %s (%.2f)", "b", fault, 0.1)
        message = "Unable to bootstrap"
        raise KafkaTimeoutError(message)


@pytest.mark.parametrize(
    ("fault", "tries", "said"),
    [
        (SaslAuthenticationFailedError("no"), 1, "refuses user 'ann' by SCRAM-SHA-256: look at"),
        (UnsupportedSaslMechanismError(), 1, "takes no SCRAM-SHA-256: write another"),
        (KafkaConnectionError("CERTIFICATE_VERIFY_FAILED"), 1, r"kafka\.tls\.ca_file"),
        (KafkaConnectionError("ALERT_BAD_CERTIFICATE"), 1, r"`kafka\.tls\.certificate`"),
        (KafkaConnectionError("ECONNREFUSED"), 3, "is not reached as SASL_PLAINTEXT: .*Unable"),
    ],
)
def test_a_refusal_is_tried_once_and_told(fault: KafkaError, tries: int, said: str) -> None:
    tried: list[int] = []
    with pytest.raises(AccessError, match=said):
        open_client(lambda **given: Client(fault, tried, **given), KAFKA)
    assert len(tried) == tries


def test_options_of_the_settings_and_of_the_caller_come_together() -> None:
    client = open_client(lambda **given: Client(None, [], **given), KAFKA, group_id=None)
    assert client.options["sasl_plain_password"] == "word"
    assert client.options["group_id"] is None


def test_what_is_not_allowed_is_told_with_who_and_what() -> None:
    said = r"k:9093 does not let user 'ann' read t: `journeys doctor`"
    with pytest.raises(AccessError, match=said), refusals(KAFKA, "read t"):
        raise TopicAuthorizationFailedError({"t"})


def test_a_log_that_somebody_has_turned_off_is_heard_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CLIENT, "disabled", True)
    tried: list[int] = []
    fault = SaslAuthenticationFailedError("no")
    with pytest.raises(AccessError, match="refuses user"):
        open_client(lambda **given: Client(fault, tried, **given), KAFKA)
    assert len(tried) == 1


def test_only_an_opening_is_ended_and_nothing_more_is_logged_than_before(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logging.getLogger("kafka"), "level", logging.CRITICAL)
    open_client(lambda **given: Client(None, [], **given), KAFKA)
    CLIENT.error("Connection failed: %s", SaslAuthenticationFailedError("the client tidies up"))
    CLIENT.warning("Bootstrap connection to %s failed: %s", "b", KafkaConnectionError("away"))
    assert caplog.records == []
