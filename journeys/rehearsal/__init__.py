"""Journeys in virtual time: scenarios held against what happens, draws of people, and laws."""
