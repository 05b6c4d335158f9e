"""`kind: audience`: a set of people, by a rule or by a list."""

from __future__ import annotations

from typing import Literal

from journeys.specification import Expression, NamedSpec, shown


class AudienceSpec(NamedSpec):
    """`kind: audience`: people for whom a rule holds, or who are listed in a file."""

    model_config = shown(
        {"kind": "audience", "id": "local_customers", "when": "#{profile.country} == 'DE'"}
    )

    kind: Literal["audience"]
    when: Expression | None = None
    """A rule over the profile and its history; whoever it holds for is a member."""
    members: str | None = None
    """A `.csv` or `.txt` file of the project with one profile id a line, instead of a rule.
    `journeys members` sends it to the job."""
