"""Reads of deletions: what is asked for, and whom it is about."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.circles.models import Circle, Membership
from companion.circles.queries import memberships_of
from companion.delivery.models import LEASED
from companion.exchange.models import UNDO_DAYS, Deletion
from companion.exchange.queries.belonging import in_circle, of_account, tables
from companion.extensions import db


@dataclass(frozen=True, slots=True)
class Ahead:
    """A deletion to come, as somebody sees it: one's own, or of a circle one is in."""

    deletion: Deletion
    is_own: bool

    @property
    def circle(self) -> Circle | None:
        """The circle, where it is about one."""
        return self.deletion.circle


def deletion_of_circle(circle: Circle) -> Deletion | None:
    """The deletion of a circle."""
    return db.session.scalars(sa.select(Deletion).where(Deletion.circle_id == circle.id)).first()


def deletion_of_account(account: Account) -> Deletion | None:
    """The deletion of an account."""
    query = sa.select(Deletion).where(Deletion.account_id == account.id, Deletion.circle_id.is_(None))
    return db.session.scalars(query).first()


def is_meant(deletion: Deletion) -> bool:
    """Whether whoever asked may still decide: a circle that was handed over meanwhile stays."""
    if deletion.circle_id is None:
        return True
    query = sa.select(Membership).where(
        Membership.circle_id == deletion.circle_id, Membership.account_id == deletion.account_id
    )
    member = db.session.scalars(query).first()
    return member is not None and "keep_circle" in member.rights


def deletions_ahead(account: Account) -> list[Ahead]:
    """What is to be deleted and concerns somebody, soonest first."""
    circles = [one.circle_id for one in memberships_of(account)]
    query = sa.select(Deletion).where(sa.or_(Deletion.account_id == account.id, Deletion.circle_id.in_(circles)))
    found = db.session.scalars(query.order_by(Deletion.due_at, Deletion.id))
    return [Ahead(one, one.account_id == account.id) for one in found if is_meant(one)]


def is_being_sent(deletion: Deletion, now: datetime) -> bool:
    """Whether a message about it is on its way at this moment: what comes of it is written to its row."""
    row: sa.Table = tables()["deliveries"]
    mine = in_circle(row, deletion.circle_id) if deletion.circle_id else of_account(row, deletion.account_id)
    leased = sa.select(row.c.id).where(row.c.state == LEASED, row.c.leased_until > now)
    return mine is not None and db.session.execute(leased.where(mine).limit(1)).first() is not None


def others_in(circle: Circle, account: Account) -> list[Account]:
    """Who else is in a circle."""
    return [one.account for one in circle.memberships if one.account_id != account.id]


__all__ = [
    "UNDO_DAYS",
    "Ahead",
    "deletion_of_account",
    "deletion_of_circle",
    "deletions_ahead",
    "is_being_sent",
    "is_meant",
    "others_in",
]
