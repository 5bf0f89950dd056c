"""What others read of infusions."""

import pytest

from companion.database import transaction
from companion.infusions import operations, queries
from tests.infusions.plans import NOW, D, at, book, courses, day_of, start
from tests.infusions.test_plans import done


def test_the_next_one_is_the_first_open_day(people):
    regimen = start(people.circle, day_offsets=[0, 1])
    first, second = courses(regimen)[:2]
    done(day_of(regimen), now=at("2027-03-05"))
    assert queries.next_infusion(people.circle, D("2027-03-06")).id == first.id
    assert queries.next_infusion(people.circle, D("2027-03-07")).id == second.id
    assert queries.next_infusion(people.sams_circle, D("2027-03-01")) is None


def test_open_days_are_past_or_today_and_without_an_answer(people):
    regimen = start(people.circle, day_offsets=[0, 1])
    done(day_of(regimen), now=at("2027-03-05"))
    assert [day.number for day in queries.open_days(people.circle, D("2027-03-05"))] == []
    assert [day.number for day in queries.open_days(people.circle, D("2027-03-09"))] == [2]


def test_a_skipped_course_starts_no_cycle(people):
    regimen = start(people.circle)
    assert queries.cycle_day(people.circle, D("2027-03-20")) is None
    done(day_of(regimen), "2027-03-06", at("2027-03-06"))
    with transaction():
        operations.skip_day(day_of(regimen, 1), now=at("2027-04-03"))
    assert queries.last_given_first_on(people.circle, D("2027-04-10")) == D("2027-03-06")
    assert queries.cycle_day(people.circle, D("2027-03-06")) == 0
    assert queries.cycle_day(people.circle, D("2027-04-10")) == 35
    assert queries.cycle_day(people.circle, D("2027-03-05")) is None


def test_a_skipped_course_waits_for_a_new_booking(people):
    regimen = start(people.circle, day_offsets=[0, 1])
    assert queries.skipped_without_new_date(people.circle) is None
    with transaction():
        operations.skip_day(day_of(regimen), now=at("2027-03-05"))
    assert queries.skipped_without_new_date(people.circle) is None, "day 2 is still open"
    with transaction():
        operations.skip_day(day_of(regimen, 0, 2), now=at("2027-03-06"))
    assert queries.skipped_without_new_date(people.circle).id == courses(regimen)[0].id
    assert queries.skipped_without_new_date(people.sams_circle) is None
    book(regimen, 1)
    assert queries.skipped_without_new_date(people.circle) is None


@pytest.mark.parametrize("ends", ["given", "ended"])
def test_a_skipped_course_waits_no_more(people, ends):
    regimen = start(people.circle)
    with transaction():
        operations.skip_day(day_of(regimen), now=at("2027-03-05"))
    assert queries.skipped_without_new_date(people.circle) is not None
    if ends == "given":
        done(day_of(regimen, 1), now=at("2027-04-02"))
    else:
        with transaction():
            operations.end_regimen(regimen, now=at("2027-03-06"))
    assert queries.skipped_without_new_date(people.circle) is None


def test_nobody_books_what_is_given_at_home_under_the_skin(people):
    regimen = start(people.circle, route="SC", interval_count=1)
    with transaction():
        operations.skip_day(day_of(regimen), now=at("2027-03-05"))
    assert queries.skipped_without_new_date(people.circle) is None


def test_courses_between_dates_go_by_the_real_date(people):
    regimen = start(people.circle)
    done(day_of(regimen), "2027-03-08", at("2027-03-09"))
    assert queries.infusions_between(people.circle, D("2027-03-05"), D("2027-03-07")) == []
    assert len(queries.infusions_between(people.circle, D("2027-03-08"), D("2027-04-05"))) == 2


def test_upcoming_and_past_share_no_course(people):
    regimen = start(people.circle)
    today = D("2027-04-10")
    upcoming, past = queries.upcoming_infusions(people.circle, today), queries.past_infusions(people.circle, today)
    assert {c.id for c in upcoming} | {c.id for c in past} == {c.id for c in courses(regimen)}
    assert [c.first_on.isoformat() for c in past] == ["2027-04-02", "2027-03-05"]


def test_past_courses_are_read_by_year_or_only_the_latest(people):
    for first_on in ("2025-12-20", "2026-01-10", "2026-11-30"):
        start(people.circle, first_on, interval_unit="month", interval_count=12, now=at(first_on))
    today, circle = D("2026-12-05"), people.circle
    assert queries.past_years(circle, today) == [2026, 2025]
    assert [c.first_on.year for c in queries.past_infusions(circle, today, year=2025)] == [2025]
    assert [c.first_on.isoformat() for c in queries.past_infusions(circle, today, most=2)] == [
        "2026-11-30",
        "2026-01-10",
    ]


def test_days_to_remind_are_of_some_circles_and_leave_out_what_is_answered_or_ended(people):
    both = [people.circle.id, people.sams_circle.id]
    mine, sams = start(people.circle, day_offsets=[0, 1]), start(people.sams_circle)
    assert {day.circle_id for day in queries.days_to_remind(NOW, both)} == {people.circle.id, people.sams_circle.id}
    assert {day.circle_id for day in queries.days_to_remind(NOW, both[:1])} == {people.circle.id}
    done(day_of(mine), now=at("2027-03-05"))
    with transaction():
        operations.end_regimen(sams, now=NOW)
    assert [(d.circle_id, d.number) for d in queries.days_to_remind(NOW, both)] == [(people.circle.id, 2)]
