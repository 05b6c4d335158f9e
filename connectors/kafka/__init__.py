"""Kafka: topics and their creation, sources and sinks, plain clients for the command line."""
