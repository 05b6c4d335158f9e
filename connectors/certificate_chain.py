"""A certificate with its key, given to TLS as texts."""

from __future__ import annotations

import os
import ssl
from contextlib import ExitStack
from typing import Final

LIMIT: Final = 16 * 1024
"""Octets of a certificate with its chain, or of a key."""


def load_chain(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Let a context show a certificate. TLS reads from files only: pipes keep it off the disk.

    Raises:
        ValueError: the two are no certificate and its key; says so without either.
    """
    with ExitStack() as opened:
        paths = [_piped(text.encode(), opened) for text in (certificate, key)]
        try:
            # A password is asked for at the terminal, unless there is one.
            context.load_cert_chain(paths[0], paths[1], password="")
        except (ssl.SSLError, ValueError, OSError):
            message = "are no certificate and its key in PEM"
            raise ValueError(message) from None


def _piped(octets: bytes, opened: ExitStack) -> str:
    if len(octets) > LIMIT:
        message = f"have more than {LIMIT} octets in one of them"
        raise ValueError(message)
    reading, writing = os.pipe()
    opened.callback(os.close, reading)
    os.write(writing, octets)
    os.close(writing)
    return f"/dev/fd/{reading}"
