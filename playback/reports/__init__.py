"""What a report says of a session or a batch."""
