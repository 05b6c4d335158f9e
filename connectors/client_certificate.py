"""Certificates that a connection is signed in with (mutual TLS), kept in secrets."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from connectors.access_tokens import unfit
from connectors.certificate_chain import load_chain
from connectors.secrets import Secrets
from journeys.authentication import CertificateSpec


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
            try:
                load_chain(context, certificate, key)
            except ValueError as error:
                message = f"the secrets of auth.certificate {error}"
                raise unfit(message) from None
            made = self._made = _Made(certificate, key, context)
        return made.context
