"""Where Kafka is, and as whom we come: what every client of either language begins with.

Loads no client library, so that whoever only reads settings need not wait for one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from connectors.setting_types import SecretText


class SaslSettings(BaseModel):
    """A name and a password."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    """As the broker knows the user."""
    username: str
    """The user; may be a reference to a secret."""
    password: SecretText
    """A reference such as `${secret:KAFKA_PASSWORD}`."""


class Tls(BaseModel):
    """How a connection is closed to others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    authorities: str | None = None
    """Certificates of those who sign the brokers', in PEM; the system's own by default."""
    certificate: SecretText | None = None
    """A reference to the certificate that says who we are (mutual TLS)."""
    key: SecretText | None = None
    """A reference to its key."""


class Bootstrap(BaseModel):
    """`bootstrap.servers`, and how we are let in there. Secrets are references."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    servers: str
    """As Kafka names them: `kafka-1:9093,kafka-2:9093`."""
    tls: Tls | None = None
    """None: connections are in the clear."""
    sasl: SaslSettings | None = None
    """None: nobody logs in, unless by a certificate."""
    secrets_folder: Path | None = None
    """Where secrets lie wherever one connects; without it they are taken from the environment."""

    def __str__(self) -> str:
        return self.servers

    @property
    def protocol(self) -> str:
        """Kafka's word for both together."""
        closed = "PLAINTEXT" if self.tls is None else "SSL"
        return closed if self.sasl is None else f"SASL_{closed}"

    @property
    def who(self) -> str:
        """As whom we come, for people."""
        if self.sasl is not None:
            return f"user '{self.sasl.username}'"
        has_certificate = self.tls is not None and self.tls.certificate is not None
        return "the one that the certificate names" if has_certificate else "who gives no name"

    @model_validator(mode="before")
    @classmethod
    def _read_servers(cls, written: Any) -> Any:  # noqa: ANN401  # as pydantic gives it
        """Take servers alone for brokers that ask nobody who he is."""
        return {"servers": written} if isinstance(written, str) else written

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> Any:  # noqa: ANN401  # JSON
        return self.servers if self.protocol == "PLAINTEXT" else write(self)
