"""Reads of infusions, always within one circle; only what jobs ask for crosses circles."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from companion.circle_guard import across_circles
from companion.circles.models import Circle
from companion.circles.queries import weight_as_of, weight_before, weight_on
from companion.database import one_of_many
from companion.domain import diary, recurrence, soft_checks
from companion.domain.nurse_code import read_code
from companion.domain.soft_checks import CourseGiven, SoftCheck
from companion.extensions import db
from companion.infusions.models import (
    ANSWERED,
    BOOKED,
    DONE,
    GIVEN,
    SKIPPED,
    DiaryEntry,
    GivenRecord,
    GivenSite,
    Infusion,
    InfusionDay,
    LabelPhoto,
    OwnSites,
    PlanChange,
    Regimen,
    RegimenPause,
    StepList,
    Vial,
)
from companion.infusions.models.nurse_links import NurseLink, NurseSave, code_hash

REMIND_BACK_DAYS, REMIND_AHEAD_DAYS = 8, 10
"""From three days after "did it happen" to the message of the week before, with a day of slack for zones."""

_HAPPENED_ON = sa.func.coalesce(InfusionDay.given_on, InfusionDay.planned_on)
_OPEN = InfusionDay.state.not_in(ANSWERED)
_WITHOUT_LOTS = (
    Infusion.days.any(InfusionDay.state.in_(GIVEN)),
    ~sa.exists().where(Vial.infusion_id == Infusion.id, Vial.deleted_at.is_(None)),
)


def next_infusion(circle: Circle, on: date) -> Infusion | None:
    """The first course with a day on or after a date that nobody has answered."""
    query = (
        sa.select(Infusion)
        .join(Infusion.days)
        .where(Infusion.circle_id == circle.id, Infusion.cancelled_at.is_(None), _OPEN, InfusionDay.planned_on >= on)
        .order_by(InfusionDay.planned_on, InfusionDay.id)
        .limit(1)
    )
    return db.session.scalars(query).first()


def infusions_between(circle: Circle, first: date, last: date) -> list[Infusion]:
    """Courses with a day between two dates, both included, by the real date where it is known; in order."""
    within = (
        sa.select(InfusionDay.infusion_id)
        .where(InfusionDay.circle_id == circle.id, _HAPPENED_ON.between(first, last))
        .scalar_subquery()
    )
    query = _courses(circle).where(Infusion.id.in_(within))
    return list(db.session.scalars(query))


def upcoming_infusions(circle: Circle, on: date) -> list[Infusion]:
    """Courses with an open day on or after a date, the next one first."""
    ahead = (
        sa.select(InfusionDay.infusion_id)
        .where(InfusionDay.circle_id == circle.id, _OPEN, InfusionDay.planned_on >= on)
        .scalar_subquery()
    )
    return list(db.session.scalars(_courses(circle).where(Infusion.id.in_(ahead))))


def past_infusions(circle: Circle, on: date, *, year: int | None = None, most: int | None = None) -> list[Infusion]:
    """Courses without an open day on or after a date, the latest first: of one year, or the latest few."""
    query = _past(_courses(circle), circle, on).order_by(None)
    if year is not None:
        query = query.where(Infusion.first_on.between(date(year, 1, 1), date(year, 12, 31)))
    return list(db.session.scalars(query.order_by(Infusion.first_on.desc(), Infusion.id.desc()).limit(most)))


def past_years(circle: Circle, on: date) -> list[int]:
    """The years that have past courses, the latest first."""
    year = sa.extract("year", Infusion.first_on)
    query = sa.select(year).where(Infusion.circle_id == circle.id, Infusion.cancelled_at.is_(None))
    return [int(one) for one in db.session.scalars(_past(query, circle, on).distinct().order_by(year.desc()))]


def _past(query: sa.Select[Any], circle: Circle, on: date) -> sa.Select[Any]:
    ahead = (
        sa.select(InfusionDay.infusion_id)
        .where(InfusionDay.circle_id == circle.id, _OPEN, InfusionDay.planned_on >= on)
        .scalar_subquery()
    )
    return query.where(Infusion.id.not_in(ahead))


def open_days(circle: Circle, on: date) -> list[InfusionDay]:
    """Days planned up to a date that nobody has answered, the oldest first."""
    query = (
        sa.select(InfusionDay)
        .join(InfusionDay.infusion)
        .where(
            InfusionDay.circle_id == circle.id,
            Infusion.cancelled_at.is_(None),
            _OPEN,
            InfusionDay.planned_on <= on,
        )
        .options(contains_eager(InfusionDay.infusion))
        .order_by(InfusionDay.planned_on, InfusionDay.id)
    )
    return list(db.session.scalars(query))


def last_given_first_on(circle: Circle, on: date) -> date | None:
    """The first day of the last given course that began up to a date; skipped courses do not count."""
    query = sa.select(sa.func.max(Infusion.first_on)).where(
        Infusion.circle_id == circle.id,
        Infusion.cancelled_at.is_(None),
        Infusion.first_on <= on,
        Infusion.days.any(InfusionDay.state.in_(GIVEN)),
    )
    return db.session.scalar(query)


def skipped_without_new_date(circle: Circle) -> Infusion | None:
    """The last answered course, when it was skipped, its plan runs on and the clinic gave no later date.

    Nobody books what is given under the skin, so that never waits for a date.
    """
    answered = _courses(circle).where(Infusion.days.any(), ~Infusion.days.any(_OPEN))
    latest = answered.order_by(None).order_by(Infusion.first_on.desc(), Infusion.id.desc()).limit(1)
    last = db.session.scalars(latest).first()
    if last is None or last.is_given or _needs_no_booking(last.regimen):
        return None
    booked = sa.or_(Infusion.certainty == BOOKED, Infusion.days.any(InfusionDay.state.in_(GIVEN)))
    later = _courses(circle).where(Infusion.first_on > last.first_on, booked)
    return last if db.session.scalars(later.limit(1)).first() is None else None


def _needs_no_booking(regimen: Regimen | None) -> bool:
    return regimen is not None and (regimen.ended_on is not None or regimen.route == "SC")


def cycle_day(circle: Circle, on: date) -> int | None:
    """Local days since the last given course began, 0 on its first day; None before any."""
    return recurrence.cycle_day(on, last_given_first_on(circle, on))


@dataclass(frozen=True, slots=True)
class DiaryDay:
    """A day of the diary of a course: its date, whether it has come, and what was written, if anything."""

    day: int
    on: date
    has_begun: bool
    entry: DiaryEntry | None


def diary_of(infusion: Infusion, today: date) -> list[DiaryDay]:
    """Days 1, 2, 3 and 7 after the last given day; none before the course was given, or while it goes on."""
    last_on = infusion.last_given_on
    goes_on = any(not day.is_answered and day.planned_on >= today for day in infusion.days)
    if last_on is None or (goes_on and not infusion.diary):
        return []
    written = {entry.day: entry for entry in infusion.diary}
    dates = {day: diary.date_of(last_on, day) for day in diary.DAYS}
    return [DiaryDay(day, on, on <= today, written.get(day)) for day, on in dates.items()]


def last_given(circle: Circle, on: date) -> Infusion | None:
    """The last given course that began up to a date."""
    query = _courses(circle).where(Infusion.first_on <= on, Infusion.days.any(InfusionDay.state.in_(GIVEN)))
    latest = query.order_by(None).order_by(Infusion.first_on.desc(), Infusion.id.desc()).limit(1)
    return db.session.scalars(latest).first()


def regimens_of(circle: Circle) -> list[Regimen]:
    """The regimens of a circle, running ones first, then the newest."""
    query = (
        sa.select(Regimen)
        .where(Regimen.circle_id == circle.id)
        .order_by(Regimen.ended_on.is_not(None), Regimen.created_at.desc(), Regimen.id.desc())
    )
    return list(db.session.scalars(query))


def running_regimens(circle: Circle, today: date) -> list[Regimen]:
    """The regimens of a circle that are not over, the newest first."""
    return [regimen for regimen in regimens_of(circle) if not regimen.has_ended(today)]


def pauses_between(circle: Circle, first: date, last: date | None) -> list[RegimenPause]:
    """The pauses that touch the dates between two, or from one on, of regimens that still ran then."""
    query = (
        sa.select(RegimenPause)
        .join(RegimenPause.regimen)
        .where(
            Regimen.circle_id == circle.id,
            sa.or_(Regimen.ended_on.is_(None), Regimen.ended_on > first),
            sa.or_(RegimenPause.until_on.is_(None), RegimenPause.until_on >= first),
            RegimenPause.from_on <= last if last else sa.true(),
        )
        .options(contains_eager(RegimenPause.regimen))
        .order_by(RegimenPause.from_on, RegimenPause.id)
    )
    return list(db.session.scalars(query))


def expected_from(of: Infusion | Regimen, today: date) -> list[Infusion]:
    """The expected courses that a shift would move: of a regimen all after today, of a course it and all after it."""
    regimen_id = of.id if isinstance(of, Regimen) else of.regimen_id
    first_on = today + timedelta(days=1) if isinstance(of, Regimen) else max(of.first_on, today)
    query = (
        sa.select(Infusion)
        .where(Infusion.regimen_id == regimen_id, Infusion.cancelled_at.is_(None), Infusion.first_on >= first_on)
        .options(selectinload(Infusion.days))
        .order_by(Infusion.first_on, Infusion.id)
    )
    return [course for course in db.session.scalars(query) if not course.keeps_its_date]


def next_of_regimen(regimen: Regimen, on: date) -> Infusion | None:
    """The first course of one regimen from a date on of which no day was answered."""
    query = (
        sa.select(Infusion)
        .where(
            Infusion.regimen_id == regimen.id,
            Infusion.cancelled_at.is_(None),
            Infusion.first_on >= on,
            ~Infusion.days.any(InfusionDay.state.in_(ANSWERED)),
        )
        .order_by(Infusion.first_on)
        .limit(1)
    )
    return db.session.scalars(query).first()


def maintenance_after(loading_course: Infusion) -> int:
    """How many days after the first loading day the first maintenance course begins."""
    query = sa.select(sa.func.min(Infusion.first_on)).where(
        Infusion.regimen_id == loading_course.regimen_id,
        Infusion.cancelled_at.is_(None),
        Infusion.first_on > loading_course.first_on,
    )
    then = db.session.scalar(query)
    return (then - loading_course.first_on).days if then else 0


def booked_after(infusion: Infusion, on: date) -> Infusion | None:
    """The next booked course of the same circle after a course, from a date on, without an answer."""
    query = (
        _courses_of(infusion.circle_id)
        .where(Infusion.first_on > max(infusion.first_on, on), Infusion.certainty == "booked")
        .where(~Infusion.days.any(InfusionDay.state.in_(ANSWERED)))
        .limit(1)
    )
    found: Infusion | None = db.session.scalars(query).first()
    return found


def infusion_of(change: PlanChange) -> Infusion:
    """The course that a change was about."""
    return db.session.get_one(Infusion, change.infusion_id)


def begun_on(change: PlanChange) -> Infusion | None:
    """The course on whose page a shift was begun; None where it was begun on its plan."""
    told: Any = change.after
    return db.session.get(Infusion, told["begun_on"]) if told.get("begun_on") else None


def nurse_link_of(typed: str) -> NurseLink | None:
    """The link whose code was typed, live or not; it may be of any circle, for the nurse has no account."""
    code = read_code(typed)
    if code is None:
        return None
    return db.session.scalars(sa.select(NurseLink).where(NurseLink.code_hash == code_hash(code))).first()


def live_nurse_link(infusion: Infusion, now: datetime) -> NurseLink | None:
    """The link of a course that takes vials now."""
    query = sa.select(NurseLink).where(NurseLink.infusion_id == infusion.id, NurseLink.ended_at.is_(None))
    found = db.session.scalars(query.order_by(NurseLink.id.desc()))
    return next((link for link in found if link.takes_vials_at(now)), None)


def nurse_address(link: NurseLink) -> str:
    """The whole address that the nurse opens."""
    return f"{current_app.config['COMPANION'].base_url}/add-vials/{link.code}"


def nurse_entries(infusion: Infusion) -> dict[str, datetime]:
    """When the vials that nurses added were saved, by the entry they share."""
    query = sa.select(NurseSave.entry_id, NurseSave.saved_at).join(NurseSave.link)
    found = db.session.execute(query.where(NurseLink.infusion_id == infusion.id))
    return {row.entry_id: row.saved_at for row in found}


def photos_to_copy(circle: Circle) -> list[tuple[Infusion, int]]:
    """Courses with photos whose lots nobody has copied yet, the latest first, and how many photos."""
    waiting = (
        sa.select(LabelPhoto.infusion_id, sa.func.count().label("photos"))
        .where(LabelPhoto.circle_id == circle.id, LabelPhoto.deleted_at.is_(None), LabelPhoto.copied_at.is_(None))
        .group_by(LabelPhoto.infusion_id)
        .subquery()
    )
    query = _courses(circle).add_columns(waiting.c.photos).join(waiting, waiting.c.infusion_id == Infusion.id)
    found = db.session.execute(query.order_by(None).order_by(Infusion.first_on.desc()))
    return [(infusion, count) for infusion, count in found]


def last_site_uses(day: InfusionDay) -> dict[str, date]:
    """When each place under the skin was last used up to a day, that day itself left out."""
    query = (
        sa.select(GivenSite.site, sa.func.max(_HAPPENED_ON).label("on"))
        .join(GivenRecord, GivenRecord.id == GivenSite.given_record_id)
        .join(InfusionDay, InfusionDay.id == GivenRecord.infusion_day_id)
        .where(
            GivenSite.circle_id == day.circle_id,
            InfusionDay.id != day.id,
            InfusionDay.state != SKIPPED,
            day.happened_on >= _HAPPENED_ON,
        )
        .group_by(GivenSite.site)
    )
    return {row.site: row.on for row in db.session.execute(query)}


def picked_sites(circle: Circle) -> frozenset[str]:
    """The places under the skin that were picked as own; empty where nobody picked any."""
    own = db.session.get(OwnSites, circle.id)
    return own.sites if own else frozenset()


def step_list_of(circle: Circle) -> StepList | None:
    """The steps that a circle wrote for its infusions."""
    return db.session.scalars(sa.select(StepList).where(StepList.circle_id == circle.id)).first()


def products_used(circle: Circle) -> list[str]:
    """The names of products in the circle's own records, for suggestions."""
    query = (
        sa.select(GivenRecord.product)
        .where(GivenRecord.circle_id == circle.id, GivenRecord.product.is_not(None))
        .group_by(GivenRecord.product)
        .order_by(sa.func.max(GivenRecord.saved_at).desc())
    )
    return [name for name in db.session.scalars(query) if name]


def soft_checks_of(infusion: Infusion) -> list[SoftCheck]:
    """What deserves a second look at the label in one course; nothing where too little is known."""
    given = [day for day in infusion.days if day.is_given]
    if not given:
        return []
    circle, last_on = infusion.circle, max(day.happened_on for day in given)
    weight = weight_as_of(circle, last_on)
    course = CourseGiven(
        route_given(infusion),
        [day.grams_given for day in given],
        in_full=all(day.state == DONE for day in infusion.days),
    )
    asked = [soft_checks.check_dose(course, weight.weight_kg if weight else None)]
    for day in given:
        weighed, last = weight_on(circle, day.happened_on), weight_before(circle, day.happened_on)
        asked.append(
            soft_checks.check_weight(weighed.weight_kg if weighed else None, last.weight_kg if last else None)
        )
    return soft_checks.found(*asked)


def route_given(infusion: Infusion) -> str | None:
    """How a course was given: what its records say where they agree, else its plan's route."""
    said = {day.given_record.route for day in infusion.days if day.given_record and day.given_record.route}
    if len(said) > 1:
        return None
    return said.pop() if said else infusion.regimen.route if infusion.regimen else None


def recorded_serials(circle: Circle, serials: Sequence[str]) -> dict[str, date]:
    """Those of some serial numbers that a bottle of the circle has already, with the first day of its course."""
    query = (
        sa.select(Vial.serial, Infusion.first_on)
        .join(Infusion, Vial.infusion_id == Infusion.id)
        .where(Vial.circle_id == circle.id, Vial.serial.in_(serials), Vial.deleted_at.is_(None))
        .order_by(Infusion.first_on)
    )
    return {str(serial): on for serial, on in db.session.execute(query)}


def given_without_lots(circle: Circle) -> list[Infusion]:
    """Courses that were given, at least in part, without any lot on record; the latest first."""
    query = _courses(circle).where(*_WITHOUT_LOTS).order_by(None)
    return list(db.session.scalars(query.order_by(Infusion.first_on.desc(), Infusion.id.desc())))


def count_without_lots(circle: Circle) -> int:
    """How many courses were given without any lot on record."""
    query = sa.select(sa.func.count(Infusion.id)).where(
        Infusion.circle_id == circle.id, Infusion.cancelled_at.is_(None), *_WITHOUT_LOTS
    )
    return db.session.scalar(query) or 0


def days_to_remind(now: datetime, circle_ids: Collection[int]) -> list[InfusionDay]:
    """Open days of some circles that may need a message about now; course, regimen and circle are loaded."""
    today = now.date()
    query = (
        sa.select(InfusionDay)
        .join(InfusionDay.infusion)
        .where(
            InfusionDay.circle_id.in_(circle_ids),
            Infusion.cancelled_at.is_(None),
            _OPEN,
            InfusionDay.planned_on.between(
                today - timedelta(days=REMIND_BACK_DAYS), today + timedelta(days=REMIND_AHEAD_DAYS)
            ),
        )
        .options(
            contains_eager(InfusionDay.infusion).options(
                joinedload(Infusion.regimen), joinedload(Infusion.circle), selectinload(Infusion.days)
            )
        )
        .order_by(InfusionDay.circle_id, InfusionDay.planned_on, InfusionDay.id)
    )
    return list(db.session.scalars(query))


def _courses(circle: Circle) -> sa.Select[Any]:
    return _courses_of(circle.id)


def _courses_of(circle_id: int) -> sa.Select[Any]:
    return (
        sa.select(Infusion)
        .where(Infusion.circle_id == circle_id, Infusion.cancelled_at.is_(None))
        .options(selectinload(Infusion.days), joinedload(Infusion.regimen))
        .order_by(Infusion.first_on, Infusion.id)
    )


@across_circles("new rules of time zones count for all")
def days_off_their_wall_time(now: datetime, circle_id: int | None = None) -> dict[int, list[int]]:
    """Open days ahead, by circle, whose instant is not that of their wall time under the zone rules of today."""
    query = (
        sa.select(
            InfusionDay.circle_id,
            InfusionDay.id,
            InfusionDay.planned_on,
            InfusionDay.local_time,
            InfusionDay.tz,
            InfusionDay.starts_at,
        )
        .join(InfusionDay.infusion)
        .where(InfusionDay.starts_at > now, InfusionDay.local_time.is_not(None), _OPEN)
        .where(Infusion.cancelled_at.is_(None))
        .order_by(InfusionDay.circle_id, InfusionDay.id)
    )
    if circle_id is not None:
        query = query.where(InfusionDay.circle_id == circle_id)
    found: dict[int, list[int]] = {}
    for circle, day_id, on, local_time, tz, starts_at in db.session.execute(query):
        with one_of_many("no instant for a wall time", day=day_id):
            if instant_of(on, local_time, tz) != starts_at:
                found.setdefault(circle, []).append(day_id)
    return found


def instant_of(on: date, local_time: str | None, tz: str) -> datetime | None:
    """The instant of a wall time `HH:MM` of a zone; None where the day has no time."""
    if local_time is None:
        return None
    return recurrence.local_instant(on, time.fromisoformat(local_time), ZoneInfo(tz))
