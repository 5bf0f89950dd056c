"""Agenda and month picture, read from what others keep; calendar feeds and what they were last told."""
