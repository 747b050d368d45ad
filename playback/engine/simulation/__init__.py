"""Many sessions of an ad: whole, lean or in number."""
