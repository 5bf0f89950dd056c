"""Visits beside infusions: neurologist, therapists, blood tests, calls; single ones and series."""
