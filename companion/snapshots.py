"""What a change keeps so that it can be taken back exactly: the values of its rows as plain JSON, and back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from companion.database import Base, JSONValue, PublicRow, UTCDateTime


class KeptChange(PublicRow):
    """What one change touched, so that it can be taken back: the rows' values before and after it, by their names.

    The table that uses it adds what the change was about.
    """

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    verb: Mapped[str] = mapped_column(sa.String(16))
    before: Mapped[dict[str, object]] = mapped_column(JSONValue)
    after: Mapped[dict[str, object]] = mapped_column(JSONValue)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


def values_of(row: Base, names: Sequence[str]) -> dict[str, Any]:
    """Attributes of a row as plain values. Sealed text stays sealed: name its column, `note_sealed`."""
    return {name: _plain(getattr(row, name)) for name in names}


def put_back(row: Base, values: Mapping[str, Any], names: Sequence[str]) -> None:
    """Set attributes to values that `values_of` gave."""
    columns = sa.inspect(type(row)).columns
    for name in names:
        setattr(row, name, _typed(values[name], columns[name].type))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _typed(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, UTCDateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, sa.Date) else value
