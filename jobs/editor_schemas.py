"""The JSON Schemas by which editors complete and check what an author writes.

Reads source files, which takes time: only what writes such a schema imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson

from jobs.docstrings import docstrings
from jobs.settings import Settings
from journeys.definition_schema import definition_schema
from journeys.model_schema import document_schema

DEFINITION: Final = "definition.schema.json"
"""Of every YAML file of a project but the settings."""
SETTINGS: Final = "settings.schema.json"
"""Of `journeys.yaml`."""


def schema_texts() -> Mapping[str, str]:
    """Give every schema by the name of its file."""
    schemas = {
        DEFINITION: definition_schema(docstrings),
        SETTINGS: document_schema(Settings, docstrings),
    }
    return {
        name: orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode() + "\n"
        for name, schema in schemas.items()
    }
