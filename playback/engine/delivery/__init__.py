"""What becomes of pixels: their macros, how they are sent, and the ledger that tells each one's fate."""
