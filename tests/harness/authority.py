"""An authority whose certificates servers of tests present."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

EXPIRED = timedelta(days=-1)


class Authority:
    """Issues certificates for servers of tests."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "authority.pem"
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name.from_rfc4514_string("CN=authority of tests")
        own = self._build(self._name, self._key, timedelta(days=1)).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        signed = own.sign(self._key, hashes.SHA256())
        self.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def context(
        self, host: str = "127.0.0.1", ends: timedelta = timedelta(days=1)
    ) -> ssl.SSLContext:
        """Give a server's side of TLS with a certificate for an address, of this life."""
        own = self._folder / f"{x509.random_serial_number()}.pem"
        own.write_text("".join(self.issue("server", host, ends)), encoding="utf-8")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(own)
        return context

    def issue(
        self, name: str, host: str = "127.0.0.1", ends: timedelta = timedelta(days=1)
    ) -> tuple[str, str]:
        """Give a key and the certificate for it, in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
        issued = self._build(x509.Name.from_rfc4514_string(f"CN={name}"), key, ends)
        signed = issued.add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return secret.decode(), signed.public_bytes(serialization.Encoding.PEM).decode()

    def _build(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, ends: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(now + ends)
        )
