"""The diary of days 1, 2, 3 and 7: one tap a day, never a verdict, a call first where the facts say so."""

from datetime import timedelta

import pytest

from companion import clock
from companion.circles.models import Contact
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import DiaryEntry
from tests import factories
from tests.infusions.plans import TODAY, courses, start
from tests.infusions.test_reactions import RED_FLAGS, given, page_of


def live() -> list[DiaryEntry]:
    db.session.expire_all()
    return db.session.query(DiaryEntry).filter(DiaryEntry.deleted_at.is_(None)).all()


def test_one_tap_a_day_and_undo(people, client_of):
    course, ana = given(people, 3), client_of(people.ana)
    page = ana.get(page_of(course)).text
    assert page.count("not entered") == 3
    assert page.count("still to come") == 1
    form = ana.get(page_of(course) + "/diary").text
    assert "Diary, day 3" in form
    assert form.index(RED_FLAGS) < form.index('id="headache"')
    assert "checked" not in form
    path = page_of(course) + "/diary"
    for _time in range(2):
        assert ana.post(path, data={"day": "2", "headache": "mild", "client_id": "a"}).location == page_of(course)
    [entry] = live()
    assert (entry.day, entry.on, entry.signs) == (2, TODAY - timedelta(days=1), frozenset())
    words = {"headache": "none", "temperature": "37,9 °C", "note": "Slept well", "client_id": "b"}
    ana.post(path, data={"day": "2", **words})
    [changed] = live()
    assert (changed.headache, changed.note) == ("none", "Slept well")
    assert "37,9" not in changed.temperature_sealed
    page = ana.get(page_of(course)).text
    assert "temperature 37,9 °C" in page
    assert "Slept well" in page
    for _time in range(2):
        ana.post(f"/diary-entries/{changed.public_id}/reversal")
    assert [one.headache for one in live()] == ["mild"]
    ana.post(f"/diary-entries/{entry.public_id}/reversal")
    assert live() == []


def test_deleted_and_put_back_even_when_the_day_was_written_again(people, client_of):
    course, ana = given(people, 1), client_of(people.ana)
    ana.post(page_of(course) + "/diary", data={"headache": "mild", "client_id": "a"})
    [first] = live()
    assert ana.get(f"/diary-entries/{first.public_id}").status_code == 200
    ana.post(f"/diary-entries/{first.public_id}/deletion")
    assert live() == []
    ana.post(page_of(course) + "/diary", data={"headache": "none", "client_id": "b"})
    ana.post(f"/diary-entries/{first.public_id}/restoration")
    assert [one.headache for one in live()] == ["mild"]


@pytest.mark.parametrize(("headache", "signs", "asks"), [("bad", ["light"], True), ("bad", [], False)])
def test_a_bad_headache_with_a_sign_shows_whom_to_call_first(people, client_of, headache, signs, asks):
    course, ana = given(people, 1), client_of(people.ana)
    with transaction():
        clinic = Contact(circle_id=people.circle.id, kind="clinic")
        clinic.name, clinic.phone = "St Luke’s", "+44 20 7946 0000"
        db.session.add(clinic)
    answer = ana.post(page_of(course) + "/diary", data={"headache": headache, "signs": signs, "client_id": "a"})
    page = ana.get(answer.location).text
    assert ("Same day: call the clinic or go to an emergency room" in page) is asks
    assert ("tel:+442079460000" in page) is asks
    assert "meningitis" not in page
    assert ("Headache: bad, light hurts the eyes" in ana.get(page_of(course)).text) is asks
    assert len(live()) == 1


def test_before_the_day_and_while_the_course_goes_on_there_is_none(people, client_of):
    ana = client_of(people.ana)
    planned = courses(start(people.circle, TODAY.isoformat(), now=clock.now()))[0]
    assert ana.get(page_of(planned) + "/diary").location == page_of(planned)
    running = courses(start(people.circle, (TODAY - timedelta(days=1)).isoformat(), day_offsets=[0, 1]))[0]
    with transaction():
        operations.record_day_done(running.days[0], given_on=TODAY - timedelta(days=1), now=clock.now())
    assert "Diary of the days after" not in ana.get(page_of(running)).text
    course = given(people, 1)
    for day in ("2", "4", "x"):
        answer = ana.post(page_of(course) + "/diary", data={"day": day, "headache": "bad", "client_id": day})
        assert answer.location == page_of(course)
    assert "The diary begins the day after the infusion." in ana.get(page_of(course)).text
    assert ana.post(page_of(course) + "/diary", data={"day": "1", "client_id": "b"}).status_code == 422
    assert live() == []
    with pytest.raises(operations.NoDiaryDay):
        operations.write_diary(course, day=2, today=TODAY, headache="none", now=clock.now())
    with pytest.raises(operations.NoDiaryDay):
        operations.write_diary(planned, day=1, today=TODAY, headache="none", now=clock.now())


def test_notes_stay_closed_and_a_calendar_helper_reads_nothing(people, client_of):
    with transaction():
        helper = factories.account("Mei", "mei@example.org")
        factories.membership(people.circle, helper, "full_help")
    course, ana, mei = given(people, 1), client_of(people.ana), client_of(helper)
    ana.post(page_of(course) + "/diary", data={"headache": "mild", "note": "For me", "client_id": "a"})
    assert "For me" not in mei.get(page_of(course)).text
    assert "For me" not in mei.get(page_of(course) + "/diary").text
    mei.post(page_of(course) + "/diary", data={"headache": "none", "client_id": "b"})
    assert [(one.headache, one.note) for one in live()] == [("none", "For me")]
    assert "Diary of the days after" not in client_of(people.ben).get(page_of(course)).text
    assert client_of(people.ben).get(page_of(course) + "/diary").status_code == 403


def test_today_asks_on_the_day_and_stops_when_it_is_answered(people, client_of):
    under_skin, ana = given(people, 2, route="SC"), client_of(people.ana)
    assert "How is the head?" not in ana.get("/").text
    course = given(people, 1)
    assert "Day 1 after the infusion" in ana.get("/").text
    assert "How is the head?" not in client_of(people.ben).get("/").text
    ana.post(page_of(course) + "/diary", data={"headache": "none", "client_id": "a"})
    assert "How is the head?" not in ana.get("/").text
    assert "Diary of the days after" in ana.get(page_of(under_skin)).text
