"""The table of privileges: who needs what of Kafka."""

from __future__ import annotations

from connectors.kafka.privileges import READS, WRITES, Kind, Privilege, Role, privileges
from connectors.kafka.topics import CATALOGUE, Topics
from docs.tables import table


def role_privileges(_: str) -> str:
    """Say of each role which topics it reads and writes, and what it needs besides."""
    return table(["Role", "Reads", "Writes", "Besides"], [_row(role) for role in Role])


def _row(role: Role) -> list[str]:
    needed = privileges(role, "NAME", Topics(prefix="PREFIX"))
    named = {f"PREFIX{topic.name}" for topic in CATALOGUE}
    besides = [each for each in needed if each.kind is not Kind.TOPIC or each.name not in named]
    said = [_said(each) for each in besides]
    if role is Role.JOB:
        said.append("Write of other topics that journeys send to")
    return [f"`{role}`", _topics(READS[role]), _topics(WRITES[role]), "; ".join(said)]


def _topics(names: tuple[str, ...]) -> str:
    is_all = names == tuple(topic.name for topic in CATALOGUE)
    return "all" if is_all else " ".join(f"`{name}`" for name in names)


def _said(each: Privilege) -> str:
    some = f"{each.kind}s that begin with" if each.is_prefix else each.kind
    return f"{each.operation} of {some} `{each.name}`"
