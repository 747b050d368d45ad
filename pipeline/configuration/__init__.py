"""The layers of a receiver configuration, what they come to, and what a draft of one would change."""
