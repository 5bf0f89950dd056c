"""A row in every table there is, each with the same word in it, so that the word can be looked for everywhere."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.database import Base, JSONValue, StringSet, Thousandths, UTCDateTime, keyring, place_of, public_id
from companion.extensions import db
from companion.submissions import place_of_answer

OF_NOBODY = frozenset({"vapid_keys", "provider_states", "heartbeats", "change_marks"})
MADE_BEFORE = frozenset({"memberships", "plan_looks"})
"""Tables in which a circle has a row already."""
WRITES_ITSELF = frozenset({"trail_heads", "trail_entries"})
MOMENT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
BYTES_OF_FILE = b"\xff\xd8"


def fill(circle: Circle, account: Account, word: str, *, without: frozenset[str] = frozenset()) -> None:
    """One row of everything for a circle and somebody in it, but for some tables."""
    word_ids = {"accounts": account.id, "circles": circle.id}
    for table in Base.metadata.sorted_tables:
        if table.name in OF_NOBODY | WRITES_ITSELF | without or table.name in word_ids:
            continue
        row = {column.name: _value(table, column, word, word_ids) for column in table.columns if _is_given(column)}
        _seal(table, row, word)
        if table.name in MADE_BEFORE and _is_there(table, row):
            continue
        made = db.session.execute(sa.insert(table).values(row))
        if "id" in table.c:
            word_ids[table.name] = made.inserted_primary_key[0]  # type: ignore[attr-defined]


def _is_given(column: sa.Column[Any]) -> bool:
    return not (column.primary_key and column.name == "id")


def _is_there(table: sa.Table, row: dict[str, Any]) -> bool:
    same = [table.c[name] == row[name] for name in ("circle_id", "account_id") if name in table.c]
    return db.session.scalar(sa.select(sa.literal(1)).select_from(table).where(*same)) is not None


def _value(table: sa.Table, column: sa.Column[Any], word: str, ids: dict[str, int]) -> Any:
    if column.foreign_keys:
        parent = next(iter(column.foreign_keys)).column.table
        return None if parent is table else ids[parent.name]
    kind = column.type
    if isinstance(kind, UTCDateTime):
        return MOMENT
    if isinstance(kind, sa.Date):
        return date(2026, 11, 2)
    if isinstance(kind, Thousandths):
        return Decimal("2.5")
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, StringSet):
        return frozenset({word})
    if isinstance(kind, JSONValue):
        return [word]
    if isinstance(kind, sa.LargeBinary):
        return BYTES_OF_FILE + word.encode()
    if isinstance(kind, sa.Integer):
        return 1
    return _text(column, word)


def _text(column: sa.Column[Any], word: str) -> str:
    if column.name == "public_id" or column.name.endswith(("_hash", "fingerprint")) or column.name == "uid":
        return public_id()
    longest = getattr(column.type, "length", None) or len(word)
    return word[:longest]


def _seal(table: sa.Table, row: dict[str, Any], word: str) -> None:
    for name in [one for one in row if one.endswith("_sealed")]:
        place = place_of(table.name, name.removesuffix("_sealed"), row["public_id"])
        is_bytes = isinstance(table.c[name].type, sa.LargeBinary)
        row[name] = keyring().lock_bytes(row[name], place) if is_bytes else keyring().lock(word, place)
    if "email_hash" in row:
        row["email_hash"] = keyring().fingerprint(word)
    if table.name == "submissions":
        row["body"] = keyring().lock(
            '{"location": "/", "json": null, "words": []}', place_of_answer(row["account_id"], row["client_id"])
        )
