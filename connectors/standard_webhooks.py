"""The signature of Standard Webhooks, symmetric form (`v1`). Knows no HTTP client."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final

from journeys.errors import PortError

TOLERANCE_S: Final = 300
"""How far the sender's clock may be off: a call that somebody kept is refused later."""
_TIMESTAMP_DIGITS: Final = 12
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


def is_signed(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: int) -> bool:
    """Say whether a call is signed by one of some secrets, and was just now.

    Args:
        secrets: each base64, with or without `whsec_` before it.
        headers: header name, in lower case, to value.
        body: the octets of the body.
        now: seconds since 1970.

    Raises:
        PortError: a secret is not base64.
    """
    message_id, written = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").encode().split()
    if not message_id or not written.isdecimal() or len(written) > _TIMESTAMP_DIGITS:
        return False
    if abs(int(written) - now) > TOLERANCE_S:
        return False
    known = signatures(secrets, message_id, int(written), body).encode().split()
    return any(hmac.compare_digest(mine, theirs) for mine in known for theirs in given)


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
