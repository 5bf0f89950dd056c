"""Whose rows a table holds: found by the columns of the tables themselves, so that no new table is forgotten."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from companion.circles.operations.joining import ANSWER
from companion.circles.queries import INVITATION
from companion.tables import ALL

CIRCLES, ACCOUNTS = "circles", "accounts"
OWN = frozenset(
    {
        ("account_sessions", "account_id"),
        ("calendar_feeds", "account_id"),
        ("clinician_links", "account_id"),
        ("consents", "account_id"),
        ("copied_messages", "sender_id"),
        ("deletions", "account_id"),
        ("deliveries", "recipient_id"),
        ("invitations", "invited_by_id"),
        ("mail_addresses", "account_id"),
        ("membership_ends", "account_id"),
        ("membership_ends", "by_id"),
        ("memberships", "account_id"),
        ("passkey_challenges", "account_id"),
        ("passkeys", "account_id"),
        ("push_subscriptions", "account_id"),
        ("recovery_codes", "account_id"),
        ("reminder_rules", "recipient_id"),
        ("sign_in_requests", "account_id"),
        ("submissions", "account_id"),
    }
)
"""Columns that make a row an account's own. Each other column that names an account must be able to be empty: its row
is part of what a patient has, and stays without the name."""


def tables() -> dict[str, sa.Table]:
    """Every table by its name."""
    return dict(ALL[0].Base.metadata.tables)


def in_circle(table: sa.Table, circle_id: int) -> sa.ColumnElement[bool] | None:
    """Which rows of a table belong to a circle: by its number, or by that of a row they hang on. None: none can."""
    if table.name == CIRCLES:
        return table.c.id == circle_id
    if table.name == "deliveries":
        return sa.or_(table.c.circle_id == circle_id, _about_offers(table, in_circle(_invitations(), circle_id)))
    if "circle_id" in table.c:
        return table.c.circle_id == circle_id
    return _by_parents(table, lambda parent: in_circle(parent, circle_id) if parent.name != CIRCLES else None)


Rows = Callable[[sa.Table], sa.ColumnElement[bool] | None]


def _by_parents(table: sa.Table, rows_of: Rows) -> sa.ColumnElement[bool] | None:
    """Rows that cannot be without a row that `rows_of` names."""
    for column, parent in must_have(table):
        theirs = None if parent.name == ACCOUNTS else rows_of(parent)
        if theirs is not None:
            found: sa.ColumnElement[bool] = column.in_(sa.select(parent.c.id).where(theirs))
            return found
    return None


def of_account(table: sa.Table, account_id: int) -> sa.ColumnElement[bool] | None:
    """Which rows of a table go with an account: its own, and those that cannot be without one of them. None: none."""
    if table.name == ACCOUNTS:
        return table.c.id == account_id
    own: list[sa.ColumnElement[bool]] = [column == account_id for column in names_account(table) if is_own(column)]
    if table.name == "invitations":
        addresses = tables()["mail_addresses"]
        theirs = sa.select(addresses.c.email_hash).where(addresses.c.account_id == account_id)
        own.append(table.c.email_hash.in_(theirs))
    if table.name == "deliveries":
        offers = of_account(_invitations(), account_id)
        own += [_about_offers(table, offers), _about_newcomer(table, account_id)]
    if own:
        return sa.or_(*own)
    return _by_parents(table, lambda parent: of_account(parent, account_id))


def _invitations() -> sa.Table:
    return tables()["invitations"]


def _about_offers(deliveries: sa.Table, which: sa.ColumnElement[bool] | None) -> sa.ColumnElement[bool]:
    """Mails about some invitations: they belong to no circle yet, as whoever gets them is in none."""
    offers = sa.select(_invitations().c.id).where(sa.false() if which is None else which)
    found: sa.ColumnElement[bool] = deliveries.c.subject_id.in_(offers)
    return deliveries.c.subject_kind.in_((INVITATION, ANSWER)) & found


def _about_newcomer(deliveries: sa.Table, account_id: int) -> sa.ColumnElement[bool]:
    """Mails to whoever invited this account."""
    found: sa.ColumnElement[bool] = deliveries.c.due_slot == str(account_id)
    return (deliveries.c.subject_kind == ANSWER) & found


def is_own(column: sa.Column[Any]) -> bool:
    """Whether a row goes with the account that this column names; otherwise only the name goes."""
    return (column.table.name, column.name) in OWN


def must_have(table: sa.Table) -> list[tuple[sa.Column[Any], sa.Table]]:
    """The rows without which a row of this table cannot be."""
    keys = sorted(table.foreign_keys, key=lambda key: key.parent.name)
    return [
        (key.parent, key.column.table) for key in keys if not key.parent.nullable and key.column.table is not table
    ]


def names_account(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns that name an account."""
    keys = sorted(table.foreign_keys, key=lambda key: key.parent.name)
    return [key.parent for key in keys if key.column.table.name == ACCOUNTS]
