"""How sessions are written, counted and found again."""
