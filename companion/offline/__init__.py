"""What a phone keeps for the time without a connection: a small copy of what its reader may see."""
