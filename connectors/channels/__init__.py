"""The channels: each carries one kind of action to the outside world."""
