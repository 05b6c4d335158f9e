"""`kind: auth`: how calls say who calls, for several actions and sources."""

from __future__ import annotations

from typing import Literal

from journeys.authentication import AuthSpec
from journeys.specification import NamedSpec, shown


class SharedAuthSpec(NamedSpec, AuthSpec):
    """`kind: auth`: how calls say who calls; actions and sources name it: `auth: crm`."""

    model_config = shown(
        {
            "kind": "auth",
            "id": "crm",
            "token": {
                "url": "https://login.example.org/token",
                "form": {
                    "grant_type": "client_credentials",
                    "client_id": "shop",
                    "client_secret": "${secret:CRM_SECRET}",
                },
            },
        }
    )

    kind: Literal["auth"]
