"""Visits beside infusions, and who drives: in the agenda, the month, the feed and as a file."""

import re
from datetime import UTC, datetime, timedelta

from companion.database import transaction
from companion.preparations import operations as preparations
from companion.visits import operations as visits
from tests.calendar.feeds import make_feed, sequences
from tests.calendar.reading import PARSERS, by_ical
from tests.infusions.plans import NOW, D, courses, start


def add_visit(circle, **values):
    facts = {
        "kind": "neurologist",
        "title": "Dr Canary",
        "planned_on": D("2027-03-05"),
        "local_time": "14:00",
        "length_minutes": 45,
        "place": "St Luke's",
        "note": "Kanarienvogel",
        "now": NOW,
    }
    with transaction():
        return visits.add_visit(circle, **(facts | values))


def test_a_day_with_two_dates_shows_both(people, client_of, move_clock):
    move_clock(NOW)
    start(people.circle)
    visit = add_visit(people.circle)
    vera = client_of(people.vera)
    page = vera.get("/calendar").text
    assert f'href="/visits/{visit.public_id}"' in page
    assert "Dr Canary" in page
    assert "14:00, St Luke" in page
    assert "/visits/new" not in page
    assert "/visits/new" in client_of(people.ben).get("/calendar").text
    month = vera.get("/calendar?month=2027-03").text
    cell = re.search(r"<td><span[^>]*><span>5</span>.*?</td>", month, re.DOTALL)[0]
    assert "month__day--expected" in cell
    assert "month__visit--booked" in cell
    assert "infusion expected." in cell
    assert "visit planned." in cell


def test_a_visit_in_the_feed_and_as_a_file(people, client_of, move_clock):
    move_clock(NOW)
    visit = add_visit(people.circle)
    anyone, vera = client_of(None), client_of(people.vera)
    neutral, full = make_feed(people.ana, people.circle), make_feed(people.ana, people.circle, level="full")
    uid, link = f"{visit.public_id}@companion", f"/calendar/visits/{visit.public_id}.ics"
    file = anyone.get(full).data
    begins = datetime(2027, 3, 5, 14, tzinfo=UTC)
    for read in PARSERS.values():
        told = read(file)[uid]
        assert (told.begins, told.ends) == (begins, begins + timedelta(minutes=45))
        assert (told.title, told.place, told.status) == ("Dr Canary", "St Luke's", "CONFIRMED")
    words = anyone.get(neutral).text
    assert "SUMMARY:Appointment\r\n" in words
    for canary in ("Canary", "Luke", "Kanarienvogel", "eurolog"):
        assert canary not in words
    assert "Kanarienvogel" not in file.decode()
    assert link in vera.get(f"/visits/{visit.public_id}").text
    with transaction():
        visits.change_visit(visit, title="Dr Other", now=NOW)
    assert sequences(vera.get(link).data) == {uid: 1}
    assert sequences(anyone.get(full).data) == {uid: 1}
    with transaction():
        visits.cancel_visit(visit, now=NOW)
    gone = by_ical(anyone.get(full).data)[uid]
    assert (gone.status, gone.title) == ("CANCELLED", "Cancelled: Dr Other")
    assert sequences(vera.get(link).data) == {uid: 2}
    assert visit.public_id not in client_of(people.ana).get("/calendar?month=2027-03").text
    assert client_of(people.sam).get(link).status_code == 404


def test_who_drives_is_shown_and_told(people, client_of, move_clock):
    move_clock(NOW)
    regimen = start(people.circle, local_time="09:00")
    course = courses(regimen)[0]
    full, neutral = (make_feed(people.ana, people.circle, level=level) for level in ("full", "neutral"))
    anyone = client_of(None)
    anyone.get(full)
    with transaction():
        preparations.claim_duty(course, "drive", account=people.ben, now=NOW)
    assert "Ben drives" in client_of(people.ana).get("/calendar").text
    assert "You drive" in client_of(people.ben).get("/calendar").text
    file, uid = anyone.get(full).data, f"{course.days[0].public_id}@companion"
    assert by_ical(file)[uid].text.startswith("Ben drives\n")
    assert sequences(file)[uid] == 1
    assert "Ben" not in anyone.get(neutral).text
