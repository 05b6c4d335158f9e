"""A project: the definitions and files of one folder, read but not yet judged.

Knows no file system: it is given the texts by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import orjson

from journeys.diagnostics import Code, Diagnostic, Place, nearest
from journeys.document import Document, read_documents
from journeys.expressions.errors import Severity
from journeys.messages import JsonObject

SETTINGS = "journeys.yaml"
"""The file at the root that holds settings instead of definitions."""
DEFINITIONS = (".yaml", ".yml")
"""How the names of files with definitions end, in whatever case."""


@dataclass(slots=True)
class Project:
    """Everything an author wrote."""

    files: Mapping[str, str]
    """Path relative to the folder, with forward slashes, to the text."""
    documents: list[Document] = field(default_factory=list)
    settings: Document | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    binaries: Mapping[str, bytes] = field(default_factory=dict)
    """Path to content of the files that are no text."""

    def report(
        self,
        place: Place,
        code: Code,
        message: str,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Note a fault."""
        self.diagnostics.append(Diagnostic(place, code, message, hint, severity))

    def find(self, kind: str, name: str) -> Document | None:
        """Give the document that defines something, if there is one."""
        wanted = (kind, name)
        for document in self.documents:
            value = document.value
            if isinstance(value, dict) and (value.get("kind"), value.get("id")) == wanted:
                return document
        return None

    def file_hint(self, name: str) -> str:
        """Say which file may be meant by a name that no file of the project has."""
        ending = name[name.rfind(".") :]
        known = [each for each in (*self.files, *self.binaries) if each.endswith(ending)]
        meant = nearest(name, known)
        return f"did you mean '{meant}'?" if meant else "name it by its path from the folder"

    def json_file(self, name: str) -> JsonObject | str:
        """Read a JSON file of the project; a text says why that fails."""
        text = self.files.get(name)
        if text is None:
            return "there is no such file in the project"
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            return f"it is not JSON: {error}"
        if not isinstance(value, dict):
            return "it holds no JSON object"
        return cast("JsonObject", value)


def holds_definitions(name: str) -> bool:
    """Say by its name whether a file holds definitions."""
    return name.lower().endswith(DEFINITIONS)


def read_project(
    files: Mapping[str, str],
    environment: Mapping[str, str],
    binaries: Mapping[str, bytes] | None = None,
) -> Project:
    """Read every YAML file; `${env:NAME}` in them is replaced from `environment`."""
    project = Project(files, binaries=binaries or {})
    for name in sorted(files):
        if not holds_definitions(name):
            continue
        documents, diagnostics = read_documents(name, files[name], environment)
        project.diagnostics += diagnostics
        if name == SETTINGS:
            project.settings = documents[0] if documents else None
        else:
            project.documents += documents
    return project
