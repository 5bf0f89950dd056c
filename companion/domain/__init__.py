"""Pure rules of the companion: standard library only, no clock, no database, no web."""
