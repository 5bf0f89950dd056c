"""Reads of duties and of things to prepare."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.extensions import db
from companion.infusions.models import Infusion, InfusionDay, Regimen
from companion.preparations.models import DRIVE, IV, OPEN, ROLES, SC, STAY, Duty, Preparation

MOST_LEAD_DAYS = 14

_IN_CLINIC = (("blood_test", 3), ("water", 1), ("premedicines", 0), ("warm_clothes", 0), ("insurance_card", 0))
_AT_HOME = (("delivery", 3), ("blood_test", 3), ("water", 1), ("premedicines", 0), ("warm_clothes", 0))
_UNDER_SKIN = (("delivery", 3), ("water", 1), ("premedicines", 0))


@dataclass(frozen=True)
class Item:
    """One line of a list as it is shown. `key` names it in forms, before and after it became a row."""

    key: str
    kind: str | None
    words: str | None
    lead_days: int
    done_at: datetime | None = None
    done_by: Account | None = None

    def due_on(self, first_on: date) -> date:
        """The day by which it should be ready."""
        return first_on - timedelta(days=self.lead_days)


@dataclass(frozen=True)
class DayDuty:
    """One role on one day of a course, whether or not anyone said something about it."""

    day: InfusionDay
    role: str
    duty: Duty | None

    @property
    def state(self) -> str:
        """Open, taken or not needed."""
        return self.duty.state if self.duty else OPEN

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to be found: someone said yes to this very date, or nobody is needed."""
        return self.duty is not None and self.duty.is_settled_for(self.day.happened_on)

    @property
    def mark(self) -> tuple[object, ...]:
        """The same for days that read the same."""
        duty = self.duty
        if duty is None:
            return (OPEN, None, None, True, None)
        same_day = duty.state != "taken" or duty.agreed_on == self.day.happened_on
        return (duty.state, duty.account_id, duty.name, same_day, duty.offered_to_id)


# --- duties ---


def duties_of(infusions: Iterable[Infusion]) -> dict[int, list[Duty]]:
    """The duties of courses by the course's id, with their people, in order of day and role."""
    ids = [infusion.id for infusion in infusions]
    query = (
        sa.select(Duty)
        .where(Duty.infusion_id.in_(ids))
        .options(joinedload(Duty.account), joinedload(Duty.offered_to), joinedload(Duty.offered_by))
        .order_by(Duty.infusion_id, Duty.day_number)
    )
    found: dict[int, list[Duty]] = {}
    for duty in db.session.scalars(query):
        found.setdefault(duty.infusion_id, []).append(duty)
    for duties in found.values():
        duties.sort(key=lambda duty: (duty.day_number, ROLES.index(duty.role)))
    return found


def roles_of(infusion: Infusion) -> tuple[str, ...]:
    """Which duties a course has: nobody drives to an infusion at home."""
    return (STAY,) if is_at_home(infusion.regimen) else ROLES


def is_at_home(regimen: Regimen | None) -> bool:
    """Whether it is given at home; under the skin that is so unless the plan says otherwise."""
    if regimen is None:
        return False
    return regimen.at_home is True or (regimen.at_home is None and regimen.route == SC)


def day_duties(infusion: Infusion) -> dict[str, list[DayDuty]]:
    """Every role of a course with its days."""
    return by_role(infusion, duties_of([infusion]).get(infusion.id, []))


def by_role(infusion: Infusion, duties: Iterable[Duty]) -> dict[str, list[DayDuty]]:
    """Every role of a course with its days, from the duties of the course."""
    known = {(duty.role, duty.day_number): duty for duty in duties}
    return {
        role: [DayDuty(day, role, known.get((role, day.number))) for day in infusion.days]
        for role in roles_of(infusion)
    }


def driver_of(day: InfusionDay, duties: Sequence[Duty]) -> Duty | None:
    """Who said yes to driving on this date, from the duties of its course."""
    for duty in duties:
        if duty.role == DRIVE and duty.day_number == day.number and duty.agreed_on == day.happened_on:
            return duty
    return None


def has_driver(infusion: Infusion) -> bool:
    """Whether on each day that is still open somebody drives, or nobody has to."""
    query = sa.select(Duty).where(Duty.infusion_id == infusion.id, Duty.role == DRIVE)
    duties = {duty.day_number: duty for duty in db.session.scalars(query)}
    open_days = [day for day in infusion.days if not day.is_answered]
    return all(day.number in duties and duties[day.number].is_settled_for(day.planned_on) for day in open_days)


def needs_a_drive(infusion: Infusion) -> bool:
    """Whether to ask who drives: to a clinic, or to a place nobody named in a circle that shares duties.

    Never to a home, or in a circle of one, who has nobody to ask.
    """
    regimen = infusion.regimen
    if regimen is None or is_at_home(regimen) or len(infusion.circle.memberships) < 2:
        return False
    return regimen.at_home is False or _shares_duties(infusion.circle_id)


def _shares_duties(circle_id: int) -> bool:
    return db.session.scalars(sa.select(Duty.id).where(Duty.circle_id == circle_id).limit(1)).first() is not None


# --- things to prepare ---


def route_of(infusion: Infusion) -> str:
    """Which list of the circle fits a course."""
    return SC if infusion.regimen is not None and infusion.regimen.route == SC else IV


def list_of(infusion: Infusion) -> list[Item]:
    """The list of a course: its own once it was touched, else the circle's."""
    return lists_of([infusion])[infusion.id]


def lists_of(infusions: Sequence[Infusion]) -> dict[int, list[Item]]:
    """The lists of several courses, read at once."""
    return {i.id: _shown(own, kept, i) for i, own, kept in _rows_of_lists(infusions)}


def open_items(infusions: Sequence[Infusion]) -> dict[int, list[Item]]:
    """What is not ready yet, of those courses whose list somebody made; read at once."""
    made = {i.id: own if own is not None else kept for i, own, kept in _rows_of_lists(infusions)}
    return {ident: [item for item in _items(rows or []) if item.done_at is None] for ident, rows in made.items()}


def _rows_of_lists(
    infusions: Sequence[Infusion],
) -> list[tuple[Infusion, list[Preparation] | None, list[Preparation] | None]]:
    """Each course with the rows of its own list and of the circle's; None for a list that nobody touched."""
    ids, circles = [i.id for i in infusions], {i.circle_id for i in infusions}
    query = (
        sa.select(Preparation)
        .where(Preparation.circle_id.in_(circles))
        .where(sa.or_(Preparation.infusion_id.in_(ids), Preparation.infusion_id.is_(None)))
        .options(joinedload(Preparation.done_by))
        .order_by(Preparation.position, Preparation.id)
    )
    own: dict[int, list[Preparation]] = {}
    kept: dict[tuple[int, str], list[Preparation]] = {}
    for row in db.session.scalars(query):
        if row.infusion_id is None:
            kept.setdefault((row.circle_id, row.route), []).append(row)
        else:
            own.setdefault(row.infusion_id, []).append(row)
    return [(i, own.get(i.id), kept.get((i.circle_id, route_of(i)))) for i in infusions]


def _shown(own: list[Preparation] | None, kept: list[Preparation] | None, infusion: Infusion) -> list[Item]:
    rows = own if own is not None else kept
    if rows is None:
        return default_items(route_of(infusion), is_at_home(infusion.regimen))
    return _items(rows)


def circle_list(circle: Circle, route: str) -> list[Item]:
    """The list that a circle keeps for a route, which courses begin with."""
    rows = rows_of(circle, route)
    return default_items(route) if rows is None else _items(rows)


def rows_of(owner: Infusion | Circle, route: str) -> list[Preparation] | None:
    """The rows of a list in order, removed ones too; None while it was never touched."""
    query = sa.select(Preparation).order_by(Preparation.position, Preparation.id)
    if isinstance(owner, Infusion):
        query = query.where(Preparation.infusion_id == owner.id)
    else:
        query = query.where(Preparation.circle_id == owner.id, Preparation.infusion_id.is_(None))
        query = query.where(Preparation.route == route)
    return list(db.session.scalars(query.execution_options(populate_existing=True))) or None


def default_items(route: str, at_home: bool = False) -> list[Item]:
    """What the app proposes for a route."""
    kinds = _UNDER_SKIN if route == SC else _AT_HOME if at_home else _IN_CLINIC
    return [Item(kind, kind, None, lead_days) for kind, lead_days in kinds]


def _items(rows: Sequence[Preparation]) -> list[Item]:
    return [
        Item(row.origin, row.kind, row.words, row.lead_days, row.done_at, row.done_by)
        for row in rows
        if row.removed_at is None
    ]
