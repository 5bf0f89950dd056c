"""A calendar file as three parsers read it that know nothing of the writer or of each other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import ics
import vobject
from ical.calendar_stream import IcsCalendarStream


@dataclass(frozen=True)
class Told:
    """What one parser makes of one entry. `begins` is a date where the entry has no time."""

    uid: str
    begins: date | datetime
    ends: date | datetime | None
    title: str
    status: str
    place: str
    text: str


def by_ical(file: bytes) -> dict[str, Told]:
    """allenporter/ical, on pydantic and parsita."""
    return _by_uid(
        Told(
            event.uid,
            event.dtstart,
            event.dtend,
            event.summary or "",
            event.status.value,
            event.location or "",
            event.description or "",
        )
        for event in IcsCalendarStream.calendar_from_ics(file.decode()).events
    )


def by_ics(file: bytes) -> dict[str, Told]:
    """ics.py, on a TatSu grammar. It holds instants only: a date without a time is marked `all_day`."""
    return _by_uid(
        Told(
            event.uid,
            _plain(event.begin.datetime, event.all_day),
            _plain(event.end.datetime, event.all_day) if event.has_end() else None,
            event.name or "",
            str(event.status),
            event.location or "",
            event.description or "",
        )
        for event in ics.Calendar(file.decode()).events
    )


def _plain(at: datetime, all_day: bool) -> date | datetime:
    return at.date() if all_day else at


def by_vobject(file: bytes) -> dict[str, Told]:
    """vobject, by hand-written rules."""
    calendar = vobject.readOne(file.decode())

    def value(event: Any, name: str) -> Any:
        return getattr(event, name).value if hasattr(event, name) else None

    return _by_uid(
        Told(
            event.uid.value,
            event.dtstart.value,
            value(event, "dtend"),
            value(event, "summary") or "",
            event.status.value,
            value(event, "location") or "",
            value(event, "description") or "",
        )
        for event in calendar.contents.get("vevent", [])
    )


PARSERS: dict[str, Callable[[bytes], dict[str, Told]]] = {"ical": by_ical, "ics": by_ics, "vobject": by_vobject}


def _by_uid(entries: Iterable[Told]) -> dict[str, Told]:
    return {entry.uid: replace(entry, begins=_utc(entry.begins), ends=_utc(entry.ends)) for entry in entries}


def _utc(at: Any) -> Any:
    if not isinstance(at, datetime):
        return at
    assert at.tzinfo is not None, "an instant, not a time of nowhere"
    return at.astimezone(UTC)


def lines_of(file: bytes) -> list[str]:
    """The unfolded lines of a file."""
    return file.decode().replace("\r\n ", "").split("\r\n")
