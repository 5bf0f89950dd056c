"""How strong Ana's hands are on a day: believable, not measured. Every number here is made up for the sample."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from math import cos, exp, pi

from companion.checkins.models import CANNOT, EASY, WITH_EFFORT
from companion.domain.hand_function import AS_USUAL, DAILY_HANDS, WEAKER

BEST_KG = {"left": 25.5, "right": 14.0}
BEFORE_TREATMENT = {"left": 0.80, "right": 0.62}
WINTER_LOSS = {"left": 0.07, "right": 0.11}
LOSS_A_YEAR = {"left": 0.0, "right": 0.03}
LAST_QUARTER, SAG, DAYS_TO_RECOVER = 21, 0.23, 4
RATING_FROM = ((4, 0.90), (3, 0.76), (2, 0.55), (1, 0.30))
DAILY_NEEDS = dict.fromkeys(DAILY_HANDS, 0.70) | {"jar": 0.95, "heavy_bag": 0.90, "buttons": 0.85, "zip": 0.80}
TASK_NEEDS_KG = {"shirt_button": 15.0, "key": 12.7, "full_cup": 11.0}


def strength(hand: str, on: date, course_starts: Sequence[date]) -> float:
    """The share of its best that a hand has: treatment helps both, winter weakens both, and the left one alone
    sags in the last quarter of each cycle and recovers in the days after the next infusion."""
    given = bisect_right(course_starts, on)
    since_first = (on - course_starts[0]).days
    gain = 1 - exp(-since_first / 45) if since_first > 0 else 0.0
    share = BEFORE_TREATMENT[hand] + (1 - BEFORE_TREATMENT[hand]) * gain
    if hand == "left" and given:
        cycle_day = (on - course_starts[given - 1]).days
        share *= 1 - (_sag(cycle_day) if cycle_day >= LAST_QUARTER else _left_over(cycle_day, given))
    share *= 1 - LOSS_A_YEAR[hand] * max(0, since_first) / 365
    return share * (1 - WINTER_LOSS[hand] * _winter(on))


def grip_kg(hand: str, share: float, wobble: float) -> Decimal:
    """What a dynamometer shows, in half kilograms."""
    return Decimal(max(0, round(BEST_KG[hand] * share * wobble * 2))) / 2


def rating(share: float) -> int:
    """The rating that fits a share of one's own best."""
    return next((rating for rating, lowest in RATING_FROM if share >= lowest), 0)


def task_answer(key: str, hand: str, share: float) -> str:
    """How a task goes with a hand that has this share of its best."""
    enough = BEST_KG[hand] * share / TASK_NEEDS_KG[key]
    if enough >= 1:
        return EASY
    return WITH_EFFORT if enough >= 0.7 else CANNOT


def movement_answer(movement: str, side: str, offset: int, shares: dict[str, float]) -> str:
    """The right fingers straighten less since the spring while grip stays; late in a cycle the left ones spread less.

    One step at most from one Sunday to the next, so that nothing in the sample is sudden.
    """
    if (movement, side) == ("straighten_fingers", "right") and offset > -150:
        return WEAKER
    if (movement, side) == ("spread_fingers", "left") and shares["left"] < 0.85:
        return WEAKER
    return WEAKER if (movement, side) == ("pinch", "right") and shares["right"] < 0.80 else AS_USUAL


def daily_answer(item: str, shares: dict[str, float]) -> str:
    """How an everyday thing goes with both hands together."""
    return EASY if (shares["left"] + shares["right"]) / 2 >= DAILY_NEEDS[item] else WITH_EFFORT


def _sag(cycle_day: int) -> float:
    """Grows from nothing to its full depth in a week, and not beyond."""
    return SAG * min(1.0, (cycle_day - LAST_QUARTER + 1) / 7)


def _left_over(cycle_day: int, given: int) -> float:
    """What is left of the sag of the cycle before."""
    return SAG * max(0.0, 1 - (cycle_day + 1) / DAYS_TO_RECOVER) if given > 1 else 0.0


def _winter(on: date) -> float:
    """1 in the middle of January, 0 from April to October."""
    return max(0.0, cos(2 * pi * (on.timetuple().tm_yday - 15) / 365))
