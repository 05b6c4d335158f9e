"""What providers and readers tell of messages, on its way to the topic `feedback`."""
