"""Wiring and command lines: the only package that knows everything."""
