"""Values that were sealed with older data keys, sealed anew with the newest one while the program runs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import current_app

from companion.accounts.models import Submission
from companion.circle_guard import across_circles
from companion.database import Base, EncryptedBytes, EncryptedText, keyring, place_of, transaction
from companion.deletion_list import DeletionList
from companion.extensions import db
from companion.failpoints import failpoint
from companion.keyring import KEY_ID_LETTERS, BadKey
from companion.submissions import place_of_answer
from companion.trail.operations import untold

BATCH = 100
"""So many values in one transaction: writers wait for it, and pictures of a batch are in memory together."""


@dataclass(slots=True)
class Rotated:
    """What came of a rotation: how many values there are anew, and where those stand that did not open."""

    sealed: int = 0
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of sealed values, and what each of them is bound to besides."""

    table: sa.Table
    name: str
    bound_to: tuple[str, ...]
    attribute: str
    is_bytes: bool

    def place(self, row: Any) -> str:
        """What a value is bound to."""
        if self.table is Submission.__table__:
            return place_of_answer(row.account_id, row.client_id)
        return place_of(self.table.name, self.attribute, row.public_id)

    def anew(self, row: Any) -> "str | bytes":
        """The value of a row, sealed with the newest key. Raises BadKey."""
        value, place = getattr(row, self.name), self.place(row)
        if self.is_bytes:
            return keyring().lock_bytes(keyring().unlock_bytes(value, place), place)
        return keyring().lock(keyring().unlock(value, place), place)

    def is_older(self) -> sa.ColumnElement[bool]:
        """Which values another key than the newest has sealed."""
        newest: Any = keyring().keys[0][0]
        start = sa.func.substr(self.table.c[self.name], 1, KEY_ID_LETTERS, type_=self.table.c[self.name].type)
        older: sa.ColumnElement[bool] = start != (newest.encode() if self.is_bytes else newest)
        return older


def sealed_columns() -> Iterator[Column]:
    """Every column that holds sealed values."""
    for mapper in sorted(Base.registry.mappers, key=lambda one: one.class_.__name__):
        for owner in mapper.class_.__mro__:
            for attribute, kind in vars(owner).items():
                if isinstance(kind, EncryptedText | EncryptedBytes):
                    is_bytes = isinstance(kind, EncryptedBytes)
                    yield Column(_table(mapper.class_), kind.column, ("public_id",), attribute, is_bytes)
    yield Column(_table(Submission), "body", ("account_id", "client_id"), "body", False)


def seal_anew() -> Rotated:
    """Seal every value with the newest key; stopped at any moment, the next run goes on where it stood.

    A value that somebody writes meanwhile is left as they wrote it. One that does not open stays as it is.
    """
    done = Rotated()
    for column in sealed_columns():
        last: int | None = 0
        while last is not None:
            last = _batch(column, last, done)
            failpoint("between_batches")
    done.sealed += DeletionList(current_app.config["COMPANION"].deletion_list, keyring()).seal_anew()
    return done


@across_circles("all data is sealed anew")
def _batch(column: Column, after: int, done: Rotated) -> int | None:
    """Seal a batch of rows behind a row number; gives the last one's, or None when there is none any more."""
    table, sealed = column.table, column.table.c[column.name]
    read = [table.c.id, sealed, *(table.c[name] for name in column.bound_to)]
    query = sa.select(*read).where(table.c.id > after, sealed.is_not(None), column.is_older())
    with transaction():
        rows = db.session.execute(query.order_by(table.c.id).limit(BATCH)).all()
        for row in rows:
            try:
                fresh = column.anew(row)
            except BadKey:
                done.unreadable.append(f"{table.name}.{column.name} of row {row.id}")
                continue
            unchanged = sa.update(table).where(table.c.id == row.id, sealed == getattr(row, column.name))
            anew = unchanged.values({column.name: fresh})
            db.session.execute(anew, execution_options=untold("what is said stays the same"))
            done.sealed += 1
    return int(rows[-1].id) if rows else None


def _table(model: type[Any]) -> sa.Table:
    table: sa.Table = model.__table__
    return table
