"""The same operations for other programs."""
