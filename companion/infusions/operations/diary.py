"""The diary of the days after a course."""

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa

from companion.domain import diary
from companion.extensions import db
from companion.infusions.models import DiaryEntry, Infusion


class NoDiaryDay(Exception):
    """The course was not given, or this day of its diary is still to come."""


def write_diary(
    infusion: Infusion,
    *,
    day: int,
    today: date,
    headache: str,
    signs: Collection[str] = (),
    temperature: str | None = None,
    note: str | None = None,
    keep_note: bool = False,
    now: datetime,
) -> DiaryEntry:
    """Write one day of the diary; an entry that is there is replaced and can come back.

    `keep_note`: the writer may not see notes, so the words of the older entry stay. Raises NoDiaryDay.
    """
    if infusion.last_given_on is None or day not in diary.DAYS:
        raise NoDiaryDay
    on = diary.date_of(infusion.last_given_on, day)
    if on > today:
        raise NoDiaryDay
    older = _lock(infusion, day)
    entry = DiaryEntry(
        circle_id=infusion.circle_id,
        infusion_id=infusion.id,
        day=day,
        on=on,
        headache=headache,
        signs=frozenset(signs),
        replaces_id=older.id if older else None,
        created_at=older.created_at if older else now,
    )
    entry.temperature = temperature
    entry.note = older.note if older and keep_note else note
    _hide(older, now)
    db.session.add(entry)
    _flush(infusion)
    return entry


def delete_diary_entry(entry: DiaryEntry, now: datetime) -> None:
    """Take an entry away; it can be put back."""
    _hide(entry, now)
    _flush(entry.infusion)


def restore_diary_entry(entry: DiaryEntry, now: datetime) -> None:
    """Put an entry back; one that was written for the same day since gives way."""
    _hide(_lock(entry.infusion, entry.day), now)
    entry.deleted_at = None
    _flush(entry.infusion)


def undo_diary(entry: DiaryEntry, now: datetime) -> None:
    """Take back what was written, and bring the entry back that it replaced. A second time does nothing."""
    if entry.deleted_at is not None:
        return
    older = db.session.get(DiaryEntry, entry.replaces_id) if entry.replaces_id else None
    _hide(entry, now)
    if older is not None:
        older.deleted_at = None
    _flush(entry.infusion)


def _lock(infusion: Infusion, day: int) -> DiaryEntry | None:
    """The entry of a day; two people who write at once wait for each other."""
    db.session.execute(sa.select(Infusion.id).where(Infusion.id == infusion.id).with_for_update())
    query = sa.select(DiaryEntry).where(
        DiaryEntry.infusion_id == infusion.id, DiaryEntry.day == day, DiaryEntry.deleted_at.is_(None)
    )
    return db.session.scalars(query).first()


def _hide(entry: DiaryEntry | None, now: datetime) -> None:
    """Written at once: only one entry of a day may stand."""
    if entry is not None:
        entry.deleted_at = entry.deleted_at or now
        db.session.flush()


def _flush(infusion: Infusion) -> None:
    db.session.flush()
    db.session.expire(infusion, ["diary"])
