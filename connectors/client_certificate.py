"""Certificates that a connection is signed in with (mutual TLS), kept in secrets."""

from __future__ import annotations

import os
import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from connectors.access_tokens import unfit
from connectors.secrets import Secrets
from journeys.authentication import CertificateSpec

LIMIT: Final = 16 * 1024
"""Octets of a certificate with its chain, or of a key."""


@dataclass(frozen=True, slots=True)
class _Made:
    certificate: str
    key: str
    context: ssl.SSLContext


class ClientCertificate:
    """One certificate with its key. A renewed secret counts from the next connection on."""

    def __init__(self, spec: CertificateSpec, secrets: Secrets, authorities: str | None) -> None:
        self._spec = spec
        self._secrets = secrets
        self._authorities = authorities
        self._made: _Made | None = None

    def context(self) -> ssl.SSLContext:
        """Give what opens connections with it.

        Raises:
            UnknownSecretError: there is no such secret.
            PortError: `unknown_secret`, the two are no certificate and its key.
        """
        certificate = self._secrets.resolve(self._spec.certificate)
        key = self._secrets.resolve(self._spec.key)
        made = self._made
        if made is None or (made.certificate, made.key) != (certificate, key):
            context = ssl.create_default_context(cafile=self._authorities)
            _load(context, certificate, key)
            made = self._made = _Made(certificate, key, context)
        return made.context


def _load(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Let a context show a certificate. TLS reads from files only: pipes keep it off the disk."""
    with ExitStack() as opened:
        paths = [_piped(text.encode(), opened) for text in (certificate, key)]
        try:
            # A password is asked for at the terminal, unless there is one.
            context.load_cert_chain(paths[0], paths[1], password="")
        except (ssl.SSLError, ValueError, OSError):
            message = "the secrets of auth.certificate are no certificate and its key in PEM"
            raise unfit(message) from None


def _piped(octets: bytes, opened: ExitStack) -> str:
    if len(octets) > LIMIT:
        message = f"a secret of auth.certificate has more than {LIMIT} octets"
        raise unfit(message)
    reading, writing = os.pipe()
    opened.callback(os.close, reading)
    os.write(writing, octets)
    os.close(writing)
    return f"/dev/fd/{reading}"
