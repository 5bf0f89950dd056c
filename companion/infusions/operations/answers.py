"""What happened, or will happen, to one day: done, in part, skipped, moved, still on; booked or expected."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypedDict, Unpack

from companion.accounts.models import Account
from companion.infusions.models import BOOKED, DONE, EXPECTED, PARTIAL, SKIPPED, Infusion, InfusionDay, PlanChange
from companion.infusions.operations.given_dates import keep_given_times
from companion.infusions.operations.history import Edit
from companion.infusions.operations.plans import NoRoom, begin_edit, check_room, follow, local_today
from companion.infusions.operations.wall_times import put_day

__all__ = [
    "DayAlreadyAnswered",
    "DayIsAhead",
    "book_infusion",
    "confirm_day",
    "expect_infusion",
    "move_day",
    "record_day_done",
    "record_day_partial",
    "skip_day",
]


class DayAlreadyAnswered(Exception):
    """Someone already said what happened on this day; the first answer counts until it is changed on purpose."""

    def __init__(self, day: InfusionDay) -> None:
        super().__init__(day.state)
        self.day = day


class DayIsAhead(ValueError):
    """A day in the future cannot have been given."""


class Given(TypedDict, total=False):
    """What is known of a day that was given: on which date, who says so and in answer to what.

    `again` replaces an earlier answer.
    """

    given_on: date | None
    account: Account | None
    delivery_id: int | None
    again: bool


def record_day_done(
    day: InfusionDay, *, grams_given: Decimal | None = None, now: datetime, **known: Unpack[Given]
) -> PlanChange:
    """Say that a day was given. Without `given_on` it was on the planned date, or today where that is still ahead.

    Later days of the course that have no answer keep their distance; expected courses follow the policy.
    Raises DayAlreadyAnswered, DayIsAhead, NoRoom.
    """
    return _record(day, DONE, grams_given, now, **known)


def record_day_partial(
    day: InfusionDay, *, grams_given: Decimal | None, now: datetime, **known: Unpack[Given]
) -> PlanChange:
    """Say that a day was given only in part, with the grams where they are known; else as `record_day_done`."""
    return _record(day, PARTIAL, grams_given, now, **known)


def _record(
    day: InfusionDay,
    state: str,
    grams: Decimal | None,
    now: datetime,
    *,
    given_on: date | None = None,
    account: Account | None = None,
    delivery_id: int | None = None,
    again: bool = False,
) -> PlanChange:
    edit = _open_edit(day, again)
    _give(edit, day, state, given_on, grams, now)
    _sign(day, account, now)
    follow(edit, now)
    return edit.finish(state, account=account, now=now, day=day, delivery_id=delivery_id)


def skip_day(
    day: InfusionDay,
    *,
    reason: str | None = None,
    account: Account | None = None,
    delivery_id: int | None = None,
    again: bool = False,
    now: datetime,
) -> PlanChange:
    """Say that a day did not happen and will not. A skipped course starts no cycle. Raises DayAlreadyAnswered."""
    edit = _open_edit(day, again)
    dates = _dates_if_skipped(edit, day, local_today(now, day.tz))
    put_day(day, dates[day.number], day.local_time)
    day.state, day.skip_reason, day.given_on, day.grams_given = SKIPPED, reason, None, None
    _put_open_days(edit, dates)
    edit.course.first_on = edit.course.first_given_on()
    _sign(day, account, now)
    follow(edit, now)
    return edit.finish("skip", account=account, now=now, day=day, delivery_id=delivery_id)


def move_day(
    day: InfusionDay,
    *,
    to_on: date,
    local_time: str | None = None,
    certainty: str | None = None,
    account: Account | None = None,
    delivery_id: int | None = None,
    now: datetime,
) -> PlanChange:
    """Plan a day for another date, and time (`HH:MM`) where one is given.

    Days after it in the course that have no answer move by as many days; so moving the first day moves the
    course. The expected courses follow the policy, booked ones stay. The moved one keeps its date in later
    re-planning. Raises DayAlreadyAnswered, NoRoom.
    """
    edit = _open_edit(day, again=False)
    course, dates = edit.course, _dates_with(day, to_on)
    first_on = dates[1] if not course.is_given else course.first_on
    check_room(edit, dates, first_on, local_today(now, day.tz))
    for each in course.days:
        if not each.is_answered and each.number >= day.number:
            _move(each, dates[each.number], local_time or each.local_time)
    keep_given_times(course.days)
    course.certainty = certainty or course.certainty
    course.moved_from_on = _origin(course.moved_from_on, course.first_on, first_on)
    course.first_on = first_on
    follow(edit, now)
    return edit.finish("move", account=account, now=now, day=day, delivery_id=delivery_id)


def confirm_day(
    day: InfusionDay, *, account: Account | None = None, delivery_id: int | None = None, now: datetime
) -> PlanChange:
    """Say that a day is still on. Its course then keeps its date in re-planning. Raises DayAlreadyAnswered."""
    edit = _open_edit(day, again=False)
    day.confirmed_at = day.confirmed_at or now
    return edit.finish("confirm", account=account, now=now, day=day, delivery_id=delivery_id)


def book_infusion(infusion: Infusion, *, account: Account | None = None, now: datetime) -> PlanChange:
    """Say that the clinic gave this date: it stays whatever happens to the others."""
    return _set_certainty(infusion, BOOKED, "book", account, now)


def expect_infusion(infusion: Infusion, *, account: Account | None = None, now: datetime) -> PlanChange:
    """Say that this date is only our estimate."""
    return _set_certainty(infusion, EXPECTED, "expect", account, now)


def _set_certainty(
    infusion: Infusion, certainty: str, verb: str, account: Account | None, now: datetime
) -> PlanChange:
    edit = begin_edit(infusion)
    infusion.certainty = certainty
    return edit.finish(verb, account=account, now=now)


def _open_edit(day: InfusionDay, again: bool) -> Edit:
    edit = begin_edit(day.infusion)
    if day.is_answered and not again:
        raise DayAlreadyAnswered(day)
    return edit


def _give(
    edit: Edit, day: InfusionDay, state: str, given_on: date | None, grams: Decimal | None, now: datetime
) -> None:
    today = local_today(now, day.tz)
    on = given_on or min(day.planned_on, today)
    if on > today:
        raise DayIsAhead(on.isoformat())
    dates = _dates_with(day, on)
    given = [d.happened_on for d in edit.course.days if d.is_given and d is not day]
    first_on = min([*given, on])
    check_room(edit, dates, first_on, today)
    day.state, day.given_on, day.grams_given, day.skip_reason = state, on, grams, None
    _put_open_days(edit, dates)
    keep_given_times([day])
    edit.course.first_on = first_on
    _keep_what_was_given(edit)


def _put_open_days(edit: Edit, dates: dict[int, date]) -> None:
    for each in edit.course.days:
        if not each.is_answered and each.planned_on != dates[each.number]:
            put_day(each, dates[each.number], each.local_time)


def _dates_with(day: InfusionDay, on: date) -> dict[int, date]:
    """The dates of the course when this day is on `on`: later days without an answer keep their distance."""
    by = on - day.happened_on
    dates = {}
    for each in day.infusion.days:
        follows = each.number > day.number and not each.is_answered
        dates[each.number] = each.happened_on + (by if follows else timedelta(0))
    dates[day.number] = on
    return dates


def _dates_if_skipped(edit: Edit, day: InfusionDay, today: date) -> dict[int, date]:
    """The dates of the course when this day is back on its planned date; where that was taken since, as they are."""
    dates = _dates_with(day, day.planned_on)
    given = [each.happened_on for each in edit.course.days if each.is_given and each is not day]
    try:
        check_room(edit, dates, min(given, default=dates[1]), today)
    except NoRoom:
        return _dates_with(day, day.happened_on)
    return dates


def _move(day: InfusionDay, on: date, local_time: str | None) -> None:
    day.moved_from_on = _origin(day.moved_from_on, day.planned_on, on)
    day.confirmed_at = None
    put_day(day, on, local_time)


def _origin(known: date | None, was: date, now_on: date) -> date | None:
    """Where a move began: the first date, and nothing when it is back there."""
    origin = known or was
    return None if origin == now_on else origin


def _keep_what_was_given(edit: Edit) -> None:
    """A given course keeps the product and place of its day, whatever the regimen says later."""
    if edit.regimen is not None:
        edit.course.product = edit.course.product or edit.regimen.product
        edit.course.place = edit.course.place or edit.regimen.place


def _sign(day: InfusionDay, account: Account | None, now: datetime) -> None:
    day.answered_at, day.answered_by_id = now, account.id if account else None
