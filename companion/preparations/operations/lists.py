"""The list of things to prepare: of one infusion, or the one that a circle keeps for each route."""

from datetime import datetime

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.extensions import db
from companion.infusions.models import Infusion
from companion.preparations import queries
from companion.preparations.models import Preparation, PreparationChange
from companion.preparations.operations.history import Edit, begin_edit

Owner = Infusion | Circle


class ItemIsGone(Exception):
    """The thing is not on the list any more."""


def tick_item(
    infusion: Infusion, key: str, *, done: bool, account: Account | None = None, now: datetime
) -> PreparationChange:
    """Say that a thing is ready, or not after all. Raises ItemIsGone."""
    edit, rows = _begin(infusion, queries.route_of(infusion), now)
    item = _named(rows, key)
    if done != (item.done_at is not None):
        item.done_at, item.done_by_id = (now, account.id if account else None) if done else (None, None)
    return edit.finish("tick", account=account, now=now)


def add_item(
    owner: Owner, route: str, *, words: str, lead_days: int, account: Account | None = None, now: datetime
) -> PreparationChange:
    """Put a thing of one's own at the end of a list."""
    edit, rows = _begin(owner, route, now)
    item = _new(edit, route, queries.Item(key="", kind=None, words=words, lead_days=lead_days), now)
    item.position = max((row.position for row in rows), default=0) + 1
    db.session.flush()
    edit.watch(item, is_new=True)
    return edit.finish("add", account=account, now=now)


def change_item(
    owner: Owner,
    route: str,
    key: str,
    *,
    words: str | None,
    lead_days: int,
    account: Account | None = None,
    now: datetime,
) -> PreparationChange:
    """Say it in other words (None: the app's own), or change how many days before it is due. Raises ItemIsGone."""
    edit, rows = _begin(owner, route, now)
    item = _named(rows, key)
    if item.words != words:
        item.words = words
    item.lead_days = lead_days
    return edit.finish("rename", account=account, now=now)


def remove_item(
    owner: Owner, route: str, key: str, *, account: Account | None = None, now: datetime
) -> PreparationChange:
    """Take a thing off the list; it can be put back. Raises ItemIsGone."""
    edit, rows = _begin(owner, route, now)
    _named(rows, key).removed_at = now
    return edit.finish("remove", account=account, now=now)


def move_item(
    owner: Owner, route: str, key: str, *, by: int, account: Account | None = None, now: datetime
) -> PreparationChange:
    """Move a thing up (-1) or down (1); at the end of the list it stays. Raises ItemIsGone."""
    edit, rows = _begin(owner, route, now)
    place = rows.index(_named(rows, key))
    target = place + (1 if by > 0 else -1)
    if 0 <= target < len(rows):
        rows[place], rows[target] = rows[target], rows[place]
        for position, row in enumerate(rows):
            row.position = position
    return edit.finish("order", account=account, now=now)


def _begin(owner: Owner, route: str, now: datetime) -> tuple[Edit, list[Preparation]]:
    """Hold the list and read its rows; the first change of a list turns what is shown into rows."""
    edit = begin_edit(owner)
    rows = queries.rows_of(owner, route)
    if rows is None:
        shown = queries.list_of(owner) if isinstance(owner, Infusion) else queries.circle_list(owner, route)
        rows = [_new(edit, route, item, now, position) for position, item in enumerate(shown)]
        db.session.flush()
    edit.watch(*rows)
    return edit, [row for row in rows if row.removed_at is None]


def _new(edit: Edit, route: str, item: queries.Item, now: datetime, position: int = 0) -> Preparation:
    row = Preparation(
        circle_id=edit.circle_id,
        infusion_id=edit.infusion.id if edit.infusion else None,
        route=route,
        kind=item.kind,
        position=position,
        lead_days=item.lead_days,
        created_at=now,
    )
    row.words = item.words  # gives the row its public id
    row.origin = item.key or row.public_id
    db.session.add(row)
    return row


def _named(rows: list[Preparation], key: str) -> Preparation:
    for row in rows:
        if row.origin == key:
            return row
    raise ItemIsGone
