"""Who did what: one chain of entries a circle, each with the hash of the one before it; never names or values."""
