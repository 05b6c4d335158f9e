"""Stands before Apache Beam where Python runs in the TaskManager, and lets nobody import it.

PyFlink asks for Beam to see whether its coders can be fast. They carry records to a Python of its
own process; in thread mode none is used, and to load Beam took 5.6 of the 6.3 seconds that PyFlink
takes to load, at each start of a worker (docs/decisions/0044).
"""

message = "no Apache Beam here: PyFlink in thread mode carries no record by its coders"
raise ImportError(message)
