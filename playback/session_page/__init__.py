"""What a session's page tells, made of a running player or of a stored record alike."""
