"""The end of a plan: today, on a date, at another date, not at all after all; sent twice it ends once."""

from datetime import timedelta

import sqlalchemy as sa
from flask_babel import force_locale

from companion import clock
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import PlanChange, Regimen
from companion.infusions.operations import change_sentence
from tests.infusions.plans import NOW, TODAY, D, at, book, courses, day_of, first_dates, start

CHANGES = sa.select(sa.func.count(PlanChange.id))


def end(regimen, **values):
    with transaction():
        return operations.end_regimen(regimen, now=NOW, **values)


def said(app, change, lang="en"):
    with app.test_request_context(), force_locale(lang):
        return change_sentence(change)


# The rules


def test_dates_from_the_end_on_go_away_and_are_named(people, app):
    regimen = start(people.circle, "2027-03-05")
    book(regimen, 2)
    change = end(regimen, on=D("2027-04-02"))
    assert first_dates(regimen) == ["2027-03-05", "2027-04-30"]
    assert said(app, change) == (
        "The plan ends on 2 Apr 2027. 2 Apr 2027, 28 May 2027, 25 Jun 2027 and 10 more are no longer expected. "
        "30 Apr 2027 stays booked."
    )
    assert "另有 10 个日期" in said(app, change, "zh")
    with transaction():
        operations.undo_change(change, now=NOW)
    assert (regimen.ended_on, len(courses(regimen))) == (None, 15)


def test_answered_days_stay_when_a_plan_ends(people):
    regimen = start(people.circle, "2027-02-26", day_offsets=[0, 1, 4])
    with transaction():
        operations.record_day_done(day_of(regimen), now=at("2027-02-26"))
        operations.record_day_done(day_of(regimen, number=2), now=at("2027-02-27"))
    end(regimen)
    (course,) = courses(regimen)
    assert [day.state for day in course.days] == ["done", "done", "planned"]


def test_an_end_that_lies_ahead_moves_and_its_dates_come_back(people, app):
    regimen = start(people.circle, "2027-03-05")
    end(regimen, on=D("2027-04-02"))
    later = end(regimen, on=D("2027-05-01"))
    assert first_dates(regimen) == ["2027-03-05", "2027-04-02", "2027-04-30"]
    assert said(app, later) == "The plan ends on 1 May 2027."
    with transaction():
        change = operations.keep_regimen(regimen, now=NOW)
    assert (regimen.ended_on, len(courses(regimen))) == (None, 15)
    assert said(app, change) == "The plan goes on. It has no end date."
    with transaction():
        operations.undo_change(change, now=NOW)
    assert first_dates(regimen) == ["2027-03-05", "2027-04-02", "2027-04-30"]


# The page


def begin(people, **values):
    return start(people.circle, (TODAY + timedelta(days=6)).isoformat(), now=clock.now(), **values)


def test_the_page_asks_for_the_date_and_keeps_what_was_typed(people, client_of):
    client, regimen = client_of(people.ana), begin(people)
    url = f"/regimens/{regimen.public_id}"
    page = client.get(f"{url}/edit").text
    assert "checked" in page.split('name="ends"')[1].split(">")[0]
    assert "It does not end after all" not in page
    for on, words in [
        ("", "Choose when the plan ends."),
        ("2027-02-30", "This day does not exist."),
        ((TODAY - timedelta(days=1)).isoformat(), "This date is over. Choose today or a later day."),
    ]:
        answer = client.post(f"{url}/ending", data={"ends": "date", "ends_on": on})
        assert (answer.status_code, words in answer.text, f'value="{on}"' in answer.text) == (422, True, True)
        assert answer.text.split("End this plan")[0].count('<details class="more" open>') == 2
    assert client.post(f"{url}/ending", data={"ends": "moon"}).status_code == 422


def test_a_plan_ends_once_on_a_date_and_goes_on_after_all(people, client_of):
    client, regimen = client_of(people.ben), begin(people)
    url, on = f"/regimens/{regimen.public_id}", TODAY + timedelta(days=40)
    for _twice in range(2):
        client.post(f"{url}/ending", data={"ends": "date", "ends_on": on.isoformat(), "client_id": "end"})
    assert (db.session.scalar(CHANGES), len(courses(regimen))) == (1, 2)
    page = client.get("/regimens").text
    assert ("more are no longer expected." in page, "/undo" in page) == (True, True)
    assert f'value="{on.isoformat()}"' in client.get(f"{url}/edit").text
    client.post(f"{url}/ending", data={"ends": "never", "client_id": "on"})
    assert "It has no end date." in client.get("/regimens").text
    assert (db.session.get_one(Regimen, regimen.id).ended_on, len(courses(regimen)) > 10) == (None, True)


def test_ended_twice_by_a_double_tap_it_still_offers_undo(people, client_of):
    client, regimen = client_of(people.ana), begin(people)
    for _twice in range(2):
        client.post(f"/regimens/{regimen.public_id}/ending", data={"client_id": "end"})
    page = client.get("/regimens").text
    assert ("The plan has ended." in page, "/undo" in page) == (True, True)
    assert (db.session.scalar(CHANGES), courses(regimen)) == (1, [])


def test_a_new_dose_sent_twice_is_one_change_with_undo(people, client_of):
    client, regimen = client_of(people.ana), begin(people)
    first_on = (TODAY + timedelta(days=6)).isoformat()
    plan = {"first_on": first_on, "rhythm": "4-week", "days": "1", "tz": "Europe/London"}
    dose = {"dose": "70", "dose_unit": "g", "dose_counts": "next", "client_id": "dose"}
    for _twice in range(2):
        assert client.post(f"/regimens/{regimen.public_id}", data=plan | dose).status_code == 303
    page = client.get("/regimens").text
    assert ("70 g, every 4 weeks" in page, "/undo" in page) == (True, True)
    assert db.session.scalar(CHANGES) == 1
