"""Sessions gone through again: step by step, otherwise than they were, and one beside the other."""
