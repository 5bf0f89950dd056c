"""Infusions and their days: shown, answered, moved, refused with words, closed to others, sent twice."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from companion import clock
from companion.circles.models import Contact
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import BOOKED, Infusion, InfusionDay, Reaction, Vial
from tests.infusions.plans import TODAY, courses, start


def plan(people: Any, days_ago: int = 1, **values: Any) -> Any:
    first_on = TODAY - timedelta(days=days_ago)
    return start(
        people.circle,
        first_on.isoformat(),
        **{"day_offsets": [0, 1], "place": "St Luke’s", "now": clock.now(), **values},
    )


def page_of(course: Infusion) -> str:
    return f"/infusions/{course.public_id}"


def path_of(day: InfusionDay, noun: str) -> str:
    return f"/infusion-days/{day.public_id}/{noun}"


def undo_path(page: str) -> str:
    return "/plan-changes/" + page.split('action="/plan-changes/')[1].split('"')[0]


def fresh(day: InfusionDay) -> InfusionDay:
    db.session.expire_all()
    return db.session.get_one(InfusionDay, day.id)


def test_the_page_asks_about_the_day_that_is_due(people, client_of):
    course = courses(plan(people))[0]
    page = client_of(people.ana).get(page_of(course)).text
    assert "Did day 1 happen?" in page
    assert "St Luke’s" in page
    assert "Not answered" in page
    assert "/emergency" in page
    assert "Lots unknown" in page
    assert "Day 2" in page


def test_one_tap_says_done_and_undo_takes_it_back(people, client_of):
    course = courses(plan(people))[0]
    day, client = course.days[0], client_of(people.vera)
    answer = client.post(path_of(day, "completion"), data={"client_id": "a"})
    assert answer.status_code == 303
    assert (fresh(day).state, fresh(day).given_on) == ("done", TODAY - timedelta(days=1))
    assert fresh(day).answered_by_id == people.vera.id
    page = client.get(page_of(course)).text
    assert "Day 1: done on" in page
    assert client.post(undo_path(page)).status_code == 303
    assert fresh(day).state == "planned"
    assert client.post(undo_path(page)).status_code == 303


def test_sent_twice_counts_once_and_the_first_answer_stays(people, client_of):
    day = courses(plan(people))[0].days[0]
    ana, ben = client_of(people.ana), client_of(people.ben)
    for _time in range(2):
        assert ana.post(path_of(day, "completion"), data={"client_id": "a"}).status_code == 303
    assert ben.post(path_of(day, "skip"), data={"client_id": "b"}).status_code == 303
    assert fresh(day).state == "done"
    assert "already answered" in ben.get(page_of(fresh(day).infusion)).text
    ben.post(path_of(day, "skip"), data={"client_id": "c", "again": "1", "reason": "ill"})
    assert (fresh(day).state, fresh(day).skip_reason) == ("skipped", "ill")


def test_done_with_the_real_date_and_grams(people, client_of):
    regimen = plan(people, days_ago=3, day_offsets=[0])
    day, next_one = courses(regimen)[0].days[0], courses(regimen)[1].id
    client = client_of(people.ana)
    assert (TODAY - timedelta(days=3)).isoformat() in client.get(path_of(day, "completion")).text
    on = (TODAY - timedelta(days=1)).isoformat()
    client.post(path_of(day, "completion"), data={"given_on": on, "grams": "12,5", "client_id": "a"})
    assert (fresh(day).given_on.isoformat(), fresh(day).grams_given) == (on, Decimal("12.5"))
    assert db.session.get_one(Infusion, next_one).first_on == TODAY + timedelta(days=27)
    assert "The next three expected dates move to" in client.get(page_of(fresh(day).infusion)).text


def test_given_in_part(people, client_of):
    day, client = courses(plan(people))[0].days[0], client_of(people.ana)
    client.post(path_of(day, "partial"), data={"grams": "6", "client_id": "a"})
    assert (fresh(day).state, fresh(day).grams_given) == ("partial", Decimal(6))
    assert "Given in part" in client.get(page_of(fresh(day).infusion)).text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"given_on": (TODAY + timedelta(days=1)).isoformat()}, "This day is still to come."),
        ({"given_on": "2027-02-30"}, "This day does not exist."),
        ({"given_on": "1999-01-01"}, "This date is long ago."),
        ({"grams": "-1"}, "Type the grams"),
        ({"grams": "9999"}, "Type the grams"),
        ({"grams": "twelve"}, "Type a number in digits"),
    ],
)
def test_an_impossible_answer_is_refused_and_kept(people, client_of, values, words):
    day = courses(plan(people))[0].days[0]
    answer = client_of(people.ana).post(path_of(day, "completion"), data={"client_id": "a", **values})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{next(iter(values.values()))}"' in answer.text
    assert fresh(day).state == "planned"


def test_moved_keeps_the_booked_one_and_offers_the_call(people, client_of):
    regimen = plan(people, days_ago=-2, day_offsets=[0])
    first, second = courses(regimen)[:2]
    with transaction():
        operations.book_infusion(second, now=clock.now())
        clinic = Contact(circle_id=people.circle.id, kind="clinic")
        clinic.name, clinic.phone = "St Luke’s", "+44 20 7946 0000"
        db.session.add(clinic)
    client = client_of(people.ben)
    to_on = (TODAY + timedelta(days=5)).isoformat()
    answer = client.post(
        path_of(first.days[0], "move"), data={"to_on": to_on, "local_time": "10:30", "client_id": "a"}
    )
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Infusion moved to" in page
    assert "stays. Call the clinic to change it?" in page
    assert 'href="tel:+442079460000"' in page
    assert "Moved from" in page
    assert fresh(first.days[0]).local_time == "10:30"
    assert fresh(second.days[0]).planned_on == TODAY + timedelta(days=30)


@pytest.mark.parametrize(
    ("to_on", "words"),
    [
        ("", "Choose the new date."),
        ("2027-13-01", "This day does not exist."),
        ((TODAY + timedelta(days=30)).isoformat(), "The next one is booked for"),
        ((TODAY + timedelta(days=900)).isoformat(), "This date is far ahead."),
    ],
)
def test_an_impossible_move_is_refused(people, client_of, to_on, words):
    regimen = plan(people, days_ago=-2)
    first, second = courses(regimen)[:2]
    with transaction():
        operations.book_infusion(second, now=clock.now())
    answer = client_of(people.ana).post(path_of(first.days[0], "move"), data={"to_on": to_on, "client_id": "a"})
    assert answer.status_code == 422
    assert words in answer.text
    assert fresh(first.days[0]).planned_on == TODAY + timedelta(days=2)


def test_a_move_to_the_same_day_and_time_is_no_move(people, client_of):
    day = courses(plan(people, days_ago=-2))[0].days[0]
    client = client_of(people.ana)
    same = {"to_on": fresh(day).planned_on.isoformat(), "local_time": fresh(day).local_time or ""}
    answer = client.post(path_of(day, "move"), data=same | {"client_id": "a"})
    assert answer.status_code == 422
    assert "This is the date it has now. Choose another day or time." in answer.text
    answer = client.post(path_of(day, "move"), data=same | {"local_time": "15:45", "client_id": "b"})
    assert answer.status_code == 303
    assert fresh(day).local_time == "15:45"
    answer = client.post(
        path_of(day, "move"), data=same | {"local_time": "15:45", "booked": "booked", "client_id": "c"}
    )
    assert answer.status_code == 303
    assert fresh(day).infusion.certainty == BOOKED


def test_still_on_and_booked(people, client_of):
    course = courses(plan(people, days_ago=-2))[0]
    client = client_of(people.ana)
    client.post(path_of(course.days[0], "confirmation"), data={"client_id": "a"})
    assert fresh(course.days[0]).confirmed_at is not None
    assert "Mark as booked" in client.get(page_of(course)).text
    client.post(page_of(course) + "/booking", data={"certainty": "booked"})
    client.post(page_of(course) + "/booking", data={"certainty": "booked"})
    assert fresh(course.days[0]).infusion.certainty == BOOKED
    assert "The clinic gave this date." in client.get(page_of(course)).text


def test_lots_are_added_deleted_and_put_back(people, client_of):
    course = courses(plan(people))[0]
    client = client_of(people.ana)
    data = {"lot": " le12-x345ab ", "grams": "10", "expires": "03/2028", "client_id": "a"}
    for _time in range(2):
        assert client.post(page_of(course) + "/vials", data=data).status_code == 303
    vial = db.session.query(Vial).one()
    assert (vial.lot, vial.lot_normalised, vial.expires_on) == ("le12-x345ab", "LE12X345AB", date(2028, 3, 31))
    page = client.get(page_of(course)).text
    assert "use by 03/2028" in page
    assert "Lots unknown" not in page
    assert "le12" not in client.get(page_of(course) + "/vials/new").text
    client.post(f"/vials/{vial.public_id}/deletion")
    assert "Lots unknown" in client.get(page_of(course)).text
    client.post(f"/vials/{vial.public_id}/restoration")
    assert "le12-x345ab" in client.get(page_of(course)).text


@pytest.mark.parametrize(
    "values", [{"lot": ""}, {"expires": "soon"}, {"expires": "13/13"}, {"grams": "0"}, {"lot": "x" * 70}]
)
def test_a_bad_lot_is_refused(people, client_of, values):
    course = courses(plan(people))[0]
    data = {"lot": "LE1", "client_id": "a", **values}
    assert client_of(people.ana).post(page_of(course) + "/vials", data=data).status_code == 422
    assert db.session.query(Vial).count() == 0


def test_reactions_are_sealed_and_open_to_few(people, client_of):
    course = courses(plan(people))[0]
    ana = client_of(people.ana)
    assert "Stop and call for help." in ana.get(page_of(course) + "/reactions/new").text
    what = "Headache 🤕 صداع <b>"
    data = {"what": what, "severity": "mild", "started_on": TODAY.isoformat(), "client_id": "a"}
    assert ana.post(page_of(course) + "/reactions", data=data).status_code == 303
    reaction = db.session.query(Reaction).one()
    assert "Headache" not in reaction.what_sealed
    assert "Headache 🤕 صداع &lt;b&gt;" in ana.get(page_of(course)).text
    assert "Headache" not in client_of(people.vera).get(page_of(course)).text
    assert client_of(people.ben).post(page_of(course) + "/reactions", data=data).status_code == 403
    ana.post(f"/reactions/{reaction.public_id}/deletion")
    assert "None entered." in ana.get(page_of(course)).text
    ana.post(f"/reactions/{reaction.public_id}/restoration")
    assert "Mild" in ana.get(page_of(course)).text


@pytest.mark.parametrize("values", [{"what": ""}, {"severity": "none"}, {"started_on": ""}, {"what": "x" * 100_000}])
def test_a_bad_reaction_is_refused(people, client_of, values):
    course = courses(plan(people))[0]
    data = {"what": "Rash", "severity": "mild", "started_on": TODAY.isoformat(), "client_id": "a", **values}
    assert client_of(people.ana).post(page_of(course) + "/reactions", data=data).status_code == 422
    assert db.session.query(Reaction).count() == 0


def test_the_list_shows_what_comes_and_what_was(people, client_of):
    regimen = plan(people, days_ago=30)
    assert len(courses(regimen)) > 5
    page = client_of(people.vera).get("/infusions").text
    assert "Coming up" in page
    assert "Later dates" in page
    assert len(re.findall('href="/infusions/', page)) == len(courses(regimen))
    assert "No infusion is planned." in client_of(people.sam).get("/infusions").text


@pytest.mark.parametrize("noun", ["", "completion", "partial", "skip", "move"])
def test_pages_of_a_day_open(people, client_of, noun):
    day = courses(plan(people))[0].days[0]
    path = path_of(day, noun).rstrip("/")
    for language in ("en", "zh"):
        assert client_of(people.ana).get(f"{path}?lang={language}").status_code == 200
    assert client_of(people.sam).get(path).status_code == 404
    assert client_of(people.vera).get(path).status_code == (403 if noun == "move" else 200)


def test_who_may(people, client_of):
    course = courses(plan(people))[0]
    day = course.days[0]
    vera, sam = client_of(people.vera), client_of(people.sam)
    answers = [path_of(day, noun) for noun in ("completion", "partial", "skip", "confirmation")]
    for path in [*answers, path_of(day, "move"), page_of(course) + "/booking", page_of(course) + "/vials"]:
        assert sam.post(path, data={"client_id": "x"}).status_code == 404
    assert sam.get(page_of(course)).status_code == 404
    assert vera.get(page_of(course)).status_code == 200
    assert vera.post(path_of(day, "move"), data={"to_on": TODAY.isoformat()}).status_code == 403
    assert vera.post(page_of(course) + "/booking").status_code == 403
    assert fresh(day).state == "planned"


def test_undoing_a_move_needs_the_right_to_move(people, client_of):
    day = courses(plan(people, days_ago=-2))[0].days[0]
    ben = client_of(people.ben)
    to_on = (TODAY + timedelta(days=4)).isoformat()
    location = ben.post(path_of(day, "move"), data={"to_on": to_on, "client_id": "a"}).location
    path = undo_path(ben.get(location).text)
    assert client_of(people.vera).post(path).status_code == 403
    assert client_of(people.sam).post(path).status_code == 404
    assert fresh(day).planned_on == TODAY + timedelta(days=4)
    ben.post(path_of(day, "move"), data={"to_on": (TODAY + timedelta(days=5)).isoformat(), "client_id": "b"})
    ben.post(path)
    assert "cannot be undone" in ben.get(page_of(fresh(day).infusion)).text


def test_a_course_that_fell_out_of_the_plan_is_gone(people, client_of):
    regimen = plan(people, days_ago=-2)
    course = courses(regimen)[0]
    with transaction():
        operations.end_regimen(regimen, now=clock.now())
    client = client_of(people.ana)
    assert client.get(page_of(course)).status_code == 404
    assert client.post(path_of(course.days[0], "completion"), data={"client_id": "a"}).status_code == 404


def test_the_list_keeps_older_years_one_link_away(people, client_of):
    old = start(people.circle, f"{TODAY.year - 2}-03-05", now=clock.now() - timedelta(days=900))
    client, first = client_of(people.vera), courses(old)[0]
    page = client.get("/infusions").text
    assert f"/infusions?year={TODAY.year - 2}" in page
    of_year = client.get(f"/infusions?year={TODAY.year - 2}").text
    assert first.public_id in of_year
    assert "Coming up" not in of_year
    assert client.get("/infusions?year=1950").text.count("Coming up") == 1
