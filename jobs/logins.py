"""As whom each part of a project comes to Kafka, as its settings say."""

from __future__ import annotations

from connectors.kafka.bootstrap import Bootstrap, SaslSettings, Tls
from connectors.kafka.privileges import Privilege, Role, privileges
from jobs.folder import Folder
from jobs.settings import KafkaSettings, LoginSettings
from journeys.channels.secret_reference import secret_names
from journeys.errors import JourneyError


class LoginError(JourneyError):
    """A file that settings name cannot be read."""


def login(folder: Folder, role: Role, servers: str) -> Bootstrap:
    """Give what a role begins with; what is no role of its own comes as the command line does.

    Raises:
        LoginError: the file of authorities cannot be read.
    """
    kafka = folder.settings.kafka
    own = own_login(kafka, role) or LoginSettings()
    return Bootstrap(
        servers=servers,
        tls=_tls(folder, own),
        sasl=_sasl(kafka.sasl, own),
        secrets_folder=folder.settings.channels.secrets_folder,
    )


def own_login(kafka: KafkaSettings, role: Role) -> LoginSettings | None:
    """Give the login that a role has for itself, if it has one."""
    found = getattr(kafka.roles, role, None)
    return found if isinstance(found, LoginSettings) else None


def needed(folder: Folder, role: Role) -> tuple[Privilege, ...]:
    """Give the privileges that a role needs for what the project holds."""
    emitted = (name for plan in folder.compilation.plans.values() for name in plan.emits)
    return tuple(privileges(role, folder.settings.name, folder.settings.topics, emitted))


def principal(folder: Folder, role: Role) -> str:
    """Name a role as Kafka does, where the settings tell its user; else make up a name."""
    kafka = folder.settings.kafka
    own = own_login(kafka, role)
    common = role is Role.COMMAND_LINE and kafka.sasl is not None
    sasl = _sasl(kafka.sasl, own or LoginSettings()) if own or common else None
    if sasl is None or secret_names(sasl.username):
        return f"User:{folder.settings.name}-{role}"
    return f"User:{sasl.username}"


def _sasl(sasl: SaslSettings | None, own: LoginSettings) -> SaslSettings | None:
    if sasl is None or own.username is None or own.password is None:
        return sasl
    return sasl.model_copy(update={"username": own.username, "password": own.password})


def _tls(folder: Folder, own: LoginSettings) -> Tls | None:
    tls = folder.settings.kafka.tls
    if tls is None:
        return None
    authorities = None
    if tls.ca_file is not None:
        file = folder.path / tls.ca_file
        try:
            # It travels as a text: so no worker needs the file.
            authorities = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            message = f"kafka.tls.ca_file: {file} cannot be read: {error}"
            raise LoginError(message) from error
    return Tls(
        authorities=authorities,
        certificate=own.certificate or tls.certificate,
        key=own.key or tls.key,
    )
