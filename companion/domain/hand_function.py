"""What is asked about movements and everyday hands, beside grip: code words in their order, and steps of answers."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import pstdev

SIDES: tuple[str, ...] = ("left", "right")
BOTH = "both"

MOVEMENTS: tuple[str, ...] = ("lift_wrist", "straighten_fingers", "pinch", "spread_fingers", "lift_foot")
"""The weekly movement check, for each side. A drop of wrist, fingers or foot can grow while grip looks stable."""

AS_USUAL, WEAKER, CANNOT = "as_usual", "weaker", "cannot"
MOVEMENT_ANSWERS: tuple[str, ...] = (AS_USUAL, WEAKER, CANNOT)

DAILY_HANDS: tuple[str, ...] = ("key", "buttons", "jar", "pen", "cutlery", "phone", "zip", "heavy_bag")
"""The daily-hands list, every two weeks. Own list: not validated, no total, not the MMN-RODS."""

DAILY_ANSWERS: tuple[str, ...] = ("easy", "with_effort", "cannot")

MOST_TAPS, MOST_SECONDS, MOST_SPREAD_MS = 300, 60, 20_000
"""What a tapping test of one hand can show: a finger does not tap faster than about ten times a second."""


def movement_step(answer: str) -> int:
    """The answer of a movement as steps, so that a fall can be told: 2 as usual, 1 weaker, 0 cannot."""
    return len(MOVEMENT_ANSWERS) - 1 - MOVEMENT_ANSWERS.index(answer)


def changed_movements(before: Iterable[tuple[str, str, str]], now: Iterable[tuple[str, str, str]]) -> list[str]:
    """Movements whose answer on a side differs from the one before, in their order: (movement, side, answer)."""
    earlier = {(movement, side): answer for movement, side, answer in before}
    changed = {m for m, side, answer in now if earlier.get((m, side), answer) != answer}
    return [movement for movement in MOVEMENTS if movement in changed]


def rhythm_spread_ms(taps_ms: Sequence[int]) -> int | None:
    """How far the pauses between taps lie apart: their standard deviation in whole milliseconds.

    `taps_ms` are the moments of the taps in order. None below three taps: two pauses are the fewest to compare.
    """
    if len(taps_ms) < 3:
        return None
    return round(pstdev(late - early for early, late in pairwise(taps_ms)))
