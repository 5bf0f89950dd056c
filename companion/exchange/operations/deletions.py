"""Deletions asked for and taken back, carried out after a week, and carried out again on an older database."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from flask import g

from companion.accounts.models import Account
from companion.circle_guard import across_circles
from companion.circles.models import Circle
from companion.circles.operations import NotKeeper
from companion.circles.operations.members import hold
from companion.circles.queries import memberships_of
from companion.database import one_of_many, transaction
from companion.deletion_list import ACCOUNT, CIRCLE, KEPT
from companion.exchange.models import UNDO_DAYS, Deletion
from companion.exchange.operations.erasing import erase_account, erase_circle
from companion.exchange.operations.listing import deletion_list, write_down
from companion.exchange.operations.notices import plan_notices
from companion.exchange.queries.deletions import deletion_of_account, deletion_of_circle, is_being_sent, is_meant
from companion.extensions import db


def ask_to_delete_circle(circle: Circle, account: Account, now: datetime) -> Deletion:
    """Delete a circle in a week; asking again changes nothing. Everybody in it is told. Raises NotKeeper."""
    hold(circle, account)
    known = deletion_of_circle(circle)
    if known is not None and is_meant(known):
        return known
    if known is not None:
        db.session.delete(known)
    made = Deletion(account_id=account.id, circle_id=circle.id, asked_at=now, due_at=now + UNDO_DAYS)
    db.session.add(made)
    db.session.flush()
    plan_notices(made, now)
    return made


def ask_to_delete_account(account: Account, now: datetime) -> Deletion:
    """Delete an account in a week, with each circle that it holds; asking again changes nothing."""
    db.session.execute(sa.select(Account.id).where(Account.id == account.id).with_for_update())
    for membership in memberships_of(account):
        if "keep_circle" in membership.rights:
            ask_to_delete_circle(membership.circle, account, now)
    known = deletion_of_account(account)
    if known is not None:
        return known
    made = Deletion(account_id=account.id, circle_id=None, asked_at=now, due_at=now + UNDO_DAYS)
    db.session.add(made)
    db.session.flush()
    plan_notices(made, now)
    return made


def keep_everything(account: Account, now: datetime) -> int:
    """Take back all that somebody asked to delete. Gives how many deletions there were."""
    asked = list(db.session.scalars(sa.select(Deletion).where(Deletion.account_id == account.id)))
    # First on the list: an older copy of the database would still carry them out.
    write_down([(KEPT, one.public_id) for one in asked], now)
    for one in asked:
        db.session.delete(one)
    db.session.flush()
    return len(asked)


@across_circles("what is due is erased, whosever it was")
def carry_out(now: datetime) -> int:
    """Erase what was asked for a week ago and not taken back. Gives how many deletions were carried out."""
    kept = deletion_list().idents(KEPT)
    due = sa.select(Deletion.id).where(Deletion.due_at <= now)
    done = 0
    idents = list(db.session.scalars(due.order_by(Deletion.circle_id.is_(None), Deletion.id)))
    for ident in idents:
        with one_of_many("erasing failed", deletion=ident):
            done += _carry_out(ident, kept, now)
    return done


def _carry_out(ident: int, kept: frozenset[str], now: datetime) -> int:
    g.pop("memberships", None)  # what an earlier deletion of this run has read is out of date
    deletion = db.session.get(Deletion, ident)
    if deletion is None:
        return 0
    if deletion.public_id in kept or not is_meant(deletion):
        with transaction():
            db.session.delete(deletion)
        return 0
    if is_being_sent(deletion, now) or (deletion.circle_id is None and _must_wait(deletion, now)):
        return 0
    if deletion.circle_id is not None:
        erase_circle(deletion.circle_id, now)
    else:
        erase_account(deletion.account_id, now)
    return 1


def _must_wait(deletion: Deletion, now: datetime) -> bool:
    """Whoever took a circle over since cannot take it along without its members being told a week before."""
    mine = [one.circle for one in memberships_of(deletion.account) if one.holds_circle]
    shared = [circle for circle in mine if len(circle.memberships) > 1]
    if not shared:
        return False
    with transaction():
        asked = [ask_to_delete_circle(circle, deletion.account, now) for circle in shared]
        deletion.due_at = max(one.due_at for one in asked)
    return True


def replay(now: datetime) -> int:
    """Erase again what is on the list and in the database: an older copy was put back. Gives how many there were.

    Raises BadKey where the list does not open: nothing may be served then.
    """
    entries = deletion_list().entries()
    done = 0
    for circle_id in _found(Circle, (one.ident for one in entries if one.what == CIRCLE)):
        erase_circle(circle_id, now)
        done += 1
    for account_id in _found(Account, (one.ident for one in entries if one.what == ACCOUNT)):
        erase_account(account_id, now)
        done += 1
    return done


@across_circles("the list of what was erased names it")
def _found(model: type[Circle] | type[Account], idents: Iterable[str]) -> list[int]:
    """The inner numbers of those that are in the database."""
    asked, found = list(idents), list[int]()
    for start in range(0, len(asked), 500):
        found += db.session.scalars(sa.select(model.id).where(model.public_id.in_(asked[start : start + 500])))
    db.session.rollback()
    return found


__all__ = ["NotKeeper", "ask_to_delete_account", "ask_to_delete_circle", "carry_out", "keep_everything", "replay"]
