"""Regimens, infusions, their days, vials and reactions."""
