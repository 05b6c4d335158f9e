"""The signature of Standard Webhooks, symmetric form (`v1`). Knows no HTTP client."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from journeys.errors import PortError

_KEY_MARK: Final = "whsec_"


def signatures(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Sign a call as Standard Webhooks does, once by each secret.

    Args:
        secrets: each base64, with or without `whsec_` before it.
        message_id: the `webhook-id`.
        timestamp: the `webhook-timestamp`, in seconds since 1970.
        body: the octets of the body.

    Raises:
        PortError: a secret is not base64.
    """
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()
        for secret in secrets
    )


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_KEY_MARK), validate=True)
    except binascii.Error as error:
        msg = f"a signing secret is not base64 after {_KEY_MARK}"
        raise PortError(
            msg,
            code="unknown_secret",
            retryable=False,
        ) from error
