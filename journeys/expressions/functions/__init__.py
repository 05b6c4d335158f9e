"""The functions of the language: one module for each family, listed here."""

from journeys.expressions.function import functions_of
from journeys.expressions.functions import (
    aggregation,
    audience,
    conversion,
    date_parts,
    dates,
    encoding,
    lists,
    numbers,
    patterns,
    strings,
)

FAMILIES = (
    aggregation,
    audience,
    conversion,
    dates,
    date_parts,
    lists,
    numbers,
    strings,
    patterns,
    encoding,
)
FUNCTIONS = functions_of(FAMILIES)

__all__ = ["FAMILIES", "FUNCTIONS"]
