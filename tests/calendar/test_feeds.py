"""Calendar feeds: made, shown once, read, replaced, switched off; what each says, and to whom."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion.accounts.queries import token_hash
from companion.calendar.models import CalendarFeed
from companion.calendar.queries import EMPTY_DAYS
from companion.circles.models import Membership
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from tests.calendar.feeds import make_feed, sequences, shown_address, told_by
from tests.calendar.reading import by_ical, lines_of
from tests.infusions.plans import NOW, D, book, courses, day_of, start

sqlite_only = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
CANARIES = ("Wilhelmina", "Canary Ward", "Canarix", "Kanarienvogel")


@pytest.fixture
def at_noon(move_clock):
    move_clock(NOW)
    return move_clock


def feeds() -> list[CalendarFeed]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(CalendarFeed).order_by(CalendarFeed.id)))


def make_by_page(client, **form) -> str:
    """Press the button; returns the page with the address."""
    answer = client.post("/calendar/feeds", data=form)
    assert answer.status_code == 303
    return answer.location


def test_made_once_and_shown_once(people, client_of, at_noon):
    start(people.circle)
    vera, form = client_of(people.vera), {"client_id": "one"}
    page = vera.get("/calendar/feeds/new").text
    assert "Shown as “Appointment”" in page
    assert re.search(r'value="neutral" checked', page)
    location = make_by_page(vera, **form)
    assert make_by_page(vera, **form) == location
    (feed,) = feeds()
    assert (feed.level, feed.with_alarms, feed.last_fetched_at) == ("neutral", False, None)
    address = shown_address(vera.get(location).text)
    token = address.removeprefix("/calendar/feeds/").removesuffix(".ics")
    assert feed.token_hash == token_hash(token)
    assert re.search(rf"webcal://[^/]+{address}", vera.get(location).text)
    assert len(told_by(client_of(None), address)) == 15
    assert shown_address(client_of(people.vera).get(location).text) is None, "another browser"
    assert "Not yet" not in vera.get("/calendar/feeds").text
    assert shown_address(vera.get(location).text) is None, "it was added"
    assert "cannot be shown again" in vera.get(location).text
    location = make_by_page(vera, level="full", with_alarms="1")
    at_noon(NOW + timedelta(minutes=11))
    assert shown_address(vera.get(location).text) is None, "ten minutes later"
    assert vera.post("/calendar/feeds", data={"level": "all"}).status_code == 422


def test_neutral_tells_nothing(people, client_of, at_noon):
    with transaction():
        people.circle.patient_name = "Wilhelmina"
    regimen = start(people.circle, place="Canary Ward", product="Canarix", local_time="09:00", day_offsets=[0, 1])
    book(regimen, 0)
    with transaction():
        courses(regimen)[0].note = "Kanarienvogel"
    anyone = client_of(None)
    neutral, time_only, full, own = (
        anyone.get(make_feed(account, people.circle, level=level))
        for account, level in (
            *((people.ben, "neutral"), (people.ben, "time"), (people.ben, "full")),
            (people.ana, "full"),
        )
    )
    for answer in (neutral, time_only):
        # Random ids may hold any three letters.
        words = "\n".join(line for line in lines_of(answer.data) if not line.startswith(("UID:", "URL"))).lower()
        assert "appointment" in words
        assert not [one for one in (*CANARIES, "infusion", "mmn") if one.lower() in words]
    titles = [{told.title for told in by_ical(answer.data).values()} for answer in (neutral, time_only, full, own)]
    assert titles[0] == {"Appointment"}
    assert {"Appointment, day 1 of 2", "Appointment, day 1 of 2 (expected)"} <= titles[1]
    assert {"Wilhelmina: Infusion, day 1 of 2", "Wilhelmina: Infusion, day 2 of 2 (expected)"} <= titles[2]
    assert "Infusion, day 1 of 2" in titles[3]
    assert "LOCATION:Canary Ward" in lines_of(full.data)
    assert "Canarix" not in full.text
    assert "Kanarienvogel" not in full.text
    assert "X-WR-CALNAME;LANGUAGE=en:Appointments" in lines_of(full.data)
    assert "VALARM" not in full.text
    chinese = anyone.get(make_feed(people.ana, people.circle, level="full", language="zh", with_alarms=True))
    assert "SUMMARY:输液，第 1 天，共 2 天（预计）" in lines_of(chinese.data)
    assert chinese.text.count("BEGIN:VALARM") == 2 * chinese.text.count("BEGIN:VEVENT")


def test_an_answer_is_private_and_says_when_nothing_is_new(people, client_of, at_noon):
    regimen = start(people.circle)
    path, anyone = make_feed(people.ana, people.circle), client_of(None)
    answer = anyone.get(path)
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers
    assert NOW <= feeds()[0].last_fetched_at < NOW + timedelta(minutes=1)
    at_noon(NOW + timedelta(minutes=10))
    again = anyone.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert feeds()[0].last_fetched_at >= NOW + timedelta(minutes=10)
    assert anyone.head(path).headers["ETag"] == answer.headers["ETag"]
    with transaction():
        operations.skip_day(day_of(regimen), now=NOW)
    changed = anyone.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert changed.status_code == 200


def test_each_change_has_a_higher_sequence(people, client_of, at_noon):
    regimen = start(people.circle, local_time="09:00")
    path, anyone = make_feed(people.ana, people.circle), client_of(None)
    first = anyone.get(path)
    assert set(sequences(first.data).values()) == {0}
    uids = [f"{course.days[0].public_id}@companion" for course in courses(regimen)]
    at_noon(NOW + timedelta(hours=1))
    with transaction():
        operations.move_day(day_of(regimen), to_on=D("2027-03-09"), now=NOW)
    moved = anyone.get(path)
    assert all(sequences(moved.data)[uid] == 1 for uid in uids[:-1]), "all expected ones follow the real date"
    assert by_ical(moved.data)[uids[0]].begins.date() == D("2027-03-09")
    assert any(line.startswith("LAST-MODIFIED:20270301T130") for line in lines_of(moved.data))
    book(regimen, 1)
    booked = sequences(anyone.get(path).data)
    assert (booked[uids[1]], booked[uids[2]]) == (2, 1), "certainty counts as a change"
    with transaction():
        operations.skip_day(day_of(regimen, 2), now=NOW)
    skipped = anyone.get(path)
    assert by_ical(skipped.data)[uids[2]].status == "CANCELLED"
    assert sequences(skipped.data)[uids[2]] == 2


def test_a_plan_that_comes_back_is_told_again(people, client_of, at_noon):
    regimen = start(people.circle)
    path, anyone = make_feed(people.ana, people.circle), client_of(None)
    with transaction():
        change = operations.end_regimen(regimen, on=D("2027-03-02"), now=NOW)
    assert {told.status for told in told_by(anyone, path)} == {"CANCELLED"}
    with transaction():
        operations.undo_change(change, now=NOW)
    file = anyone.get(path).data
    assert {told.status for told in by_ical(file).values()} == {"TENTATIVE"}
    assert set(sequences(file).values()) == {2}


def test_switched_off_it_empties_and_then_goes(people, client_of, at_noon):
    start(people.circle)
    ben, anyone = client_of(people.ben), client_of(None)
    path = shown_address(ben.get(make_by_page(ben)).text)
    (feed,) = feeds()
    answer = ben.post(f"/calendar/feeds/{feed.public_id}/revocation")
    assert answer.status_code == 303
    page = ben.get("/calendar/feeds").text
    assert f"/calendar/feeds/{feed.public_id}/revocation/undo" in page
    assert "Make a calendar address" in page
    assert told_by(anyone, path) == []
    ben.post(f"/calendar/feeds/{feed.public_id}/revocation/undo")
    assert len(told_by(anyone, path)) == 15
    assert "cannot be undone" in ben.get(f"/calendar/feeds/{feed.public_id}/rotation").text
    location = ben.post(f"/calendar/feeds/{feed.public_id}/rotation", data={"client_id": "r"}).location
    assert ben.post(f"/calendar/feeds/{feed.public_id}/rotation", data={"client_id": "r"}).location == location
    new_path = shown_address(ben.get(location).text)
    assert told_by(anyone, path) == []
    assert len(told_by(anyone, new_path)) == 15
    ben.post(f"/calendar/feeds/{feed.public_id}/revocation/undo")
    assert told_by(anyone, path) == [], "a rotation cannot be undone"
    at_noon(NOW + timedelta(days=EMPTY_DAYS, minutes=-1))
    assert anyone.get(path).status_code == 200
    at_noon(NOW + timedelta(days=EMPTY_DAYS, minutes=1))
    gone, unknown = anyone.get(path), anyone.get(f"/calendar/feeds/{'x' * 43}.ics")
    assert gone.status_code == unknown.status_code == 404
    assert gone.data == unknown.data
    assert [(k, v) for k, v in gone.headers if k != "Date"] == [(k, v) for k, v in unknown.headers if k != "Date"]
    assert anyone.get(new_path).status_code == 200


def test_it_dies_with_the_role(people, client_of, at_noon):
    start(people.circle)
    path, anyone = make_feed(people.vera, people.circle), client_of(None)
    assert len(told_by(anyone, path)) == 15
    with transaction():
        member = next(m for m in people.circle.memberships if m.account_id == people.vera.id)
        member.rights = frozenset({"answer"})
    assert told_by(anyone, path) == []
    assert feeds()[0].revoked_at >= NOW
    vera = client_of(people.vera)
    assert "Switch off" not in vera.get("/calendar/feeds").text
    assert vera.get(f"/calendar/feeds/{feeds()[0].public_id}/rotation").status_code == 404
    assert vera.get("/calendar/feeds/new").status_code == 403
    with transaction():
        member = db.session.get(Membership, member.id)
        member.rights = frozenset({"see_dates"})
    assert told_by(anyone, path) == [], "a right that comes back opens no old address"
    with transaction():
        db.session.delete(db.session.get(Membership, member.id))
    assert told_by(anyone, path) == []


@sqlite_only
def test_a_feed_belongs_to_one_person(people, client_of, at_noon):
    start(people.circle)
    make_feed(people.ana, people.circle)
    (feed,) = feeds()
    for other in (people.ben, people.sam):
        client = client_of(other)
        assert feed.public_id not in client.get("/calendar/feeds").text
        for path in ("address", "rotation"):
            assert client.get(f"/calendar/feeds/{feed.public_id}/{path}").status_code == 404
        for path in ("rotation", "revocation", "revocation/undo"):
            assert client.post(f"/calendar/feeds/{feed.public_id}/{path}").status_code == 404
    assert feeds()[0].revoked_at is None
    sam = client_of(people.sam)
    assert sam.get(f"/calendar/feeds/new?circle={people.circle.public_id}").status_code == 404


@sqlite_only
def test_a_program_that_asks_without_end_is_slowed_down(people, client_of, at_noon):
    path, anyone = make_feed(people.ana, people.circle), client_of(None)
    other = make_feed(people.ben, people.circle)
    assert [anyone.get(path).status_code for _ in range(11)] == [200] * 10 + [429]
    assert anyone.get(other).status_code == 200, "each address counts for itself"


def test_one_infusion_as_a_file(people, client_of, at_noon):
    regimen = start(people.circle, local_time="09:00", day_offsets=[0, 1], place="St Luke's")
    path, anyone = make_feed(people.ana, people.circle), client_of(None)
    course, vera = courses(regimen)[0], client_of(people.vera)
    link = f"/calendar/infusions/{course.public_id}.ics"
    assert link in vera.get(f"/infusions/{course.public_id}").text
    answer = vera.get(link)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    with transaction():
        operations.move_day(day_of(regimen), to_on=D("2027-03-09"), now=NOW)
    in_feed, in_file = sequences(anyone.get(path).data), sequences(vera.get(link).data)
    assert list(in_file.values()) == [1, 1]
    assert in_file.items() <= in_feed.items()
    assert [told.place for told in by_ical(vera.get(link).data).values()] == ["St Luke's"] * 2
    assert client_of(people.sam).get(link).status_code == 404
    with transaction():
        course.cancelled_at = NOW
    assert vera.get(link).status_code == 404
