"""Whose rows a table holds: found by the columns of the tables themselves, so that no new table is forgotten."""

from typing import Any

import sqlalchemy as sa

from companion.tables import ALL

CIRCLES, ACCOUNTS = "circles", "accounts"


def tables() -> dict[str, sa.Table]:
    """Every table by its name."""
    return dict(ALL[0].Base.metadata.tables)


def in_circle(table: sa.Table, circle_id: int) -> sa.ColumnElement[bool] | None:
    """Which rows of a table belong to a circle: by its number, or by that of a row they hang on. None: none can."""
    if table.name == CIRCLES:
        return table.c.id == circle_id
    if "circle_id" in table.c:
        return table.c.circle_id == circle_id
    return _by_parents(table, lambda parent: in_circle(parent, circle_id) if parent.name != CIRCLES else None)


def _by_parents(table: sa.Table, rows_of: Any) -> sa.ColumnElement[bool] | None:
    """Rows that cannot be without a row that `rows_of` names."""
    for column, parent in must_have(table):
        theirs = None if parent.name == ACCOUNTS else rows_of(parent)
        if theirs is not None:
            found: sa.ColumnElement[bool] = column.in_(sa.select(parent.c.id).where(theirs))
            return found
    return None


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
