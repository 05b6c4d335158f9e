"""What a check of a project found, in the forms that people and other tools read."""

from journeys.findings.check import Check, Findings
from journeys.findings.formats import FORMATS

__all__ = ["FORMATS", "Check", "Findings"]
