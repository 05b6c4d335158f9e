"""Flink functions: adapters around the pure core that decide nothing."""
