"""Tables' base, column types and the one way to write: `transaction()`."""

import functools
import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, overload

import sqlalchemy as sa
from flask import current_app, g
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from companion.extensions import db
from companion.keyring import Keyring
from companion.logs import log

BUSY_MS = 5000
NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table; constraint names are fixed so that migrations can refer to them."""

    metadata = sa.MetaData(naming_convention=NAMES)


def public_id() -> str:
    """A random 128-bit id for addresses, 22 characters."""
    return secrets.token_urlsafe(16)


class PublicRow:
    """A row with an inner number and a random public id, the only one that leaves the house."""

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(32), unique=True, default=public_id)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC. A naive value is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        """SQLite keeps text, and writing an instant as text is slow: thousands of rows often share a few instants."""
        process = super().bind_processor(dialect)
        return functools.lru_cache(maxsize=1024)(process) if process and dialect.name == "sqlite" else process

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Thousandths(TypeDecorator[Decimal]):
    """A decimal quantity with up to three places, stored as a whole number of thousandths: exact and sortable."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else int((Decimal(value) * 1000).to_integral_value())

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> Decimal | None:
        if value is None:
            return None
        whole = Decimal(value) / 1000
        return whole.quantize(Decimal(1)) if whole == whole.to_integral_value() else whole.normalize()


class EncryptedText:
    """A text attribute kept under AES-256-GCM in the column `<name>_sealed`.

    Key id in the value; table, column and the row's public id are associated data, so a value copied to
    another row or column does not open. Reading raises BadKey when no key fits.
    """

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.owner, self.name, self.column = owner, name, f"{name}_sealed"

    def opened(self, sealed: str, row_id: str) -> str:
        """The text of a column that was read without its row; `row_id` is the row's public id."""
        return keyring().unlock(sealed, f"{self.owner.__tablename__}.{self.name}:{row_id}")

    @overload
    def __get__(self, row: None, owner: type[Any]) -> "EncryptedText": ...
    @overload
    def __get__(self, row: PublicRow, owner: type[Any]) -> str | None: ...
    def __get__(self, row: PublicRow | None, owner: type[Any]) -> "EncryptedText | str | None":
        if row is None:
            return self
        sealed = getattr(row, self.column)
        return None if sealed is None else keyring().unlock(sealed, _place_of(row, self.name))

    def __set__(self, row: PublicRow, value: str | None) -> None:
        if row.public_id is None:
            row.public_id = public_id()
        setattr(row, self.column, None if value is None else keyring().lock(value, _place_of(row, self.name)))


class EncryptedBytes:
    """As EncryptedText, for a picture: bytes kept in the column `<name>_sealed`."""

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name, self.column = name, f"{name}_sealed"

    @overload
    def __get__(self, row: None, owner: type[Any]) -> "EncryptedBytes": ...
    @overload
    def __get__(self, row: PublicRow, owner: type[Any]) -> bytes: ...
    def __get__(self, row: PublicRow | None, owner: type[Any]) -> "EncryptedBytes | bytes":
        if row is None:
            return self
        return keyring().unlock_bytes(getattr(row, self.column), _place_of(row, self.name))

    def __set__(self, row: PublicRow, value: bytes) -> None:
        if row.public_id is None:
            row.public_id = public_id()
        setattr(row, self.column, keyring().lock_bytes(value, _place_of(row, self.name)))


def _place_of(row: PublicRow, name: str) -> str:
    return place_of(type(row).__tablename__, name, row.public_id)  # type: ignore[attr-defined]


def place_of(table: str, name: str, row_id: str) -> str:
    """What a sealed value is bound to: table, attribute and the row's public id."""
    return f"{table}.{name}:{row_id}"


class StringSet(TypeDecorator[frozenset[str]]):
    """A small set of code words, stored as sorted JSON."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else json.dumps(sorted(value))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> frozenset[str] | None:
        return None if value is None else frozenset(json.loads(value))


class JSONValue(TypeDecorator[Any]):
    """Lists or dictionaries of plain values, stored as JSON text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else json.dumps(value, sort_keys=True)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else json.loads(value)


def keyring() -> Keyring:
    """The keys of the running application."""
    ring: Keyring = current_app.config["KEYRING"]
    return ring


@contextmanager
def transaction() -> Iterator[None]:
    """Write inside: the outermost block commits, an error rolls everything back.

    The outermost block first ends the reading transaction, so that on SQLite the write lock is taken at
    once (`BEGIN IMMEDIATE`): a later upgrade would fail at once in spite of the busy time-out.
    """
    if g.get("in_transaction"):
        yield
        return
    session = db.session
    session.commit()
    g.in_transaction = True
    try:
        session.connection(execution_options={"companion_write": True})
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        g.in_transaction = False


@contextmanager
def attempt() -> Iterator[None]:
    """Write inside a transaction that goes on in any case: an error takes back only what was written inside."""
    with db.session.begin_nested():
        yield


@contextmanager
def one_of_many(failed: str, **which: object) -> Iterator[None]:
    """One row of many that a job goes through: what is wrong with it is logged and stops no other. A database that
    does not answer stops all."""
    try:
        yield
    except sa.exc.OperationalError:
        raise
    except Exception as error:
        log.exception(failed, kind=type(error).__name__, **which)


def migration_settings() -> dict[str, Any]:
    """How Alembic compares and writes: batches for SQLite, plain types so that old migrations stand alone."""

    def plain(kind: str, thing: Any, context: Any) -> Any:
        if kind == "type" and isinstance(thing, TypeDecorator):
            return f"sa.{thing.impl_instance!r}"
        return False

    context = {"render_as_batch": True, "render_item": plain, "compare_type": True}
    return {"ALEMBIC": {"script_location": "migrations"}, "ALEMBIC_CONTEXT": context}


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, record: Any) -> None:
    """Nobody waits more than five seconds for another's write; on SQLite also WAL, durable commits, foreign keys."""
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None
        for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
    else:
        connection.autocommit = True
        connection.execute(f"set lock_timeout = {BUSY_MS}")
        connection.autocommit = False


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    """Start the transaction ourselves: the driver's own way begins too late and never immediately."""
    if connection.dialect.name == "sqlite":
        write = connection.get_execution_options().get("companion_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
