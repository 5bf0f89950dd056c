"""Agenda and month picture; reads only."""
