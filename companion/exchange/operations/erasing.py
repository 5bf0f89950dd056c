"""Rows erased for good: all of a circle, all of an account. Stopped at any moment, the next run goes on.

Rows go in small pieces, children before what they hang on. What came meanwhile goes in one last transaction, together
with the circle or account itself. Until then the deletion stands, and so does its line in the deletion list.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import g

from companion.accounts.models import Account
from companion.circle_guard import across_circles
from companion.circles.models import Circle
from companion.circles.operations import CircleNeedsSomebody, MemberIsGone, leave_circle
from companion.circles.queries import memberships_of
from companion.database import JSONValue, transaction
from companion.deletion_list import ACCOUNT, CIRCLE, SESSION
from companion.delivery.operations import touches
from companion.exchange.operations.listing import write_down
from companion.exchange.operations.submissions import forget_submissions
from companion.exchange.queries.belonging import in_circle, is_own, must_have, names_account, of_account, tables
from companion.extensions import db
from companion.failpoints import failpoint
from companion.trail.operations import NoHead, erase_trail, untold

THE_TRAIL = frozenset({"trail_heads", "trail_entries"})
"""Who did what ends in a way of its own; its head stays."""
PIECE = 2000
"""So many rows in one transaction: whoever writes meanwhile waits no longer than for these."""
Whose = Callable[[sa.Table], sa.ColumnElement[bool] | None]


@across_circles("erasing goes through every table there is")
def erase_circle(circle_id: int, now: datetime) -> None:
    """Everything of a circle. Erasing one that is gone does nothing."""
    circle = db.session.get(Circle, circle_id)
    if circle is None:
        return
    write_down([(CIRCLE, circle.public_id)], now)
    failpoint("listed")
    forget_submissions(circle)
    _erase(
        tables()["circles"],
        circle_id,
        lambda table: None if table.name in THE_TRAIL else in_circle(table, circle_id),
        "circle",
        last=lambda: _end_trail(circle_id, now),
    )


def _end_trail(circle_id: int, now: datetime) -> None:
    try:
        erase_trail(db.session.get_one(Circle, circle_id), now)
    except NoHead:  # a chain that somebody took away keeps nobody from erasing
        return


@across_circles("erasing goes through every table there is")
def erase_account(account_id: int, now: datetime) -> None:
    """Everything of an account, and each circle that only it is in. What it entered for others stays, nameless."""
    account = db.session.get(Account, account_id)
    if account is None:
        return
    sessions = tables()["account_sessions"]
    hashes = db.session.scalars(sa.select(sessions.c.token_hash).where(sessions.c.account_id == account_id))
    write_down([(ACCOUNT, account.public_id), *((SESSION, one) for one in hashes)], now)
    failpoint("listed")
    g.pop("memberships", None)
    for circle_id in [one.circle_id for one in memberships_of(account) if len(one.circle.memberships) == 1]:
        erase_circle(circle_id, now)
    _leave_others(account_id, now)
    _erase(
        tables()["accounts"],
        account_id,
        lambda table: of_account(table, account_id),
        "account",
        before=lambda: _forget_names(account_id),
    )


def _leave_others(account_id: int, now: datetime) -> None:
    """As when somebody leaves: their duties are free again, and the others are asked."""
    g.pop("memberships", None)
    with transaction():
        account = db.session.get_one(Account, account_id)
        for circle in [one.circle for one in memberships_of(account)]:
            try:
                leave_circle(circle, account, now=now)
            except (CircleNeedsSomebody, MemberIsGone):
                continue
    g.pop("memberships", None)


def _nothing() -> None:
    return


def _erase(
    root: sa.Table,
    ident: int,
    whose: Whose,
    kind: str,
    *,
    before: Callable[[], None] = _nothing,
    last: Callable[[], None] = _nothing,
) -> None:
    """The rows that `whose` names in every table, children first, at last the one of `root`."""
    doomed = [(table, found) for table, found in _children_first(whose) if table is not root]
    for table, found in doomed:
        while _erase_piece(table, found):
            failpoint("between_pieces")
    with transaction():
        db.session.execute(sa.select(root.c.id).where(root.c.id == ident).with_for_update())
        before()
        for table, found in doomed:
            _loosen(table, found)
            _run(sa.delete(table).where(found))
        marks = tables()["change_marks"]
        _run(sa.delete(marks).where(marks.c.kind == kind, marks.c.subject_id == ident))
        failpoint("before_the_last")
        last()
        _run(sa.delete(root).where(root.c.id == ident))
    db.session.expire_all()


def _children_first(whose: Whose) -> Iterator[tuple[sa.Table, sa.ColumnElement[bool]]]:
    first = next(iter(tables().values()))
    for table in reversed(first.metadata.sorted_tables):
        found = whose(table)
        if found is not None:
            yield table, found


def _erase_piece(table: sa.Table, found: sa.ColumnElement[bool]) -> bool:
    """Some rows of a table, and whether there were any."""
    (key,) = list(table.primary_key.columns)[:1]
    with transaction():
        keys = list(db.session.scalars(sa.select(key).where(found).order_by(key).limit(PIECE)))
        piece = key.in_(keys)
        _loosen(table, piece)
        _run(sa.delete(table).where(piece))
    return bool(keys)


def _loosen(table: sa.Table, found: sa.ColumnElement[bool]) -> None:
    """Rows that may be without the erased ones stay, and no longer name them."""
    if "id" not in table.c:
        return
    for other in tables().values():
        for key in other.foreign_keys:
            if key.column.table is table and key.parent.nullable:
                gone = sa.select(table.c.id).where(found)
                _run(sa.update(other).where(key.parent.in_(gone)).values({key.parent.name: None}))


def _forget_names(account_id: int) -> None:
    """The account's name goes from rows that stay: from their columns, and from what Undo keeps of earlier ones."""
    for table in tables().values():
        for column in names_account(table):
            if not is_own(column):
                _run(sa.update(table).where(column == account_id).values({column.name: None}))
        for column in table.columns:
            if isinstance(column.type, JSONValue) and any(
                parent.name == "circles" for _key, parent in must_have(table)
            ):
                _forget_in_values(table, column, account_id)


def _forget_in_values(table: sa.Table, column: sa.Column[Any], account_id: int) -> None:
    likely = sa.cast(column, sa.Text).like(f'%_id": {account_id}%')
    for row in db.session.execute(sa.select(table.c.id, column.label("values")).where(likely)).all():
        cleared = _without(row.values, account_id)
        if json.dumps(cleared, sort_keys=True) != json.dumps(row.values, sort_keys=True):
            _run(sa.update(table).where(table.c.id == row.id).values({column.name: cleared}))


NAMES_SOMEBODY = ("account_id", "by_id", "to_id", "recipient_id", "sender_id")


def _without(value: Any, account_id: int) -> Any:
    """Plain values in which no key that names somebody names this account."""
    if isinstance(value, dict):
        return {
            key: None if one == account_id and key.endswith(NAMES_SOMEBODY) else _without(one, account_id)
            for key, one in value.items()
        }
    return [_without(one, account_id) for one in value] if isinstance(value, list) else value


def _run(statement: Any) -> None:
    """What is erased is no change that a message is made from, and its trail ends: nothing is told of it."""
    options = {**touches(), **untold("it is being erased"), "synchronize_session": False}
    db.session.execute(statement, execution_options=options)
