"""What a change of the plan touched, kept before and after, so that it can be taken back exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.database import Base, Thousandths, UTCDateTime
from companion.delivery.operations import touches
from companion.extensions import db
from companion.infusions.models import (
    BOOKED,
    Infusion,
    InfusionDay,
    PlanChange,
    Regimen,
    RegimenDose,
    RegimenPause,
    Vial,
)
from companion.infusions.operations.given_dates import keep_given_times
from companion.infusions.operations.wall_times import put_day
from companion.trail.operations import untold

REGIMEN_FIELDS = (
    *("product", "route", "day_offsets", "loading_offsets", "interval_count", "interval_unit"),
    *("local_time", "tz", "place", "at_home", "policy", "anchor_on", "ended_on"),
)
DOSE_FIELDS = ("from_on", "is_loading", "total_grams", "dose_g_per_kg", "dose_each_day")
PAUSE_FIELDS = ("from_on", "until_on", "reason")
COURSE_FIELDS = (
    *("first_on", "certainty", "moved_from_on", "restart_on", "restart_gap_days"),
    *("place", "product", "cancelled_at"),
)
DAY_FIELDS = (
    *("planned_on", "local_time", "starts_at", "ends_at", "tz", "moved_from_on"),
    *("grams_planned", "grams_given", "state"),
    *("given_on", "skip_reason", "confirmed_at", "answered_at", "answered_by_id"),
)
TIMING = ("planned_on", "starts_at", "tz")
INSTANTS = ("starts_at", "ends_at")

Snapshot = dict[str, dict[str, Any]]


class ChangeCannotBeUndone(Exception):
    """A later change touched the same dates or answers, or stands in the way of the old ones."""


@dataclass
class Edit:
    """One change in the making: a course, the courses after it, and how all of them were before.

    `beside` are courses before it that the change drops, or that it tells about because they stay.
    """

    regimen: Regimen | None
    course: Infusion
    previous: Infusion | None
    followers: list[Infusion]
    created: list[Infusion] = field(default_factory=list)
    beside: list[Infusion] = field(default_factory=list)
    before: Snapshot = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = snapshot(self.regimen, self.courses)

    @property
    def courses(self) -> list[Infusion]:
        """Every course that this change may touch."""
        return [*self.beside, self.course, *self.followers, *self.created]

    def forget(self, course: Infusion) -> None:
        """Treat a course as made by this change: taking it back then cancels it."""
        del self.before[_key(course)]

    def finish(
        self,
        verb: str,
        *,
        account: Account | None,
        now: datetime,
        day: InfusionDay | None = None,
        delivery_id: int | None = None,
        **told: Any,
    ) -> PlanChange:
        """Write down what differs from before, and give new revisions to days that changed date or time.

        `told` is what the sentence about this change needs beside the rows.
        """
        self._take_doses_along()
        db.session.flush()
        after = snapshot(self.regimen, self.courses)
        touched = [key for key in after if after[key] != self.before.get(key)]
        for course in self.courses:
            bump_revisions(course, self.before.get(_key(course)))
        change = PlanChange(
            circle_id=self.course.circle_id,
            infusion_id=self.course.id,
            infusion_day_id=day.id if day else None,
            account_id=account.id if account else None,
            delivery_id=delivery_id,
            verb=verb,
            before={"rows": {key: self.before.get(key) for key in touched}},
            after={"rows": {key: after[key] for key in touched}, **self._told(day), **told},
            at=now,
        )
        db.session.add(change)
        db.session.flush()
        return change

    def _take_doses_along(self) -> None:
        """A dose that began with a course still begins with it when the course has another date."""
        doses = self.regimen.doses if self.regimen else []
        for course in reversed(self.courses):
            was = self.before.get(_key(course))
            moved = was is not None and was["first_on"] != course.first_on.isoformat()
            taken = {dose.from_on for dose in doses if not dose.is_loading}
            if not moved or was is None or course.is_loading or course.first_on in taken:
                continue
            for dose in doses:
                if dose.from_on.isoformat() == was["first_on"] and not dose.is_loading:
                    dose.from_on = course.first_on

    def _told(self, day: InfusionDay | None) -> dict[str, Any]:
        """What every sentence needs."""
        booked = [
            c
            for c in [*self.beside, *self.followers]
            if c.certainty == BOOKED and not c.is_answered and not c.cancelled_at
        ]
        return {
            "course": self.course.id,
            "day": day.number if day else None,
            "days": len(self.course.days),
            "policy": self.regimen.policy if self.regimen else None,
            "on": (day.happened_on if day else self.course.first_on).isoformat(),
            "stays": [course.first_on.isoformat() for course in booked],
        }


def snapshot(regimen: Regimen | None, courses: Sequence[Infusion]) -> Snapshot:
    """The values of rows as plain JSON, by the rows' names."""
    rows: Snapshot = {_key(course): _course_values(course) for course in courses}
    if regimen is not None:
        rows[f"regimen:{regimen.id}"] = _regimen_values(regimen)
    return rows


def bump_revisions(course: Infusion, before: Mapping[str, Any] | None) -> None:
    """Give a new revision to each day whose date or time differs, so that messages of the old plan are void."""
    old_days = before["days"] if before else {}
    for day in course.days:
        old = old_days.get(str(day.number))
        if old and _values(day, TIMING) != {name: old[name] for name in TIMING}:
            day.revision += 1


def restore_regimen(regimen: Regimen, values: Mapping[str, Any]) -> None:
    """Put back the values of a regimen, its doses and its pauses."""
    _put_back(regimen, values, REGIMEN_FIELDS)
    for name, model, fields in _PARTS:
        if name not in values:
            continue
        parts = getattr(regimen, name)
        parts.clear()
        db.session.flush()  # the old rows go first: a dose is unique by its date
        for part in values[name]:
            row = model()
            _put_back(row, part, fields)
            parts.append(row)


def restore_course(course: Infusion, values: Mapping[str, Any] | None, now: datetime) -> None:
    """Put back the values of a course and its days; one that did not exist before is cancelled."""
    if values is None:
        course.cancelled_at, course.restart_on, course.restart_gap_days = now, None, None
        return
    was = _course_values(course)
    _put_back(course, values, COURSE_FIELDS)
    set_day_count(course, len(values["days"]))
    for day in course.days:
        old = values["days"][str(day.number)]
        _put_back(day, old, DAY_FIELDS)
        put_day(day, day.planned_on, _wall_time(old))
    keep_given_times(course.days)
    bump_revisions(course, was)


def is_still_so(values: Mapping[str, Any], current: Mapping[str, Any] | None) -> bool:
    """Whether a row still holds what a change wrote. Instants follow from wall times: new zone rules change them.

    A field that the row had in an older release does not count.
    """
    if current is None:
        return False
    if "days" in values:
        days, now = values["days"], current["days"]
        rest = {name: value for name, value in values.items() if name != "days"}
        return (
            days.keys() == now.keys()
            and all(is_still_so(days[n], now[n]) for n in days)
            and is_still_so(rest, current)
        )
    follows = INSTANTS if "local_time" in values else ()
    return all(name in follows or name not in current or current[name] == value for name, value in values.items())


def set_day_count(course: Infusion, count: int) -> None:
    """Add days at the end, each a copy of the last one's plan, or take away the last ones."""
    while len(course.days) < count:
        last = course.days[-1]
        course.days.append(
            InfusionDay(
                circle_id=course.circle_id,
                number=last.number + 1,
                planned_on=last.planned_on,
                local_time=last.local_time,
                starts_at=last.starts_at,
                tz=last.tz,
                state="planned",
                revision=0,
            )
        )
    for day in course.days[count:]:
        for model in (PlanChange, Vial):
            theirs = sa.update(model).where(model.infusion_day_id == day.id).values(infusion_day_id=None)
            options = touches(circles=[course.circle_id]) | untold("the infusion is told as changed")
            db.session.execute(theirs, execution_options=options)
        course.days.remove(day)
    db.session.flush()


def _key(course: Infusion) -> str:
    return f"infusion:{course.id}"


_PARTS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("doses", RegimenDose, DOSE_FIELDS),
    ("pauses", RegimenPause, PAUSE_FIELDS),
)


def _regimen_values(regimen: Regimen) -> dict[str, Any]:
    """The regimen's own values, and those of the rows that belong to it, in the order of their dates."""
    values = _values(regimen, REGIMEN_FIELDS)
    for name, _model, fields in _PARTS:
        rows = [_values(row, fields) for row in getattr(regimen, name)]
        values[name] = sorted(rows, key=lambda row: (row["from_on"], str(row)))
    return values


def _course_values(course: Infusion) -> dict[str, Any]:
    days = {str(day.number): _values(day, DAY_FIELDS) for day in course.days}
    return {**_values(course, COURSE_FIELDS), "days": days}


def _values(row: Base, fields: Sequence[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in fields}


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _put_back(row: Base, values: Mapping[str, Any], fields: Sequence[str]) -> None:
    """Set the fields that the record has: one of an older release may lack some."""
    for name in fields:
        if name in values:
            setattr(row, name, _typed(row.__table__.c[name].type, values[name]))


def _wall_time(values: Mapping[str, Any]) -> str | None:
    """The wall time of a day as it was; changes written before it was kept only know the instant."""
    if "local_time" in values or values["starts_at"] is None:
        return values.get("local_time")
    return datetime.fromisoformat(values["starts_at"]).astimezone(ZoneInfo(values["tz"])).strftime("%H:%M")


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, UTCDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(kind, Thousandths) else value
