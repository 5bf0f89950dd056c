"""Writes of the trail, and the check that nobody changed it."""

from companion.trail.operations.checking import Break, Walk, broken_chains
from companion.trail.operations.erasing import erase_trail
from companion.trail.operations.looks import Look, look_by_link, tell_look
from companion.trail.operations.writing import NoHead, Untold, tell, untold

__all__ = [
    "Break",
    "Look",
    "NoHead",
    "Untold",
    "Walk",
    "broken_chains",
    "erase_trail",
    "look_by_link",
    "tell",
    "tell_look",
    "untold",
]
