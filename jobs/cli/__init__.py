"""The command `journeys`."""

from jobs.cli.app import main

__all__ = ["main"]
