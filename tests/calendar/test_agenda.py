"""The calendar: the month as a picture with words, and the agenda."""

import re
from datetime import timedelta

import pytest

from companion import clock
from companion.calendar import queries
from companion.database import transaction
from companion.infusions import operations
from tests.infusions.plans import NOW, TODAY, D, at, book, courses, day_of, start


def soon(people, **values):
    first_on = (TODAY + timedelta(days=2)).isoformat()
    return start(people.circle, first_on, now=clock.now(), **values)


def test_booked_and_expected_differ_in_words_and_shape(people, client_of):
    regimen = soon(people, day_offsets=[0, 1])
    book(regimen, 0)
    page = client_of(people.vera).get("/calendar").text
    assert "Infusion, day 1 of 2" in page
    assert "chip--booked" in page
    assert "chip--expected" in page
    assert "agenda-row__body--expected" in page
    assert f"/infusions/{courses(regimen)[0].public_id}" in page


def test_the_picture_says_what_it_shows(people, client_of):
    regimen = start(people.circle)
    with transaction():
        operations.record_day_done(day_of(regimen), now=at("2027-03-05"))
    page = client_of(people.ana).get("/calendar?month=2027-03").text
    assert "March 2027" in page
    assert "infusion done" in page
    assert "In this month" in page
    april = client_of(people.ana).get("/calendar?month=2027-04").text
    assert april.count("infusion expected") == 2
    assert "2027年4月" in client_of(people.ana).get("/calendar?month=2027-04&lang=zh").text


@pytest.mark.parametrize("month", ["never", "2027-13", "2027-1", "0001-01", "9999-12", "2027-03-05", "١٢٣٤-٠١"])
def test_a_bad_month_is_this_month(people, client_of, month):
    answer = client_of(people.ana).get("/calendar", query_string={"month": month})
    assert answer.status_code == 200
    assert "In this month" in answer.text
    assert "month__day--today" in answer.text


def test_an_empty_calendar_says_what_to_do(people, client_of):
    assert "/regimens/new" in client_of(people.ana).get("/calendar").text
    assert "/regimens/new" not in client_of(people.vera).get("/calendar").text


def test_past_days_without_an_answer_are_asked_about(people, client_of):
    start(people.circle, (TODAY - timedelta(days=2)).isoformat(), now=clock.now())
    assert "Did these happen?" in client_of(people.ana).get("/calendar").text


def test_no_one_else_sees_it(people, client_of):
    soon(people)
    sam = client_of(people.sam)
    assert "Infusion" not in re.sub("(?s)<footer.*", "", sam.get("/calendar").text).replace("Infusion days in", "")
    assert sam.get(f"/calendar?circle={people.circle.public_id}").status_code == 404
    assert client_of(None).get("/calendar").status_code == 303


def test_weeks_begin_on_monday_and_hold_the_whole_month(people):
    weeks = queries.weeks_of(D("2027-03-01"), [], NOW.date())
    days = [cell.on.day for week in weeks for cell in week if cell]
    assert days == list(range(1, 32))
    assert weeks[0][0].is_today
    assert {len(week) for week in weeks} == {7}


def test_a_moved_day_stands_on_its_real_date(people):
    regimen = start(people.circle)
    with transaction():
        operations.record_day_done(day_of(regimen), given_on=D("2027-03-08"), now=at("2027-03-08"))
    rows = queries.rows_between(people.circle, D("2027-03-01"), D("2027-03-31"), NOW.date())
    assert [(row.on.isoformat(), row.mark, row.edge) for row in rows] == [("2027-03-08", "done", "done")]


def test_the_agenda_shows_at_least_a_few(people):
    start(people.circle, interval_count=8)
    assert len(queries.coming_up(people.circle, NOW.date())) == queries.LEAST_ROWS


def test_the_calendar_ends_with_one_thing_to_do_and_a_list_of_pages(people, client_of):
    soon(people)
    for address in ("/calendar", "/calendar?month=now"):
        page = client_of(people.ana).get(address).text
        main = page[page.index("<main") : page.index("</main")]
        assert re.findall(r'button--main" href="([^"]+)"', main) == ["/visits/new"]
        ways = re.search(r"<nav class=\"card\".*?</nav>", main, re.S).group()
        assert re.findall(r'href="([^"]+)"', ways) == ["/calendar/feeds", "/infusions", "/visits", "/regimens"]
        assert "/visits/new" not in client_of(people.vera).get(address).text
