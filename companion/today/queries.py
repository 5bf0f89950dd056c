"""What the home screen shows, gathered from the features below it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from companion.checkins import queries as checkins
from companion.checkins.models import HANDS, CheckIn, Device
from companion.circles.models import ABOUT_TO_START, ON_TREATMENT, PAUSED, WAITING, Circle
from companion.domain.check_in_plan import AFTER_DAYS, BEFORE_DAYS, Due, due_today, word_after_saving
from companion.extensions import db
from companion.infusions import queries as infusions
from companion.infusions.models import ANSWERED, Infusion, InfusionDay, Regimen
from companion.preparations import queries as preparations
from companion.preparations.models import DRIVE, Duty
from companion.visits import queries as visits
from companion.visits.models import Visit

WEEK, DAY = timedelta(days=6), timedelta(days=1)
READY_DAYS, VISIT_DAYS = 7, 30
"""How far ahead Today speaks of what to get ready, and of the next visit."""
HEIGHT, STEP, LEFT = 40, 17.3, 8
ARTICLES = {
    WAITING: ("what-mmn-is", "questions-for-your-neurologist", "cold-and-hand-care"),
    ABOUT_TO_START: ("treatment-with-immunoglobulin", "infusion-day", "questions-for-your-neurologist"),
    ON_TREATMENT: ("infusion-day",),
    PAUSED: ("treatment-with-immunoglobulin",),
}


@dataclass(frozen=True, slots=True)
class Spark:
    """Seven days of one hand as a small picture: lines between neighbouring days, a dot a number, gaps stay gaps."""

    hand: str
    values: list[Decimal]
    path: str
    points: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class NextInfusion:
    """The next course and the day of it that is next."""

    infusion: Infusion
    day: InfusionDay
    cycle_day: int | None
    cycle_length: int | None


def next_infusion(circle: Circle, on: date) -> NextInfusion | None:
    """The next course with an unanswered day today or later, and where the cycle stands."""
    infusion = infusions.next_infusion(circle, on)
    if infusion is None:
        return None
    day = next(d for d in infusion.days if d.state not in ANSWERED and d.planned_on >= on)
    began = infusions.last_given_first_on(circle, on)
    length = (infusion.first_on - began).days if began and infusion.first_on > began else None
    return NextInfusion(infusion, day, infusions.cycle_day(circle, on), length)


@dataclass(frozen=True, slots=True)
class Around:
    """What a family gets ready for the next infusion: who drives that day, who was asked, and the list."""

    driver: Duty | None
    drive: preparations.DayDuty | None
    asked: list[Duty]
    items: list[preparations.Item]


def around_next(next_one: NextInfusion | None, account_id: int, on: date) -> Around | None:
    """Duties and the list of the next infusion; the list and an open drive only in its last seven days.

    That nobody drives is said by the rule of the message about it.
    """
    if next_one is None:
        return None
    infusion, day = next_one.infusion, next_one.day
    duties = preparations.duties_of([infusion]).get(infusion.id, [])
    near = day.planned_on <= on + timedelta(days=READY_DAYS)
    is_asked = near and preparations.needs_a_drive(infusion)
    drives = preparations.by_role(infusion, duties).get(DRIVE, []) if is_asked else []
    return Around(
        driver=preparations.driver_of(day, duties),
        drive=next((one for one in drives if one.day is day and not one.is_settled), None),
        asked=[duty for duty in duties if duty.offered_to_id == account_id],
        items=preparations.list_of(infusion) if near else [],
    )


def next_visit(circle: Circle, on: date) -> Visit | None:
    """The next visit within thirty days; before treatment the next one, however far."""
    visit = visits.next_visit(circle, on)
    is_near = visit is not None and visit.planned_on <= on + timedelta(days=VISIT_DAYS)
    return visit if is_near or circle.stage in (WAITING, ABOUT_TO_START) else None


def skipped_without_new_date(circle: Circle) -> Infusion | None:
    """The skipped course that still waits for a new date; while treatment is paused none does."""
    return None if circle.stage == PAUSED else infusions.skipped_without_new_date(circle)


def days_to_ask_about(circle: Circle, on: date, now: datetime) -> list[InfusionDay]:
    """Unanswered days that have begun, the oldest first: before its hour, a day of today is still ahead."""
    return [day for day in infusions.open_days(circle, on) if day.starts_at is None or day.starts_at <= now]


def photos_to_copy(circle: Circle) -> list[tuple[Infusion, int]]:
    """Infusions with photos whose lots nobody has copied yet, and how many."""
    return infusions.photos_to_copy(circle)


def diary_day(circle: Circle, on: date) -> tuple[Infusion, int] | None:
    """The last given course and the day of its diary that a date is, while that day has no entry.

    Not for courses under the skin: they come so often that the question would be there on most days.
    """
    infusion = infusions.last_given(circle, on)
    if infusion is None or (infusion.regimen is not None and infusion.regimen.route == "SC"):
        return None
    days = infusions.diary_of(infusion, on)
    return next(((infusion, one.day) for one in days if one.on == on and one.entry is None), None)


def due_on(circle: Circle, on: date) -> Due:
    """What the person is asked for on a date, in the rhythm of their choice."""
    courses = infusions.infusions_between(circle, on - timedelta(days=AFTER_DAYS), on + timedelta(days=BEFORE_DAYS))
    return due_today(
        on,
        rhythm=circle.check_in_rhythm,
        parts=circle.check_in_parts,
        check_in_on=on if checkins.has_rating_on(circle, on) else checkins.last_check_in_on(circle, on - DAY),
        parts_on=checkins.parts_answered_on(circle, on),
        courses=[course.first_on for course in courses],
    )


def word_of_today(circle: Circle, due: Due, on: date, *, sees_dates: bool) -> tuple[str, int | date | None]:
    """The one useful thing to say once today has a check-in."""
    return word_after_saving(due, infusions.cycle_day(circle, on) if sees_dates else None)


def has_plan(circle: Circle, on: date) -> bool:
    """Whether a regimen runs on a date."""
    query = sa.select(Regimen.id).where(
        Regimen.circle_id == circle.id, sa.or_(Regimen.ended_on.is_(None), Regimen.ended_on >= on)
    )
    return db.session.scalars(query.limit(1)).first() is not None


def grip_week(circle: Circle, device: Device, today: date) -> list[Spark]:
    """The best grip of each of the last seven days, both hands on one scale."""
    since = today - WEEK
    series = {hand: checkins.best_by_day(circle, hand, device, since) for hand in HANDS}
    widest = max((max(_numbers(s)) - min(_numbers(s)) for s in series.values() if s), default=Decimal(0))
    span = max(widest, Decimal(4))
    return [_spark(hand, values, since, span) for hand, values in series.items() if values]


def _numbers(series: list[checkins.DayValue]) -> list[Decimal]:
    return [one.value for one in series]


def _spark(hand: str, series: list[checkins.DayValue], since: date, span: Decimal) -> Spark:
    middle = (max(_numbers(series)) + min(_numbers(series))) / 2
    points = [
        (LEFT + (one.on - since).days * STEP, round(HEIGHT / 2 - 24 * float((one.value - middle) / span), 1))
        for one in series
    ]
    days = [(one.on - since).days for one in series]
    joined = [i > 0 and days[i] - days[i - 1] == 1 for i in range(len(days))]
    path = "".join(f"{'L' if j else 'M'}{x:.1f} {y:.1f}" for (x, y), j in zip(points, joined, strict=True))
    return Spark(hand, _numbers(series), path, points)


def rating_week(circle: Circle, today: date) -> list[CheckIn]:
    """The check-ins of the last seven days, newest first."""
    return checkins.check_ins_between(circle, today - WEEK, today)


def article_slugs(circle: Circle) -> tuple[str, ...]:
    """Which articles fit where the person is now."""
    return ARTICLES.get(circle.stage or "", ())
