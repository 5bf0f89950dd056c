"""Sample people for a demonstration: the top of the house, absent from every other mode."""
