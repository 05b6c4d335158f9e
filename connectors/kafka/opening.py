"""Clients of kafka-python, opened as settings say; what Kafka refuses is told with what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from kafka.errors import (
    AuthorizationError,
    KafkaError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.security import python_options
from journeys.errors import JourneyError

_REFUSED: Final = (SaslAuthenticationFailedError, UnsupportedSaslMechanismError)
_CERTIFICATE: Final = "CERTIFICATE"
"""Stands in what TLS says of a certificate, theirs or ours."""
_CLIENT: Final = logging.getLogger("kafka")
_OPENER: Final = logging.getLogger("kafka.net.manager")

Client = TypeVar("Client")


class AccessError(JourneyError):
    """Kafka is not reached, does not let us in, or does not let us do what we want to."""


class _Impatience(logging.Filter):
    """Ends an opening that Kafka refuses.

    The client would try the same login for half a minute, and only logs what was wrong with it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg.startswith("Bootstrap connection") and isinstance(record.args, tuple):
            for said in record.args:
                if isinstance(said, KafkaError) and is_final(said):
                    raise said
        return record.levelno >= _CLIENT.getEffectiveLevel()


_IMPATIENCE: Final = _Impatience()


def is_final(error: KafkaError) -> bool:
    """Say whether another try would end alike."""
    return isinstance(error, _REFUSED) or _CERTIFICATE in str(error)


def open_client(
    kind: Callable[..., Client],
    bootstrap: Bootstrap,
    **options: Any,  # noqa: ANN401  # kafka-python's
) -> Client:
    """Open a consumer, a producer or an admin.

    Raises:
        AccessError: Kafka is not reached, or does not let us in.
        SecurityError: what the settings say cannot be used.
        UnknownSecretError: a secret is not known here.
    """
    # Said each time: whoever sets up logging anew turns off what was there before.
    _OPENER.disabled = False
    _OPENER.setLevel(logging.WARNING)
    _OPENER.addFilter(_IMPATIENCE)
    try:
        return kind(**python_options(bootstrap), **options)
    except KafkaError as error:
        raise AccessError(_closed(bootstrap, error)) from error


@contextmanager
def refusals(bootstrap: Bootstrap, deed: str) -> Iterator[None]:
    """Tell what we may not do, and where to look.

    Raises:
        AccessError: Kafka does not allow it.
    """
    try:
        yield
    except AuthorizationError as error:
        raise AccessError(refused(bootstrap, deed)) from error


def refused(bootstrap: Bootstrap, deed: str) -> str:
    """Say that Kafka does not let us do something."""
    return (
        f"Kafka at {bootstrap} does not let {bootstrap.who} {deed}: `journeys doctor` tells which "
        f"privileges are missing, `journeys doctor --acls` how to give them"
    )


def _closed(bootstrap: Bootstrap, error: KafkaError) -> str:
    """Say why no client could be opened."""
    mechanism = "" if bootstrap.sasl is None else bootstrap.sasl.mechanism
    if isinstance(error, SaslAuthenticationFailedError):
        return (
            f"Kafka at {bootstrap} refuses {bootstrap.who} by {mechanism}: look at the name and "
            f"the secret of `kafka.sasl`, and whether the broker knows the user for that mechanism"
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"Kafka at {bootstrap} takes no {mechanism}: write another `kafka.sasl.mechanism`"
    if "VERIFY_FAILED" in str(error):
        return (
            f"the certificate of Kafka at {bootstrap} cannot be trusted: {error}. Name who signed "
            f"it in `kafka.tls.ca_file`, and Kafka as its certificate does in `kafka.bootstrap`"
        )
    if _CERTIFICATE in str(error):
        return (
            f"Kafka at {bootstrap} does not take our certificate: {error}. It asks for one that it "
            f"trusts in `kafka.tls.certificate` and `kafka.tls.key`"
        )
    return (
        f"Kafka at {bootstrap} is not reached as {bootstrap.protocol}: {error}. Look whether it "
        f"runs, and whether this port speaks as `kafka.tls` and `kafka.sasl` say"
    )
