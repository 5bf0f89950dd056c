"""Which reminders of an infusion are wanted: stages, quiet hours, and how long each one is useful."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from companion.domain.recurrence import local_instant

WEEK_BEFORE, DAY_BEFORE, MORNING, DID_IT_HAPPEN = "week_before", "day_before", "morning", "did_it_happen"
DUE_NOW, FOLLOW_UP, CHANGED, NOBODY_DRIVES = "due_now", "follow_up", "changed", "nobody_drives"

STAGES: tuple[str, ...] = (WEEK_BEFORE, DAY_BEFORE, MORNING, DUE_NOW, DID_IT_HAPPEN, FOLLOW_UP)
"""Every stage, from the first to the last of one infusion."""

VISIT_STAGES: tuple[str, ...] = (WEEK_BEFORE, DAY_BEFORE, MORNING)
"""A visit has the stages ahead of it; nobody is asked afterwards."""

AHEAD: tuple[str, ...] = (WEEK_BEFORE, DAY_BEFORE, MORNING, DUE_NOW, CHANGED)
"""The stages that tell a date which is still to come."""

QUESTIONS: frozenset[str] = frozenset({DID_IT_HAPPEN, FOLLOW_UP})
"""The stages that ask whether a day took place; each day keeps its own."""

ANSWERED: frozenset[str] = frozenset({"done", "partial", "skipped"})
"""States of a day that need no reminder any more."""

LONG_INTERVAL_DAYS = 14
"""From this interval on there are four stages; under it, two."""

ASSUMED_TIME = time(9)
"""Start used for planning where the regimen has no time of day; no message may say it."""

LEADS: tuple[int, ...] = (12, 24, 48, 72)
"""How many hours before the start a recipient may have the day-before reminder."""

QUIET_FROM, QUIET_TO = time(21, 30), time(8)
"""Quiet hours of a recipient who chose none."""

_TEN, _EVENING = time(10), time(20)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_BEFORE_START, _AFTER_END = 2 * _HOUR, 2 * _HOUR
_LEAST_AHEAD = timedelta(minutes=45)
_BEFORE_QUIET = timedelta(minutes=15)
_QUESTION_USEFUL = 72 * _HOUR
_BEFORE_ASKING_FOR_A_DRIVER = 48 * _HOUR
OFF_SLOT = "cancelled"
"""The slot of the message that a date is off."""
SECOND_THOUGHTS = timedelta(minutes=5)
"""How long a changed date may be taken back before those who know the old one are told."""


@dataclass(frozen=True)
class DayToRemind:
    """One day of a course. Instants are UTC; tz is the zone of the place where it is given.

    Without `starts_at` the day is planned as if it began at 09:00 there.
    """

    day_id: int
    number: int
    planned_on: date
    tz: ZoneInfo
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    state: str = "planned"
    revision: int = 0

    @property
    def begins_at(self) -> datetime:
        """The start that reminders are planned by, in UTC."""
        return self.starts_at or local_instant(self.planned_on, ASSUMED_TIME, self.tz)

    @property
    def slot(self) -> str:
        """The planned start on the wall there, "YYYY-MM-DDTHH:MM"."""
        return f"{self.begins_at.astimezone(self.tz):%Y-%m-%dT%H:%M}"


@dataclass(frozen=True)
class CourseToRemind:
    """One course and the fewest days to the next one; None where the regimen has no interval."""

    infusion_id: int
    days: tuple[DayToRemind, ...]
    interval_days: int | None = None


@dataclass(frozen=True)
class Recipient:
    """Who is reminded: zone and quiet hours of their own. Equal quiet hours mean none.

    `lead_hours`: so long before the start comes the day-before reminder.
    """

    id: int
    tz: ZoneInfo
    quiet_from: time = QUIET_FROM
    quiet_to: time = QUIET_TO
    wakes_for_infusion: bool = False
    lead_hours: int = 24


@dataclass(frozen=True)
class Wanted:
    """One reminder that should exist. Its key does not change with the recipient's zone or quiet hours:
    `due_slot` is the planned start on the wall of the place, so such a change moves a message and never
    sends it twice. `was_at` is when it would begin by what the recipient was told, where that has changed."""

    subject_kind: str
    subject_id: int
    infusion_id: int
    stage: str
    begins_at: datetime
    due_at: datetime
    due_slot: str
    useful_until: datetime
    recipient_id: int
    revision: int
    was_at: datetime | None = None

    @property
    def key(self) -> tuple[str, int, str, str, int, int]:
        """What makes it one reminder, whatever the channel."""
        return (
            self.subject_kind,
            self.subject_id,
            self.stage,
            self.due_slot,
            self.recipient_id,
            self.revision,
        )


def plan(courses: Iterable[CourseToRemind], recipients: Sequence[Recipient], now: datetime) -> list[Wanted]:
    """Every reminder wanted for these courses and recipients, by due time."""
    wanted = [one for course in courses for person in recipients for one in plan_course(course, person, now)]
    return sorted(wanted, key=lambda one: one.due_at)


def plan_course(course: CourseToRemind, recipient: Recipient, now: datetime) -> list[Wanted]:
    """The reminders of one course for one recipient that are still useful, by due time.

    An interval of 14 days or more has a week before (10:00), a day before (24 h, or the recipient's lead),
    both once a course about its first day, and for each day a morning (2 h before) and "did it happen?". A
    shorter interval has, for each day, "due now" and one follow-up. Answered days have none.
    Of those already due only the latest is wanted.
    Source: own rules (stages scaled to the interval, windows of usefulness).
    """
    days = sorted(course.days, key=lambda day: (day.begins_at, day.number))
    stages = [one for day in days if day.state not in ANSWERED for one in _stages(course, day, recipient)]
    useful = [one for one in stages if one.useful_until > now]
    due = [one for one in useful if one.due_at <= now]
    later = [one for one in useful if one.due_at > now]
    return sorted([*supersede(due), *later], key=lambda one: one.due_at)


def plan_visit(visit: DayToRemind, recipient: Recipient, now: datetime) -> list[Wanted]:
    """The reminders of one visit for one recipient that are still useful: those ahead of an infusion, and of
    several that are due only the latest. Answered and cancelled ones have none."""
    if visit.state != "planned":
        return []
    course = CourseToRemind(visit.day_id, (visit,))
    stages = [_wanted(course, visit, stage, recipient, kind="visit") for stage in VISIT_STAGES]
    useful = [one for one in stages if one.useful_until > now]
    due = [one for one in useful if one.due_at <= now]
    return [*due[-1:], *(one for one in useful if one.due_at > now)]


def plan_nobody_drives(course: CourseToRemind, recipient: Recipient, now: datetime) -> list[Wanted]:
    """One message 48 h before the first day, out of quiet hours, useful until 2 h before it begins."""
    first = min(course.days, key=lambda day: (day.begins_at, day.number))
    until = first.begins_at - _BEFORE_START
    due_at = out_of_quiet(first.begins_at - _BEFORE_ASKING_FOR_A_DRIVER, until, recipient)
    one = _one(course, first, NOBODY_DRIVES, recipient, (due_at, until), kind="drive", subject_id=course.infusion_id)
    return [one] if until > now else []


def changed_notice(
    day: DayToRemind, recipient: Recipient, *, told_slot: str, known_due_at: datetime | None, now: datetime, kind: str
) -> Wanted | None:
    """The message that a date which this recipient was told has changed: a little later, so that a slip can be
    taken back, and useful until the new start; None while the date is what they were told, or is over.

    `known_due_at` is the due time of the message where it is planned already: it stays.
    """
    if day.slot == told_slot or day.begins_at <= now:
        return None
    course = CourseToRemind(day.day_id, (day,))
    window = known_due_at or now + SECOND_THOUGHTS, day.begins_at
    was_at = None if told_slot == OFF_SLOT else _instant_of(told_slot, day.tz)
    return replace(_one(course, day, CHANGED, recipient, window, kind=kind), was_at=was_at)


def off_notice(
    day: DayToRemind, recipient: Recipient, *, told_slot: str, known_due_at: datetime | None, now: datetime, kind: str
) -> Wanted | None:
    """The message that a date which this recipient was told is off, as `changed_notice`; None where they know."""
    if told_slot == OFF_SLOT or day.begins_at <= now:
        return None
    course = CourseToRemind(day.day_id, (day,))
    window = known_due_at or now + SECOND_THOUGHTS, day.begins_at
    return replace(_one(course, day, CHANGED, recipient, window, kind=kind), due_slot=OFF_SLOT)


def _instant_of(slot: str, tz: ZoneInfo) -> datetime:
    """When a planned start on the wall there is, in UTC."""
    told = datetime.fromisoformat(slot)
    return local_instant(told.date(), told.time(), tz)


def supersede(due: Sequence[Wanted]) -> list[Wanted]:
    """Which of several due reminders are sent: the latest stage for each infusion and recipient.

    A question about one day is answered by that day alone, so questions about other days stay; a reminder
    ahead of a day is dropped once that day, or a later one of the course, has its question or reminder due.
    """
    return [one for one in due if not any(_replaces(other, one) for other in due)]


def out_of_quiet(due_at: datetime, useful_until: datetime, recipient: Recipient) -> datetime:
    """The due time moved to the end of the recipient's quiet hours while that is still useful, else to a
    quarter of an hour before they begin; unchanged outside quiet hours."""
    window = quiet_window(due_at, recipient)
    if window is None:
        return due_at
    begins_at, ends_at = window
    return ends_at if ends_at < useful_until else begins_at - _BEFORE_QUIET


def quiet_window(at: datetime, recipient: Recipient) -> tuple[datetime, datetime] | None:
    """Start and end (UTC) of the quiet hours that hold this instant; None outside them."""
    on = at.astimezone(recipient.tz).date()
    over_midnight = recipient.quiet_to <= recipient.quiet_from
    if recipient.quiet_from == recipient.quiet_to:
        return None
    for first in (on - _DAY, on):
        begins_at = local_instant(first, recipient.quiet_from, recipient.tz)
        ends_at = local_instant(first + over_midnight * _DAY, recipient.quiet_to, recipient.tz)
        if begins_at <= at < ends_at:
            return begins_at, ends_at
    return None


def next_quiet(at: datetime, recipient: Recipient) -> datetime:
    """When the recipient's next quiet hours begin, strictly after the instant; far away where there are none."""
    if recipient.quiet_from == recipient.quiet_to:
        return datetime.max.replace(tzinfo=UTC)
    on = at.astimezone(recipient.tz).date()
    begins = (local_instant(on + n * _DAY, recipient.quiet_from, recipient.tz) for n in (-1, 0, 1, 2))
    return min(begin for begin in begins if begin > at)


def _replaces(other: Wanted, one: Wanted) -> bool:
    """Whether `other` makes `one` needless."""
    if (other.infusion_id, other.recipient_id) != (one.infusion_id, one.recipient_id):
        return False
    if one.stage in QUESTIONS or other.begins_at < one.begins_at:
        return False
    return (other.due_at, STAGES.index(other.stage)) > (one.due_at, STAGES.index(one.stage))


def _stages(course: CourseToRemind, day: DayToRemind, recipient: Recipient) -> Iterator[Wanted]:
    for stage in _stages_of(course, day):
        yield _wanted(course, day, stage, recipient)


def _wanted(
    course: CourseToRemind, day: DayToRemind, stage: str, recipient: Recipient, kind: str = "infusion_day"
) -> Wanted:
    return _one(course, day, stage, recipient, _WINDOWS[stage](course, day, recipient), kind=kind)


def _one(
    course: CourseToRemind,
    day: DayToRemind,
    stage: str,
    recipient: Recipient,
    window: "Window",
    *,
    kind: str = "infusion_day",
    subject_id: int | None = None,
) -> Wanted:
    return Wanted(
        subject_kind=kind,
        subject_id=day.day_id if subject_id is None else subject_id,
        infusion_id=course.infusion_id,
        stage=stage,
        begins_at=day.begins_at,
        due_at=window[0],
        due_slot=day.slot,
        useful_until=window[1],
        recipient_id=recipient.id,
        revision=day.revision,
    )


def _stages_of(course: CourseToRemind, day: DayToRemind) -> tuple[str, ...]:
    if course.interval_days is not None and course.interval_days < LONG_INTERVAL_DAYS:
        return DUE_NOW, FOLLOW_UP
    first = min(course.days, key=lambda other: (other.begins_at, other.number))
    return (WEEK_BEFORE, DAY_BEFORE, MORNING, DID_IT_HAPPEN) if day is first else (MORNING, DID_IT_HAPPEN)


Window = tuple[datetime, datetime]


def _week_before(course: CourseToRemind, day: DayToRemind, recipient: Recipient) -> Window:
    """10:00 seven days before, on the recipient's wall; useful until 24 h before the start, or the next stage."""
    until = day.begins_at - max(_DAY, recipient.lead_hours * _HOUR)
    due_at = local_instant(_local_date(day.begins_at, recipient) - 7 * _DAY, _TEN, recipient.tz)
    return out_of_quiet(due_at, until, recipient), until


def _day_before(course: CourseToRemind, day: DayToRemind, recipient: Recipient) -> Window:
    """24 elapsed hours before, or as many as the recipient chose; useful until 2 h before the start."""
    until = day.begins_at - _BEFORE_START
    return out_of_quiet(day.begins_at - recipient.lead_hours * _HOUR, until, recipient), until


def _morning(course: CourseToRemind, day: DayToRemind, recipient: Recipient) -> Window:
    """2 elapsed hours before; in quiet hours their end when that is still 45 minutes ahead, else the evening
    before at 20:00; useful until the start."""
    due_at = day.begins_at - _BEFORE_START
    window = None if recipient.wakes_for_infusion else quiet_window(due_at, recipient)
    if window is None:
        return due_at, day.begins_at
    if window[1] <= day.begins_at - _LEAST_AHEAD:
        return window[1], day.begins_at
    return _evening_before(due_at, recipient), day.begins_at


def _evening_before(at: datetime, recipient: Recipient) -> datetime:
    """The last 20:00 before the instant, or a quarter of an hour before quiet hours that hold 20:00."""
    on = _local_date(at, recipient)
    evening = local_instant(on, _EVENING, recipient.tz)
    if evening > at:
        evening = local_instant(on - _DAY, _EVENING, recipient.tz)
    window = quiet_window(evening, recipient)
    return window[0] - _BEFORE_QUIET if window else evening


def _did_it_happen(course: CourseToRemind, day: DayToRemind, recipient: Recipient) -> Window:
    """2 h after the end, or the first 10:00 after it when that is quiet; without an end 10:00 the next day;
    useful for 72 h."""
    if day.ends_at is None:
        due_at = _ten_next_day(day.begins_at, recipient)
    else:
        due_at = day.ends_at + _AFTER_END
        due_at = _first_ten_after(due_at, recipient) if quiet_window(due_at, recipient) else due_at
    return due_at, due_at + _QUESTION_USEFUL


def _due_now(course: CourseToRemind, day: DayToRemind, recipient: Recipient) -> Window:
    """At the start, or at the end of quiet hours; useful until the follow-up."""
    until, _ = _follow_up(course, day, recipient)
    due_at = day.begins_at
    return (due_at if recipient.wakes_for_infusion else out_of_quiet(due_at, until, recipient)), until


def _follow_up(course: CourseToRemind, day: DayToRemind, recipient: Recipient) -> Window:
    """10:00 the next day; useful for 72 h, but no longer than one interval."""
    due_at = _ten_next_day(day.begins_at, recipient)
    return due_at, due_at + min(_QUESTION_USEFUL, (course.interval_days or 1) * _DAY)


def _ten_next_day(at: datetime, recipient: Recipient) -> datetime:
    """10:00 on the recipient's next day, or the end of quiet hours that hold it."""
    return awake_ten(_local_date(at, recipient) + _DAY, recipient)


def _first_ten_after(at: datetime, recipient: Recipient) -> datetime:
    """The recipient's first 10:00 after the instant, or the end of quiet hours that hold it."""
    on = _local_date(at, recipient)
    today = awake_ten(on, recipient)
    return today if today > at else awake_ten(on + _DAY, recipient)


def on_a_date(
    kind: str, stage: str, circle_id: int, person: Recipient, *, on: date, due_at: datetime, until: datetime
) -> Wanted:
    """A reminder about no infusion: one a local date of its reader."""
    return Wanted(
        subject_kind=kind,
        subject_id=circle_id,
        infusion_id=0,
        stage=stage,
        begins_at=due_at,
        due_at=due_at,
        due_slot=on.isoformat(),
        useful_until=until,
        recipient_id=person.id,
        revision=0,
    )


def awake_ten(on: date, recipient: Recipient) -> datetime:
    """10:00 of a date on the recipient's wall, or the end of quiet hours that hold it."""
    ten = local_instant(on, _TEN, recipient.tz)
    window = quiet_window(ten, recipient)
    return window[1] if window else ten


def _local_date(at: datetime, recipient: Recipient) -> date:
    return at.astimezone(recipient.tz).date()


_WINDOWS: dict[str, Callable[[CourseToRemind, DayToRemind, Recipient], Window]] = {
    WEEK_BEFORE: _week_before,
    DAY_BEFORE: _day_before,
    MORNING: _morning,
    DID_IT_HAPPEN: _did_it_happen,
    DUE_NOW: _due_now,
    FOLLOW_UP: _follow_up,
}
