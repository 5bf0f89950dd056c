"""The calendar in the reader's words: whose date it is, what it is, and how much a feed says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from companion.accounts.models import Account
from companion.calendar.models import CANCELLED, FULL, LEVELS, NEUTRAL, TENTATIVE, TIME_ONLY, CalendarEntry
from companion.calendar.operations import Notice
from companion.calendar.queries import VISIT, InfusionRow, Row, VisitRow
from companion.circles.models import Circle
from companion.delivery.operations import page_url
from companion.formatting import joined, short_date
from companion.infusions import words as infusions
from companion.preparations import words as preparations
from companion.visits import words as visits


@dataclass(frozen=True)
class Person:
    """Whose dates they are, on a page with several circles: a name, its first letter and a shape."""

    circle: Circle
    name: str
    letter: str
    shape: int


def people_of(account: Account, circles: Sequence[Circle]) -> Mapping[int, Person]:
    """The patients of an account's circles by the id of the circle; the order gives each its shape."""
    return {circle.id: _person(account, circle, place) for place, circle in enumerate(circles)}


def _person(account: Account, circle: Circle, place: int) -> Person:
    own = circle.patient_account_id == account.id
    name = str(_("You")) if own else circle.shown_name
    if name:
        return Person(circle, name, name[0].upper(), place)
    return Person(circle, str(_("Patient %(number)s", number=place + 1)), str(place + 1), place)


def row_title(row: Row) -> str:
    """`Infusion, day 1 of 2`, or what a visit is."""
    return infusions.day_title(row.day) if isinstance(row, InfusionRow) else visits.visit_title(row.visit)


def row_facts(row: Row) -> str:
    """Time, place and grams, as far as they are known, and where it was moved from."""
    known = infusions.day_facts(row.day, with_place=True) if isinstance(row, InfusionRow) else _visit_facts(row)
    if row.moved_from_on is None:
        return known
    return joined(part for part in (known, _("moved from %(date)s", date=short_date(row.moved_from_on))) if part)


def _visit_facts(row: VisitRow) -> str:
    return joined(p for p in (visits.visit_facts(row.visit), visits.series_words(row.visit.series)) if p)


def row_duties(row: Row, reader: Account | None = None) -> list[str]:
    """Who said yes: `Ben drives`, `You stay`."""
    if isinstance(row, VisitRow):
        return []
    return [preparations.holder_words(duty, reader.id if reader else None) for duty in row.duties]


def row_state(row: Row) -> tuple[str, str]:
    """The chip of a row: the answer, or booked and expected where there is none yet; a visit ahead needs none."""
    if isinstance(row, VisitRow):
        words = str(visits.STATE_WORDS[row.state]) if row.state != "planned" else ""
        return visits.CHIPS.get(row.state, row.state), words
    if row.state != "planned":
        return row.state, str(infusions.STATE_WORDS[row.state])
    return row.certainty, str(infusions.CERTAINTY_WORDS[row.certainty])


def mark_words(row: Row) -> str:
    """What the month picture shows of a date, in words."""
    if isinstance(row, VisitRow):
        said = _("visit done") if row.mark == "done" else _("visit planned")
    else:
        said = {
            "done": _("infusion done"),
            "booked": _("infusion booked"),
            "expected": _("infusion expected"),
            "skipped": _("infusion skipped"),
        }[row.mark]
    return joined([said, *([_("moved")] if row.moved_from_on else [])])


def notice_of(entry: CalendarEntry, row: Row | None, level: str, reader: Account) -> Notice:
    """What a feed says of one entry.

    Neutral: that there is an appointment. Time only: also whether it is expected, and which of several days.
    Full: as on the page, with place, who drives and, for others than the patient, the name; never drug or note.
    """
    if level == NEUTRAL:
        return Notice(str(_("Appointment")))
    if level == TIME_ONLY:
        return Notice(_with_state(entry, _numbered(str(_("Appointment")), row)))
    if row is None:
        return Notice(_with_state(entry, str(_("Visit") if entry.kind == VISIT else _("Infusion"))))
    place, page = _place_and_page(row)
    return Notice(
        title=_with_state(entry, _named(row, reader)),
        place=place or "",
        text="\n".join(_lines(entry, row)),
        url=page,
    )


def _lines(entry: CalendarEntry, row: Row) -> list[str]:
    estimate = [str(_("Expected: our estimate. The clinic has not given this date."))] if _is_expected(entry) else []
    return [*row_duties(row), *estimate]


def _place_and_page(row: Row) -> tuple[str | None, str]:
    if isinstance(row, VisitRow):
        return row.visit.place, page_url("visits.show", public_id=row.uid)
    course = row.day.infusion
    return course.shown_place, page_url("infusions.show", public_id=course.public_id)


def _numbered(what: str, row: Row | None) -> str:
    count = len(row.day.infusion.days) if isinstance(row, InfusionRow) else 1
    if not isinstance(row, InfusionRow) or count == 1:
        return what
    return str(_("%(what)s, day %(number)s of %(count)s", what=what, number=row.day.number, count=count))


def _named(row: Row, reader: Account) -> str:
    name = row.circle.shown_name
    if row.circle.patient_account_id == reader.id or not name:
        return row_title(row)
    return str(_("%(name)s: %(what)s", name=name, what=row_title(row)))


def _with_state(entry: CalendarEntry, title: str) -> str:
    if entry.status == CANCELLED:
        return str(_("Cancelled: %(what)s", what=title))
    return str(_("%(what)s (expected)", what=title)) if _is_expected(entry) else title


def _is_expected(entry: CalendarEntry) -> bool:
    return entry.status == TENTATIVE


def level_words(level: str) -> str:
    """How much a feed shows, in a word."""
    return {NEUTRAL: str(_("Neutral")), TIME_ONLY: str(_("Time only")), FULL: str(_("Full"))}[level]


def level_options(row: Row | None, reader: Account) -> list[tuple[str, str, str, str]]:
    """The tiles that ask how much a calendar shows, each with the next date as it would stand there."""
    entry = CalendarEntry(status=row.status if row else TENTATIVE)
    notices = [(level, notice_of(entry, row, level, reader)) for level in LEVELS]
    icons = {NEUTRAL: "shield", TIME_ONLY: "clock", FULL: "drip"}
    return [(level, level_words(level), icons[level], _shown_as(notice)) for level, notice in notices]


def _shown_as(notice: Notice) -> str:
    shown = joined(part for part in (notice.title, notice.place) if part)
    return str(_("Shown as “%(title)s”", title=shown))


def webcal(address: str) -> str:
    """The address as iPhones and Macs open it in their calendar."""
    return f"webcal://{address.split('://', 1)[1]}"
