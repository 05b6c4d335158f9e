"""The outside world: Kafka, SMTP, HTTP, files, and the local broker and cluster."""
