"""Recall look-up: was a lot of this notice ever recorded? Owns no table and keeps nothing of a notice."""
