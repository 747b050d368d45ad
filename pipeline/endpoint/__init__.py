"""The public address players ask for VAST: the door, what stands behind it, what is counted."""
