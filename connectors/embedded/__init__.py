"""A real Kafka broker and a real Flink session cluster on this machine, for demos and tests."""
