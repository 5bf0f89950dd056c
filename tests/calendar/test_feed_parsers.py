"""What three independent parsers read in a feed is what the application's own pages show."""

import re
from datetime import date, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.calendar.models import CalendarEntry
from companion.calendar.operations import Notice, compose_calendar
from companion.database import transaction
from companion.infusions import operations
from companion.infusions.models import InfusionDay
from tests.calendar.feeds import make_feed, sequences
from tests.calendar.reading import PARSERS, Told, lines_of
from tests.infusions.plans import NOW, D, book, courses, day_of, start

# A weekly plan each. Sundays meet the spring gap or the doubled hour on the dot, and so do Cairo's Fridays.
PLANS = {
    "America/New_York": ("2027-03-07", "02:30"),
    "Europe/London": ("2027-03-07", "01:30"),
    "Australia/Lord_Howe": ("2027-03-07", "01:45"),
    "Asia/Shanghai": ("2027-03-05", "09:00"),
    "Africa/Cairo": ("2027-03-05", "00:30"),
    "Pacific/Apia": ("2027-03-05", "23:30"),
}
GAPS = {("America/New_York", "2027-03-14"), ("Europe/London", "2027-03-28"), ("Africa/Cairo", "2027-04-30")}
ROW = re.compile(
    r'<li class="agenda-row">.*?agenda-row__day">(?P<day>\d+)<.*?href="/infusions/(?P<id>[\w-]+)"'
    r".*?<strong>(?P<title>.*?)</strong>(?:<br>(?P<facts>.*?))?</span>.*?chip--(?P<state>\w+)",
    re.DOTALL,
)
sqlite_only = pytest.mark.parametrize("app", ["sqlite"], indirect=True)


def page_rows(client, month: str) -> dict[str, tuple[date, str, str]]:
    """What a month page shows of each infusion: date, time on the wall there, and what it is, as a feed titles it."""
    rows = {}
    for row in ROW.finditer(client.get(f"/calendar?month={month}").text):
        time = re.match(r"\d+:\d\d", unescape(row["facts"] or ""))
        title = unescape(row["title"]) + (" (expected)" if row["state"] == "expected" else "")
        rows[row["id"]] = (D(f"{month}-{int(row['day']):02}"), time[0] if time else "", title)
    return rows


@sqlite_only
def test_six_zones_across_their_changes_of_the_clock(people, client_of, move_clock):
    move_clock(NOW)
    ana = client_of(people.ana)
    plans = {
        tz: start(people.circle, first_on, tz=tz, local_time=time, interval_count=1)
        for tz, (first_on, time) in PLANS.items()
    }
    book(plans["Asia/Shanghai"], 0)
    days = {c.days[0].public_id: (c.public_id, tz) for tz, plan in plans.items() for c in courses(plan)}
    file = client_of(None).get(make_feed(people.ana, people.circle, level="full")).data
    months = ("2027-03", "2027-04", "2027-05", "2027-10", "2027-11", "2028-03")
    shown = {key: row for month in months for key, row in page_rows(ana, month).items()}
    met = set()
    for name, read in PARSERS.items():
        told = read(file)
        assert len(told) == len(days) > 300, name
        for uid, (infusion_id, tz) in days.items():
            if infusion_id not in shown:
                continue
            entry, (on, time, title) = told[f"{uid}@companion"], shown[infusion_id]
            there = entry.begins.astimezone(ZoneInfo(tz))
            assert (there.date(), f"{there:%-H:%M}", entry.title) == (on, time, title), (name, tz)
            assert entry.status == ("TENTATIVE" if "expected" in title else "CONFIRMED")
            if f"{there:%H:%M}" != PLANS[tz][1]:
                met.add((tz, on.isoformat()))
    assert met >= GAPS, "a time that a clock skips moves on by the gap, and no other does"
    assert {on[:4] for _, on in met - GAPS} == {"2028"}, "the gaps of the next year"
    assert len(shown) > 120


def test_whatever_becomes_of_a_date_is_told(people, client_of, move_clock):
    """A plan without a time: booked, moved, skipped, given on another day; then a day and the plan are taken away."""
    move_clock(NOW)
    place = "St Luke's; wing B, floor 2\nask at 静丙 desk \\ 💉"
    regimen = start(people.circle, day_offsets=[0, 1], place=place)
    path = make_feed(people.ana, people.circle, level="full")
    anyone = client_of(None)
    first = {name: read(anyone.get(path).data) for name, read in PARSERS.items()}
    ids = [[f"{day.public_id}@companion" for day in course.days] for course in courses(regimen)]
    later = NOW + timedelta(days=40)
    book(regimen, 3)
    with transaction():
        operations.skip_day(day_of(regimen), now=later)
        operations.record_day_done(day_of(regimen, 0, 2), given_on=D("2027-03-08"), now=later)
        operations.move_day(day_of(regimen, 2), to_on=D("2027-05-04"), now=later)
        plan = {"interval_count": 4, "interval_unit": "week", "day_offsets": [0]}
        operations.change_regimen(regimen, **plan, now=later)
        operations.end_regimen(regimen, on=D("2027-06-10"), now=later)
    now_there = {day.public_id: day for course in courses(regimen) for day in course.days}
    move_clock(later)
    file = anyone.get(path).data
    for name, read in PARSERS.items():
        told, was = read(file), first[name]
        text = place if name != "ics" else None
        for uid, entry in told.items():
            day = now_there.get(uid.partition("@")[0])
            check_entry(entry, day, was.get(uid), text)
        assert {entry.status for entry in told.values()} == {"CONFIRMED", "TENTATIVE", "CANCELLED"}
        assert told[ids[0][0]].title == "Cancelled: Infusion, day 1 of 2"
        assert told[ids[0][1]].begins == D("2027-03-08")
        assert told[ids[3][1]].status == "CANCELLED", "the second day was taken away"
        assert told[ids[3][1]].title == "Cancelled: Infusion"
        assert told[ids[3][0]].status == "CONFIRMED"
        assert told[ids[5][0]].status == "CANCELLED", "the plan ended before it"
    assert sequences(file)[ids[3][0]] > 0
    again = anyone.get(path).data
    assert again == file, "nothing changed since"


def check_entry(entry: Told, day: InfusionDay | None, was: Told | None, place: str | None) -> None:
    """A date that is gone keeps the date that was told last; one that is there stands where the page has it."""
    if day is None:
        assert entry.status == "CANCELLED"
        assert was is not None
        assert entry.begins == was.begins
        return
    assert entry.begins == day.happened_on
    assert entry.ends == day.happened_on + timedelta(days=1)
    assert place is None or entry.place == place


def plain_lines(text: str) -> str:
    """The text with plain line ends."""
    return text.replace("\u2028", "\n").replace("\u2029", "\n")


MARKS = st.text(st.sampled_from('\\nN,;: "x静💉\n^%=\u2028'), max_size=60)
LETTERS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=120)


@given(title=MARKS | LETTERS, place=LETTERS, text=MARKS)
@settings(max_examples=60)
def test_what_goes_in_comes_out(title, place, text):
    """Escaping and folding. A line end of any other kind is read as a plain one."""
    entry = CalendarEntry(uid="u", on=NOW.date(), starts_at=NOW, status="confirmed", sequence=0, changed_at=NOW)
    file = compose_calendar([(entry, Notice(title, place, text))], name="静丙, A", language="en")
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    for name, read in PARSERS.items():
        if name == "ics" and "\\" in title + place + text:
            continue  # its own bug: it takes the N after an escaped backslash for a line break
        told = read(file)["u@companion"]
        assert (told.title, told.place, told.text) == tuple(map(plain_lines, (title, place, text))), name


def test_a_file_says_what_programs_need():
    ends = NOW + timedelta(hours=3)
    timed = CalendarEntry(
        uid="a", on=NOW.date(), starts_at=NOW, ends_at=ends, status="confirmed", sequence=2, changed_at=NOW
    )
    dated = CalendarEntry(uid="b", on=NOW.date(), status="cancelled", sequence=0, changed_at=NOW)
    file = compose_calendar([(timed, Notice("A")), (dated, Notice("B"))], name="N", language="en", with_alarms=True)
    lines = lines_of(file)
    assert "DTSTART:20270301T120000Z" in lines
    assert "DTEND:20270301T150000Z" in lines
    assert "DTSTART;VALUE=DATE:20270301" in lines
    assert "DTEND;VALUE=DATE:20270302" in lines
    assert [line for line in lines if line.startswith("TRIGGER")] == ["TRIGGER:-P1D", "TRIGGER:-PT2H"]
    for wanted in ("CLASS:PRIVATE", "TRANSP:OPAQUE", "DTSTAMP:20270301T120000Z", "LAST-MODIFIED:20270301T120000Z"):
        assert lines.count(wanted) == 2
    for wanted in ("VERSION:2.0", "REFRESH-INTERVAL;VALUE=DURATION:PT4H", "X-PUBLISHED-TTL:PT4H", "SEQUENCE:2"):
        assert wanted in lines
    assert b"RRULE" not in file
    assert b"VTIMEZONE" not in file
    told = {name: read(file)["a@companion"] for name, read in PARSERS.items()}
    assert {(one.begins, one.ends) for one in told.values()} == {(NOW, ends)}


def test_a_calendar_without_entries_is_read_as_empty():
    file = compose_calendar([], name="N", language="en")
    assert [read(file) for read in PARSERS.values()] == [{}, {}, {}]
