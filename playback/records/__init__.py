"""How sessions are written: one at a time or by the thousand, counted by day, taken away again."""
