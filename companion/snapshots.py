"""The values of a row as plain JSON, and back: what a change keeps so that it can be taken back exactly."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from companion.database import Base, UTCDateTime


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
