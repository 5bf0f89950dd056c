"""What works without a connection."""
