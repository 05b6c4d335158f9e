"""Definition files in one canonical form: what they say and every comment stay as they are."""

from journeys.formatting.canonical import format_text
from journeys.formatting.written import FormatError

__all__ = ["FormatError", "format_text"]
