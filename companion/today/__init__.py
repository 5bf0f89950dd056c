"""The home screen; owns no table."""
