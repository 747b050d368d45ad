"""What a report says of a build."""
