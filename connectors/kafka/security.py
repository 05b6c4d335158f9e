"""From how we are let in to the options of both clients: Flink's in Java, kafka-python.

What Flink is given holds no secret: it shows options of tables in plans and logs. Kafka's Java
client reads `${secrets:…}` by itself, where it connects, from the environment or from files.
"""

from __future__ import annotations

import re
import ssl
from typing import Any, Final

from connectors.certificate_chain import load_chain
from connectors.kafka.bootstrap import Bootstrap, SaslSettings, Tls
from connectors.secrets import ENVIRONMENT_PREFIX, Secrets
from journeys.channels.secret_reference import SECRET_REFERENCE, secret_names
from journeys.errors import JourneyError

_KAFKA: Final = "org.apache.flink.kafka.shaded.org.apache.kafka.common"
"""Kafka's client inside Flink's connector for SQL."""
_MODULES: Final = {
    "PLAIN": f"{_KAFKA}.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": f"{_KAFKA}.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": f"{_KAFKA}.security.scram.ScramLoginModule",
}
_PROVIDER: Final = "secrets"
_KEY: Final = "-----BEGIN PRIVATE KEY-----"
"""How a key begins that Java reads too: PKCS #8, without a password."""


class SecurityError(JourneyError):
    """What the settings say of Kafka, or a secret that they name, cannot be used."""


def java_options(bootstrap: Bootstrap) -> dict[str, str]:
    """Give the options of Kafka's Java client; secrets are references that it reads itself."""
    options = {"bootstrap.servers": bootstrap.servers}
    if bootstrap.protocol == "PLAINTEXT":
        return options
    options["security.protocol"] = bootstrap.protocol
    if bootstrap.tls is not None:
        options |= _java_tls(bootstrap.tls)
    if bootstrap.sasl is not None:
        options["sasl.mechanism"] = bootstrap.sasl.mechanism
        options["sasl.jaas.config"] = _jaas(bootstrap.sasl)
    if not secret_names([*options.values()]):
        return options
    folder = bootstrap.secrets_folder
    kind = "EnvVarConfigProvider" if folder is None else "DirectoryConfigProvider"
    place = ENVIRONMENT_PREFIX if folder is None else f"{folder}:"

    def reference(found: re.Match[str]) -> str:
        return f"${{{_PROVIDER}:{place}{found[1]}}}"

    return {
        **{name: SECRET_REFERENCE.sub(reference, text) for name, text in options.items()},
        "config.providers": _PROVIDER,
        f"config.providers.{_PROVIDER}.class": f"{_KAFKA}.config.provider.{kind}",
    }


def _java_tls(tls: Tls) -> dict[str, str]:
    options = {}
    if tls.authorities is not None:
        options["ssl.truststore.type"] = "PEM"
        options["ssl.truststore.certificates"] = tls.authorities
    if tls.certificate is not None and tls.key is not None:
        options["ssl.keystore.type"] = "PEM"
        options["ssl.keystore.certificate.chain"] = tls.certificate
        options["ssl.keystore.key"] = tls.key
    return options


def _jaas(sasl: SaslSettings) -> str:
    # A quoted text also ends at the end of a line: so a file may end its secret with one, or not.
    module, user, password = _MODULES[sasl.mechanism], sasl.username, sasl.password
    return f'{module} required username="{user}\n password="{password}\n;'


def python_options(bootstrap: Bootstrap, secrets: Secrets | None = None) -> dict[str, Any]:
    """Give the options of kafka-python's clients. They hold secrets: hand them to a client only.

    Args:
        bootstrap: where, and as whom.
        secrets: by default those that Java would read here.

    Raises:
        UnknownSecretError: a secret is not known here.
        SecurityError: a certificate, a key or a password cannot be used.
    """
    options: dict[str, Any] = {"bootstrap_servers": bootstrap.servers}
    if bootstrap.protocol == "PLAINTEXT":
        return options
    if secrets is None:
        folder = bootstrap.secrets_folder
        secrets = Secrets(folder, None if folder is None else {})
    options["security_protocol"] = bootstrap.protocol
    if bootstrap.tls is not None:
        options["ssl_context"] = _context(bootstrap.tls, secrets)
    if bootstrap.sasl is not None:
        options["sasl_mechanism"] = bootstrap.sasl.mechanism
        options["sasl_plain_username"] = _word(bootstrap.sasl.username, secrets)
        options["sasl_plain_password"] = _word(bootstrap.sasl.password, secrets)
    return options


def _context(tls: Tls, secrets: Secrets) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=tls.authorities)
    except ssl.SSLError as error:
        message = f"kafka.tls.ca_file holds no certificates in PEM: {error.reason}"
        raise SecurityError(message) from None
    if tls.certificate is not None and tls.key is not None:
        certificate, key = secrets.resolve(tls.certificate), secrets.resolve(tls.key)
        if _KEY not in key:
            message = (
                f"{tls.key} is no key that Java reads too: make it one by "
                "`openssl pkcs8 -topk8 -nocrypt -in OLD.pem -out NEW.pem`"
            )
            raise SecurityError(message)
        try:
            load_chain(context, certificate, key)
        except ValueError as error:
            message = f"{tls.certificate} and {tls.key} {error}"
            raise SecurityError(message) from None
    return context


def _word(text: str, secrets: Secrets) -> str:
    """Read a user or a password. Java's form for a login knows no way to write some characters."""
    word = secrets.resolve(text)
    if re.search(r'["\\\r\n]', word):
        message = f"what {text} stands for holds a quote, a backslash or a line end: choose another"
        raise SecurityError(message)
    return word
