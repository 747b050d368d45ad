"""Many sessions of chosen ads, lengths, providers and publishers: asked for, run, cancelled, counted, found again."""
