"""Who drives, stays and picks up: claimed, given back, handed over, accepted, declined, assigned, not needed."""

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.extensions import db
from companion.infusions.models import Infusion
from companion.preparations.models import NOT_NEEDED, OPEN, ROLES, TAKEN, Duty, PreparationChange
from companion.preparations.operations.history import Edit, begin_edit

Days = Collection[int] | None
"""Numbers of days of a course; None means all of them."""


class DutyTaken(Exception):
    """Somebody else has this duty: the first one who said so."""

    def __init__(self, duty: Duty) -> None:
        super().__init__(duty.role)
        self.duty = duty


class NotOnDuty(Exception):
    """One can only give back or hand over what is one's own."""


class OfferIsGone(Exception):
    """The question was answered or taken back meanwhile."""


def claim_duty(
    infusion: Infusion, role: str, days: Days = None, *, account: Account, now: datetime
) -> PreparationChange:
    """Take a duty oneself, on all days that nobody has. Raises DutyTaken where others have every one of them."""
    edit, rows = _begin(infusion, role, days, now)
    free = [duty for duty in rows if not _is_held_by_other(duty, account, _date_of(infusion, duty))]
    if not free:
        raise DutyTaken(rows[0])
    for duty in free:
        _take(duty, account, _date_of(infusion, duty))
    return edit.finish("claim", account=account, now=now)


def give_back_duty(
    infusion: Infusion, role: str, days: Days = None, *, account: Account, now: datetime
) -> PreparationChange:
    """Give one's own duty back: nobody has it then. Raises NotOnDuty."""
    edit, rows = _begin(infusion, role, days, now)
    for duty in _own(rows, account):
        _free(duty)
    return edit.finish("give_back", account=account, now=now)


def offer_duty(
    infusion: Infusion,
    role: str,
    days: Days = None,
    *,
    to: Account,
    account: Account,
    only_own: bool,
    now: datetime,
) -> PreparationChange:
    """Ask another member to take a duty. Until they accept, the holder stays on duty.

    `only_own`: hand over one's own duty only. Raises NotOnDuty.
    """
    edit, rows = _begin(infusion, role, days, now)
    for duty in _own(rows, account) if only_own else rows:
        duty.offered_to_id, duty.offered_by_id = to.id, account.id
        if duty.state == NOT_NEEDED:
            duty.state = OPEN
    return edit.finish("offer", account=account, now=now)


def accept_duty(infusion: Infusion, role: str, *, account: Account, now: datetime) -> PreparationChange:
    """Say yes to what one was asked. Raises OfferIsGone."""
    edit, rows = _begin(infusion, role, None, now)
    for duty in _offered(rows, account):
        _take(duty, account, _date_of(infusion, duty))
    return edit.finish("accept", account=account, now=now)


def decline_duty(infusion: Infusion, role: str, *, account: Account, now: datetime) -> PreparationChange:
    """Say no to what one was asked: who had the duty keeps it. Raises OfferIsGone."""
    edit, rows = _begin(infusion, role, None, now)
    for duty in _offered(rows, account):
        duty.offered_to_id = duty.offered_by_id = None
    return edit.finish("decline", account=account, now=now)


def assign_duty(
    infusion: Infusion,
    role: str,
    days: Days = None,
    *,
    to: Account | None = None,
    name: str | None = None,
    account: Account,
    now: datetime,
) -> PreparationChange:
    """Write down who has a duty: a member who agreed, or by name somebody outside the app."""
    edit, rows = _begin(infusion, role, days, now)
    for duty in rows:
        _take(duty, to, _date_of(infusion, duty))
        duty.name = name if to is None else None
    return edit.finish("assign", account=account, now=now)


def clear_duty(
    infusion: Infusion, role: str, days: Days = None, *, needed: bool, account: Account, now: datetime
) -> PreparationChange:
    """Say that nobody has a duty, or (not `needed`) that nobody is needed: the course then never asks for one."""
    edit, rows = _begin(infusion, role, days, now)
    for duty in rows:
        _free(duty)
        duty.state = OPEN if needed else NOT_NEEDED
    return edit.finish("clear", account=account, now=now)


def _begin(infusion: Infusion, role: str, days: Days, now: datetime) -> tuple[Edit, list[Duty]]:
    """Hold the course and read the duties of a role, made where there is none yet. Raises KeyError."""
    numbers = [day.number for day in infusion.days if days is None or day.number in days]
    if role not in ROLES or not numbers:
        raise KeyError(role)
    edit = begin_edit(infusion)
    query = sa.select(Duty).where(Duty.infusion_id == infusion.id, Duty.role == role)
    known = {d.day_number: d for d in db.session.scalars(query.execution_options(populate_existing=True))}
    made = {n: _new(infusion, role, n, now) for n in numbers if n not in known}
    db.session.add_all(made.values())
    db.session.flush()
    edit.watch(*(known[n] for n in numbers if n in known))
    edit.watch(*made.values(), is_new=True)
    return edit, [(known | made)[n] for n in numbers]


def _new(infusion: Infusion, role: str, number: int, now: datetime) -> Duty:
    return Duty(
        circle_id=infusion.circle_id,
        infusion_id=infusion.id,
        day_number=number,
        role=role,
        state=OPEN,
        changed_at=now,
    )


def _date_of(infusion: Infusion, duty: Duty) -> date:
    return next(day.happened_on for day in infusion.days if day.number == duty.day_number)


def _is_held_by_other(duty: Duty, account: Account, on: date) -> bool:
    """Whether someone else said yes to this very date."""
    return duty.state == TAKEN and duty.account_id != account.id and duty.agreed_on == on


def _own(rows: list[Duty], account: Account) -> list[Duty]:
    own = [duty for duty in rows if duty.state == TAKEN and duty.account_id == account.id]
    if not own:
        raise NotOnDuty
    return own


def _offered(rows: list[Duty], account: Account) -> list[Duty]:
    offered = [duty for duty in rows if duty.offered_to_id == account.id]
    if not offered:
        raise OfferIsGone
    return offered


def _take(duty: Duty, account: Account | None, on: date) -> None:
    duty.state, duty.account_id, duty.name, duty.agreed_on = TAKEN, account.id if account else None, None, on
    duty.offered_to_id = duty.offered_by_id = None


def _free(duty: Duty) -> None:
    duty.state, duty.account_id, duty.name, duty.agreed_on = OPEN, None, None, None
    duty.offered_to_id = duty.offered_by_id = None
