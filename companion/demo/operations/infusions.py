"""The infusions of the sample, lived through day by day with the same operations that people use."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from companion.delivery.channels import PUSH
from companion.delivery.models import ACCEPTED, PENDING, Delivery, DeliveryAttempt
from companion.delivery.operations import confirm_delivery
from companion.demo.operations.calendar import (
    COURSES,
    CYCLE,
    FIRST_COURSE,
    MOVED_BY,
    MOVED_COURSE,
    NEXT_COURSE,
    Calendar,
)
from companion.demo.operations.messages import switch_messages_on
from companion.demo.operations.people import People
from companion.domain.lots import normalise
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import BOOKED, DONE, Infusion, Vial
from companion.infusions.queries import next_infusion
from companion.preparations.models import DRIVE, TAKEN, Duty
from companion.reminders.operations import plan_deliveries

PRODUCT, PLACE = "Immunoglobulin 10%", "City hospital day unit"
GRAMS, GRAMS_A_DAY = Decimal(70), Decimal(35)
VIAL_GRAMS = (Decimal(20), Decimal(10), Decimal(5))
SHOWN_AFTER, TOLD_AFTER = timedelta(seconds=4), timedelta(minutes=15)
SKIPPED_COURSE, PARTIAL_COURSE, WITHOUT_LOTS = 8, 11, 17
REMINDED_FROM, ON_DEVICES_FROM = 12, 17
"""The reminders were turned on half a year ago, the messages to a phone two courses ago."""
REACTIONS = {
    0: (0, "mild", "Headache in the evening", "Water and rest. Gone the next morning."),
    15: (
        1,
        "moderate",
        "Headache for two days, light hurt my eyes",
        "Called the day unit. They ran the next one slower.",
    ),
}


def live_through_infusions(people: People, days: Calendar) -> None:
    """Ana's plan of two days every 4 weeks: 19 courses so far, the next one booked, more expected for 13 months."""
    starts = days.course_starts
    operations.start_regimen(
        people.circle,
        first_on=starts[0],
        certainty=BOOKED,
        interval_count=4,
        interval_unit="week",
        day_offsets=(0, 1),
        product=PRODUCT,
        route="IV",
        total_grams=GRAMS,
        local_time="09:30",
        place=PLACE,
        at_home=False,
        now=days.at(starts[0] - timedelta(days=15), 18),
    )
    for number, start in enumerate(starts):
        _live_through_course(people, days, number, start)
    _look_ahead(people, days)


def live_through_sams_infusions(people: People, days: Calendar) -> None:
    """Sam's plan: one day every 3 weeks, the next one in 12 days."""
    starts = [days.on(offset) for offset in (-51, -30, -9)]
    operations.start_regimen(
        people.sams_circle,
        first_on=starts[0],
        interval_count=3,
        interval_unit="week",
        product=PRODUCT,
        route="SC",
        at_home=True,
        local_time="13:00",
        now=days.at(starts[0] - timedelta(days=3), 18),
    )
    for start in starts:
        course = _course_on(people.sams_circle.id, start)
        operations.record_day_done(course.days[0], given_on=start, account=people.sam, now=days.at(start, 18))
    operations.extend_plans(days.now)


def _live_through_course(people: People, days: Calendar, number: int, start: date) -> None:
    """A course from its booking to its answers, each one given after the mail that asked for it."""
    planned = start - timedelta(days=MOVED_BY if number == MOVED_COURSE else 0)
    course, circle_id = _course_on(people.circle.id, planned), people.circle.id
    course.certainty = BOOKED
    _let_ben_drive(people, course, days)
    if number == ON_DEVICES_FROM:
        switch_messages_on(people, days.at(start - timedelta(days=10), 19))
    if number >= REMINDED_FROM:
        send_reminders(circle_id, days.at(planned - timedelta(days=8), 12))
    if number == MOVED_COURSE:
        moved_at = days.at(planned - timedelta(days=2), 13)
        send_reminders(circle_id, moved_at)
        operations.move_day(course.days[0], to_on=start, account=people.ben, now=moved_at)
        _let_ben_drive(people, course, days)
        send_reminders(circle_id, moved_at)
    for index, on in enumerate((start, start + timedelta(days=1))):
        answered_at = days.at(on + timedelta(days=1), 10, 20)
        if number >= REMINDED_FROM:
            send_reminders(circle_id, answered_at)
        _answer_day(people, number, course, index, on, answered_at)
        if number >= ON_DEVICES_FROM:
            send_reminders(circle_id, answered_at + TOLD_AFTER)
    if number != WITHOUT_LOTS:
        _write_lots(number, course, days.at(start, 15))
    if number in REACTIONS:
        _write_reaction(course, *REACTIONS[number], days)


def _answer_day(people: People, number: int, course: Infusion, index: int, on: date, answered_at: datetime) -> None:
    day, who = course.days[index], people.ben if index else people.ana
    if (number, index) == (SKIPPED_COURSE, 1):
        operations.skip_day(day, reason="ill", account=who, now=answered_at)
    elif (number, index) == (PARTIAL_COURSE, 1):
        operations.record_day_partial(day, grams_given=Decimal(20), given_on=on, account=who, now=answered_at)
    else:
        operations.record_day_done(day, given_on=on, grams_given=GRAMS_A_DAY, account=who, now=answered_at)


def _write_lots(number: int, course: Infusion, now: datetime) -> None:
    """The vials of each given day; a delivery of the pharmacy lasts some courses, so lots come back."""
    one, other = f"LF{4100 + 17 * (number // 3)}A", f"LG{5220 + 9 * (number // 2)}C"
    db.session.add_all(
        Vial(
            circle_id=course.circle_id,
            infusion_id=course.id,
            infusion_day_id=day.id,
            product=PRODUCT,
            lot=lot,
            lot_normalised=normalise(lot),
            grams=grams,
            expires_on=course.first_on.replace(day=1) + timedelta(days=520),
            created_at=now,
        )
        for day in course.days
        if day.is_given
        for lot, grams in zip((one, one, other), VIAL_GRAMS[: 3 if day.state == DONE else 1], strict=False)
    )


def _write_reaction(course: Infusion, after: int, severity: str, what: str, done: str, days: Calendar) -> None:
    began = course.first_on + timedelta(days=after)
    operations.add_reaction(
        course, what=what, severity=severity, started_on=began, done_about_it=done, now=days.at(began, 20)
    )


def _let_ben_drive(people: People, course: Infusion, days: Calendar) -> None:
    """Ben drives on every day of a course; when it moves he says so for the new dates."""
    known = db.session.scalars(sa.select(Duty).where(Duty.infusion_id == course.id)).all()
    if not known:
        known = [
            Duty(
                circle_id=course.circle_id,
                infusion_id=course.id,
                day_number=day.number,
                role=DRIVE,
                state=TAKEN,
                account_id=people.ben.id,
                changed_at=days.now,
            )
            for day in course.days
        ]
        db.session.add_all(known)
    for duty in known:
        duty.agreed_on = course.days[duty.day_number - 1].planned_on
    db.session.flush()


def _look_ahead(people: People, days: Calendar) -> None:
    """The next course is booked, the later ones are only expected."""
    ahead = next_infusion(people.circle, days.today)
    assert ahead is not None
    _let_ben_drive(people, ahead, days)
    operations.book_infusion(ahead, account=people.ben, now=days.at(days.on(-12), 12))
    send_reminders(people.circle.id, days.at(days.on(NEXT_COURSE - 8), 12))
    operations.extend_plans(days.now)


def send_reminders(circle_id: int, now: datetime) -> None:
    """Plan the mails of these days and note those that were due by now as sent: the worker sends nothing old."""
    plan_deliveries(circle_id, now)
    sent_at = sa.case((Delivery.due_at < Delivery.created_at, Delivery.created_at), else_=Delivery.due_at)
    due = Delivery.circle_id == circle_id, Delivery.state == PENDING, Delivery.due_at <= now
    ids = db.session.scalars(sa.select(Delivery.id).where(*due)).all()
    sent = sa.update(Delivery).where(Delivery.id.in_(ids))
    db.session.execute(sent.values(state=ACCEPTED, settled_at=sent_at, attempt=1))
    for row in db.session.scalars(sa.select(Delivery).where(Delivery.id.in_(ids))):
        said = {"started_at": row.settled_at, "ended_at": row.settled_at, "outcome": ACCEPTED}
        db.session.add(DeliveryAttempt(delivery_id=row.id, number=1, **said))
        if row.channel == PUSH and row.settled_at is not None:
            confirm_delivery(row.public_id, now=min(row.settled_at + SHOWN_AFTER, now))
    db.session.flush()


def _course_on(circle_id: int, on: date) -> Infusion:
    query = sa.select(Infusion).where(
        Infusion.circle_id == circle_id, Infusion.first_on == on, Infusion.cancelled_at.is_(None)
    )
    return db.session.scalars(query).one()


assert FIRST_COURSE + CYCLE * COURSES + MOVED_BY == NEXT_COURSE, "the next course is as far away as promised"
