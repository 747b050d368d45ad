"""Playing: what can become due in some ads, the state machine that goes through it, the players and their record."""
