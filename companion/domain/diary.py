"""The diary of the days after an infusion, and which of its answers ask for a call."""

from collections.abc import Collection
from datetime import date, timedelta

DAYS = (1, 2, 3, 7)
"""Days of the diary, counted from the last given day of a course: day 1 is the day after it."""

REACTION_DAYS = 7
"""A reaction that begins later is recorded too, with words that say so."""

BAD = "bad"


def date_of(last_given_on: date, day: int) -> date:
    """The local date of a day of the diary."""
    return last_given_on + timedelta(days=day)


def is_late(last_given_on: date | None, started_on: date) -> bool:
    """Whether a reaction began more than seven days after the last given day; unknown is not late."""
    return last_given_on is not None and (started_on - last_given_on).days > REACTION_DAYS


def asks_for_a_call(headache: str, signs: Collection[str]) -> bool:
    """Whether a call on the same day comes first after saving: a bad headache with any of the listed signs.

    Stiff neck, light that hurts, vomiting. It names no illness. Source: patient information of the products (GGL).
    """
    return headache == BAD and bool(signs)
