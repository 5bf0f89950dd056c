"""The rows of an export, one after the other as plain values, from one view of the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from companion.database import place_of
from companion.exchange.queries.belonging import in_circle, names_account, tables
from companion.exchange.queries.catalogue import ACCOUNT, BY_ACCOUNT, CIRCLE, Kind, kinds_of
from companion.keyring import BadKey, Keyring

ROWS_AT_ONCE = 500
UNREADABLE = "(does not open)"
SEALED = "_sealed"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """All of a circle, or all of an account. `ident` is its inner number, `folder` where its tables lie."""

    name: str
    ident: int
    folder: str

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The tables that it has."""
        return kinds_of(self.name)

    def rows(self, connection: Connection, ring: Keyring, kind: Kind) -> Iterator[Row]:
        """Its rows of one table, in the order in which they were written."""
        return _plain_rows(connection, ring, kind, self.query(kind))

    def query(self, kind: Kind) -> sa.Select[Any]:
        """What reads them."""
        table = tables()[kind.table]
        return _select(table, kind).where(self._mine(table)).order_by(*table.primary_key.columns)

    def _mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        if self.name == ACCOUNT:
            return _of_account(table, self.ident)
        found = in_circle(table, self.ident)
        if found is None:
            raise LookupError(table.name)
        return found

    def people(self, connection: Connection, ring: Keyring) -> Iterator[Row]:
        """Everybody whom a row of the circle names: the id and what they are called."""
        accounts = tables()["accounts"]
        named = [
            sa.select(column).where(self._mine(table))
            for table in (tables()[kind.table] for kind in self.kinds)
            for column in names_account(table)
            if self.name == CIRCLE
        ]
        if not named:
            return iter(())
        query = sa.select(accounts.c.public_id.label("id"), accounts.c.name_sealed).where(
            accounts.c.id.in_(sa.union(*named))
        )
        kind = Kind("accounts", "", ("id", "name"))
        return _plain_rows(connection, ring, kind, query.order_by(accounts.c.id))


def _of_account(table: sa.Table, account_id: int) -> sa.ColumnElement[bool]:
    column = table.c[BY_ACCOUNT[table.name]]
    if column.name != "delivery_id":
        return column == account_id
    deliveries = tables()["deliveries"]
    return column.in_(sa.select(deliveries.c.id).where(deliveries.c.recipient_id == account_id))


def _select(table: sa.Table, kind: Kind) -> sa.Select[Any]:
    """The columns of a kind under their names; a number of another row becomes that row's public id."""
    source: sa.FromClause = table
    columns: list[sa.ColumnElement[Any]] = []
    for name in kind.columns:
        if name == "id":
            columns.append(table.c.public_id.label("id"))
        elif f"{name}{SEALED}" in table.c:
            columns.append(table.c[f"{name}{SEALED}"])
        elif table.c[name].foreign_keys:
            other = next(iter(table.c[name].foreign_keys)).column.table.alias()
            source = source.outerjoin(other, other.c.id == table.c[name])
            columns.append(other.c.public_id.label(name))
        else:
            columns.append(table.c[name])
    return sa.select(*columns).select_from(source)


def _plain_rows(connection: Connection, ring: Keyring, kind: Kind, query: sa.Select[Any]) -> Iterator[Row]:
    sealed = [name for name in kind.columns if f"{name}{SEALED}" in tables()[kind.table].c]
    with connection.execute(query.execution_options(yield_per=ROWS_AT_ONCE)) as found:
        for row in found.mappings():
            texts = {name: _opened(ring, kind.table, name, row) for name in sealed}
            yield {name: texts[name] if name in texts else _plain(row[name]) for name in kind.columns}


def _opened(ring: Keyring, table: str, name: str, row: Any) -> str | None:
    sealed = row[f"{name}{SEALED}"]
    if sealed is None:
        return None
    try:
        return ring.unlock(sealed, place_of(table, name, row["id"]))
    except BadKey:
        return UNREADABLE


def _plain(value: Any) -> Any:
    """What JSON can say: instants in UTC and dates as ISO 8601, quantities as numbers, sets as sorted lists."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return sorted(value) if isinstance(value, (set, frozenset)) else value


def photo_ids(connection: Connection, circle_id: int) -> list[tuple[int, str]]:
    """The photos of a circle: inner number and public id."""
    photos = tables()["label_photos"]
    query = sa.select(photos.c.id, photos.c.public_id).where(photos.c.circle_id == circle_id).order_by(photos.c.id)
    return [(row.id, row.public_id) for row in connection.execute(query)]


def photo(connection: Connection, ring: Keyring, number: int, public_id: str) -> bytes | None:
    """One picture; nothing where it does not open."""
    photos = tables()["label_photos"]
    sealed = connection.scalar(sa.select(photos.c.picture_sealed).where(photos.c.id == number))
    try:
        return ring.unlock_bytes(bytes(sealed or b""), place_of("label_photos", "picture", public_id))
    except BadKey:
        return None
