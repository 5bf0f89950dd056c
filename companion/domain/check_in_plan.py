"""What a person is asked for on a date: the check-in in their own rhythm, the movement check, the daily-hands list.

A date without an answer is a gap and nothing more: nothing here counts them, and nothing is ever overdue.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

DAILY, SECOND_DAY, WEEKLY, AROUND_INFUSIONS = "daily", "second_day", "weekly", "around_infusions"
RHYTHMS: tuple[str, ...] = (DAILY, SECOND_DAY, WEEKLY, AROUND_INFUSIONS)
DAYS_BETWEEN = {DAILY: 1, SECOND_DAY: 2, WEEKLY: 7}

MOVEMENTS, DAILY_HANDS, TAPPING = "movements", "daily_hands", "tapping"
PARTS: tuple[str, ...] = (MOVEMENTS, DAILY_HANDS, TAPPING)
"""What can be asked beside the daily question; each can be switched off, and tapping is off at first."""

EVERY_DAYS = {MOVEMENTS: 7, DAILY_HANDS: 14, TAPPING: 7}
BEFORE_DAYS, AFTER_DAYS = 3, 7
"""Around an infusion: from three days before its first day to a week after. Own rule."""


def wants_check_in(rhythm: str, on: date, *, last_on: date | None, courses: Iterable[date] = ()) -> bool:
    """Whether a check-in is asked for on a date, in the chosen rhythm.

    `last_on`: the newest date with a check-in, up to `on`; one on the day itself is enough for it. `courses`: first
    days of infusions, given or planned. Own rule.
    """
    if last_on is not None and last_on >= on:
        return False
    if rhythm == AROUND_INFUSIONS:
        return any(-BEFORE_DAYS <= (on - first).days <= AFTER_DAYS for first in courses)
    return last_on is None or (on - last_on).days >= DAYS_BETWEEN[rhythm]


def quiet_dates(rhythm: str, dates: Iterable[date], answered: Iterable[date], courses: Iterable[date]) -> set[date]:
    """Those of some dates on which no check-in is asked for: the rhythm leaves them out, or they have one."""
    known, first_days = sorted(answered), list(courses)
    last = {on: max((one for one in known if one <= on), default=None) for on in dates}
    return {on for on in last if not wants_check_in(rhythm, on, last_on=last[on], courses=first_days)}


def next_on(part: str, on: date, last_on: date | None) -> date:
    """The date from which a part is asked for again: today where it is due or never was answered."""
    return on if last_on is None else max(on, last_on + timedelta(days=EVERY_DAYS[part]))


@dataclass(frozen=True, slots=True)
class Due:
    """What is asked for today, and when a part that is not comes next."""

    check_in: bool
    parts: tuple[str, ...]
    coming: tuple[tuple[str, date], ...]


def due_today(
    on: date,
    *,
    rhythm: str,
    parts: Iterable[str],
    check_in_on: date | None,
    parts_on: dict[str, date],
    courses: Iterable[date] = (),
) -> Due:
    """All that is asked for on a date. `parts_on`: when each part was answered last, up to `on`."""
    chosen = set(parts)
    dates = [(part, next_on(part, on, parts_on.get(part))) for part in PARTS if part in chosen]
    return Due(
        check_in=wants_check_in(rhythm, on, last_on=check_in_on, courses=courses),
        parts=tuple(part for part, when in dates if when == on),
        coming=tuple((part, when) for part, when in dates if when > on),
    )


def word_after_saving(due: Due, cycle_day: int | None) -> tuple[str, int | date | None]:
    """The one useful thing to say when a check-in is saved, as a code with its number or date.

    What can be done now comes first, then the day since the infusion, then when the next part comes. Never a score,
    a streak or a comparison.
    """
    if due.parts:
        return f"{due.parts[0]}_now", None
    if cycle_day is not None:
        return "cycle_day", cycle_day
    if due.coming:
        part, when = min(due.coming, key=lambda one: one[1])
        return f"{part}_on", when
    return "saved", None
