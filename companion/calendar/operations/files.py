"""Calendar files (RFC 5545) from what was published: plain instants in UTC, no rules and no zones to get wrong."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import icalendar

from companion.calendar.models import CANCELLED, CalendarEntry

PRODUCT = "-//Companion//Calendar//EN"
LOOK_AGAIN = timedelta(hours=4)
LINE_END = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
TIMED_ALARMS = (timedelta(days=-1), timedelta(hours=-2))
DATE_ALARMS = (timedelta(hours=-14),)
"""A day and two hours before; of a date without a time at ten in the morning of the day before."""


@dataclass(frozen=True)
class Notice:
    """The words of one entry, as much as its reader asked for."""

    title: str
    place: str = ""
    text: str = ""
    url: str = ""


def compose_calendar(
    entries: Iterable[tuple[CalendarEntry, Notice]], *, name: str, language: str, with_alarms: bool = False
) -> bytes:
    """The file. The same entries and words give the same bytes, so that a reader can be told "nothing new".

    Dates are told one by one: rules and zones are where calendar programs disagree about summer time.
    """
    file = icalendar.Calendar()
    file.add("version", "2.0")
    file.add("prodid", PRODUCT)
    file.add("calscale", "GREGORIAN")
    file.add("x-wr-calname", _Text(name), parameters={"language": language})
    file.add("refresh-interval", LOOK_AGAIN, parameters={"value": "DURATION"})
    file.add("x-published-ttl", "PT4H")
    for entry, notice in entries:
        file.add_component(_event(entry, notice, with_alarms))
    return bytes(file.to_ical())


class _Text(icalendar.vText):
    """Text as RFC 5545 writes it. The library takes a backslash before an N for a line break; here it is one."""

    def to_ical(self) -> bytes:
        """Backslash first, then what has a meaning; every kind of line end becomes the one that all parsers know."""
        plain = LINE_END.sub("\n", self)
        for mark, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
            plain = plain.replace(mark, written)
        return plain.encode()


def _event(entry: CalendarEntry, notice: Notice, with_alarms: bool) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{entry.uid}@companion")
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", entry.sequence)
    _add_span(event, entry.on, entry.starts_at, entry.ends_at)
    event.add("status", entry.status.upper())
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    event.add("summary", _Text(notice.title))
    for key, value in (("location", notice.place), ("description", notice.text)):
        if value:
            event.add(key, _Text(value))
    if notice.url:
        event.add("url", notice.url)
    if with_alarms and entry.status != CANCELLED:
        for before in TIMED_ALARMS if entry.starts_at else DATE_ALARMS:
            event.add_component(_alarm(before, notice.title))
    return event


def _add_span(event: icalendar.Event, on: date, starts_at: datetime | None, ends_at: datetime | None) -> None:
    """From start to end; where no end is known none is made up, and a date without a time is the whole day."""
    if starts_at is None:
        event.add("dtstart", on)
        event.add("dtend", on + timedelta(days=1))
        return
    event.add("dtstart", starts_at)
    if ends_at is not None:
        event.add("dtend", ends_at)


def _alarm(before: timedelta, title: str) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _Text(title))
    alarm.add("trigger", before)
    return alarm
