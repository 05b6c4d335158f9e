"""Journeys over what was recorded: one person after the other, at the engine, in virtual time."""
