"""The library: small whole projects that an author begins with, as plain files of the package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable

from journeys.formatting import format_text
from journeys.project import SETTINGS

_SHARED = "common"
"""The folder of what every template has."""
_NAME = "name: project"
"""How the shared settings name the project, before it has a name of its own."""


class Template(StrEnum):
    """The projects that a person may begin with."""

    WELCOME = "welcome"
    ABANDONED_CART = "abandoned-cart"
    ONBOARDING = "onboarding"
    WIN_BACK = "win-back"


def summary(template: Template) -> list[str]:
    """Say what a template is, and what the job does not run of it yet: its page's beginning."""
    page = _folder(template).joinpath("README.md").read_text(encoding="utf-8")
    return page.split("\n\n")[1].splitlines()


def project_texts(template: Template, name: str) -> dict[str, str]:
    """Give the files of a new project: path to text.

    Args:
        template: what the project begins with.
        name: what it is called; signs that no project's name has become `-`.
    """
    texts = dict(_texts(_folder(_SHARED))) | dict(_texts(_folder(template)))
    fitting = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("._-")[:64] or "project"
    # In quotes a name that looks like a number stays a text; the formatter drops needless ones.
    settings = texts[SETTINGS].replace(_NAME, f'name: "{fitting}"')
    return texts | {SETTINGS: format_text(SETTINGS, settings)}


def _folder(name: str) -> Traversable:
    return files("journeys").joinpath("library", name)


def _texts(folder: Traversable, path: str = "") -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _texts(entry, f"{path}{entry.name}/")
        else:
            yield f"{path}{entry.name}", entry.read_text(encoding="utf-8")
