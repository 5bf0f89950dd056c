"""What calendar programs are told about each date: a sequence that grows with every change, and what is gone.

Entries are brought up to date when a feed is read. So one change that nobody could see between two reads
counts once, and no other feature has to know that feeds exist.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from companion.calendar import queries
from companion.calendar.models import CANCELLED, CalendarEntry
from companion.calendar.queries import Row
from companion.calendar.queries.feeds import entries_named
from companion.circles.models import Circle
from companion.extensions import db
from companion.infusions.models import Infusion
from companion.visits.models import Visit

Published = tuple[CalendarEntry, Row | None]
"""One date as it is told; without a row where it is gone from the plan."""


def publish_feed(circle: Circle, now: datetime) -> list[Published]:
    """Bring the entries of a circle's window up to date. Returns them in order."""
    _lock(circle)
    first, last = queries.window_of(circle, now)
    rows = _by_uid(queries.dates_between(circle, first, last, now.date()))
    known = {entry.uid: entry for entry in queries.entries_of(circle, first, last)}
    elsewhere = [uid for uid in known if uid not in rows]
    rows |= _by_uid(queries.dates_named(circle, elsewhere, now.date()))
    known |= {entry.uid: entry for entry in entries_named(circle, [uid for uid in rows if uid not in known])}
    entries = [_told(row, known.get(uid), now) for uid, row in rows.items()]
    for uid in known.keys() - rows.keys():
        entries.append(_cancelled(known[uid], now))
    db.session.flush()
    shown = [entry for entry in entries if first <= entry.on <= last]
    return [(entry, rows.get(entry.uid)) for entry in sorted(shown, key=lambda one: (one.on, one.id))]


def publish_infusion(infusion: Infusion, now: datetime) -> list[Published]:
    """Bring the entries of one course up to date."""
    return _publish(infusion.circle, queries.rows_of_infusion(infusion, now.date()), now)


def publish_visit(visit: Visit, now: datetime) -> list[Published]:
    """Bring the entry of one visit up to date."""
    return _publish(visit.circle, queries.rows_of_visit(visit, now.date()), now)


def _publish(circle: Circle, rows: Sequence[Row], now: datetime) -> list[Published]:
    _lock(circle)
    known = {entry.uid: entry for entry in entries_named(circle, [row.uid for row in rows])}
    told = [(_told(row, known.get(row.uid), now), row) for row in rows]
    db.session.flush()
    return list(told)


def _told(row: Row, entry: CalendarEntry | None, now: datetime) -> CalendarEntry:
    print_ = fingerprint(row)
    if entry is None:
        entry = CalendarEntry(circle_id=row.circle.id, uid=row.uid, kind=row.kind, sequence=0)
        db.session.add(entry)
    elif entry.fingerprint == print_:
        return entry
    else:
        entry.sequence += 1
    entry.on, entry.starts_at, entry.ends_at, entry.status = row.on, row.starts_at, row.ends_at, row.status
    entry.fingerprint, entry.changed_at = print_, now
    return entry


def _cancelled(entry: CalendarEntry, now: datetime) -> CalendarEntry:
    """An entry whose date is gone keeps its last date and says that it is cancelled."""
    if entry.fingerprint != CANCELLED:
        entry.sequence += 1
        entry.status = entry.fingerprint = CANCELLED
        entry.changed_at = now
    return entry


def fingerprint(row: Row) -> str:
    """A digest of all that a feed can show of a date, in any language and at any level."""
    facts = [row.on, row.starts_at, row.ends_at, row.status, row.certainty, *row.facts]
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def _by_uid(rows: Iterable[Row]) -> dict[str, Row]:
    return {row.uid: row for row in rows}


def _lock(circle: Circle) -> None:
    """One reader at a time brings the entries of a circle up to date."""
    db.session.execute(sa.select(Circle.id).where(Circle.id == circle.id).with_for_update())
