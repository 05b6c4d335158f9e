"""Operators of ours that run in the JVM: text that Flink compiles where it runs."""
