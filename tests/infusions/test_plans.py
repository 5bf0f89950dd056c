"""Plans follow what really happened: the scenarios of the source, on both databases."""

import itertools
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from companion.database import transaction
from companion.domain.recurrence import BadInterval, BadOffsets
from companion.infusions import operations
from companion.infusions.models import BOOKED, EXPECTED
from companion.infusions.operations import DayAlreadyAnswered, DayIsAhead, NoRoom
from tests.infusions.plans import NOW, D, at, book, courses, dates_of, day_of, first_dates, start


def test_a_plan_reaches_thirteen_months_ahead(people):
    regimen = start(people.circle, certainty=BOOKED)
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-04-02", "2027-04-30"]
    assert courses(regimen)[-1].first_on.isoformat() == "2028-03-31"
    assert [c.certainty for c in courses(regimen)[:2]] == [BOOKED, EXPECTED]


def test_a_plan_that_began_earlier_asks_only_about_the_latest_course(people):
    regimen = start(people.circle, "2026-06-01", interval_count=1, certainty=BOOKED)
    assert first_dates(regimen, 2) == ["2027-03-01", "2027-03-08"]
    assert courses(regimen)[0].certainty == EXPECTED


def test_a_first_date_beyond_the_horizon_is_kept(people):
    assert first_dates(start(people.circle, "2029-01-05")) == ["2029-01-05"]


def test_nine_in_the_morning_stays_nine_in_the_morning(people):
    regimen = start(people.circle, "2027-03-19", local_time="09:00")
    starts = [c.days[0].starts_at for c in courses(regimen)[:2]]
    assert starts == [datetime(2027, 3, 19, 9, tzinfo=UTC), datetime(2027, 4, 16, 8, tzinfo=UTC)]
    assert {c.days[0].local_time for c in courses(regimen)} == {"09:00"}


def test_a_plan_without_a_time_has_no_instant(people):
    assert {day.starts_at for c in courses(start(people.circle)) for day in c.days} == {None}


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"interval_count": 0}, BadInterval),
        ({"interval_count": 999}, BadInterval),
        ({"interval_unit": "year"}, BadInterval),
        ({"day_offsets": [0, 1, 2, 3, 4, 5]}, BadOffsets),
        ({"interval_count": 3, "interval_unit": "day", "day_offsets": [0, 1, 2, 3]}, BadOffsets),
    ],
)
def test_an_impossible_plan_is_refused(people, values, error):
    with pytest.raises(error):
        start(people.circle, **values)


def done(day, on=None, now=NOW, **values):
    with transaction():
        return operations.record_day_done(day, given_on=D(on) if on else None, now=now, **values)


def move(day, to, **values):
    with transaction():
        return operations.move_day(day, to_on=D(to), now=NOW, **values)


def test_the_next_ones_count_from_the_real_date(people):
    regimen = start(people.circle)
    done(day_of(regimen), "2027-03-08", at("2027-03-09"))
    assert first_dates(regimen) == ["2027-03-08", "2027-04-05", "2027-05-03", "2027-05-31"]


def test_or_stay_on_the_planned_weekday(people):
    regimen = start(people.circle, policy="planned_weekday")
    done(day_of(regimen), "2027-03-08", at("2027-03-09"))
    assert first_dates(regimen) == ["2027-03-08", "2027-04-02", "2027-04-30", "2027-05-28"]


def test_done_on_the_planned_date_changes_no_other(people):
    regimen = start(people.circle)
    before = first_dates(regimen)
    change = done(day_of(regimen), now=at("2027-03-05"))
    assert first_dates(regimen) == before
    assert day_of(regimen).given_on == D("2027-03-05")
    assert list(change.after["rows"]) == [f"infusion:{courses(regimen)[0].id}"]


def test_done_before_the_planned_date_was_today(people):
    regimen = start(people.circle)
    done(day_of(regimen), now=at("2027-03-03"))
    assert first_dates(regimen, 2) == ["2027-03-03", "2027-03-31"]


def test_nothing_was_given_in_the_future(people):
    with pytest.raises(DayIsAhead):
        done(day_of(start(people.circle)), "2027-03-02")


def test_booked_stays_and_the_plan_goes_on_from_it(people):
    regimen = start(people.circle)
    book(regimen, 1)
    move(day_of(regimen), "2027-03-12")
    assert first_dates(regimen) == ["2027-03-12", "2027-04-02", "2027-04-30", "2027-05-28"]
    assert courses(regimen)[1].days[0].revision == 0


def test_a_moved_one_keeps_its_date_in_later_planning(people):
    regimen = start(people.circle)
    move(day_of(regimen, 1), "2027-04-06")
    done(day_of(regimen), "2027-03-08", at("2027-03-09"))
    assert first_dates(regimen) == ["2027-03-08", "2027-04-06", "2027-05-04", "2027-06-01"]
    assert courses(regimen)[1].moved_from_on == D("2027-04-02")


def test_moving_back_is_no_move(people):
    regimen = start(people.circle)
    move(day_of(regimen), "2027-03-12")
    move(day_of(regimen), "2027-03-05")
    assert courses(regimen)[0].moved_from_on is None
    assert first_dates(regimen, 2) == ["2027-03-05", "2027-04-02"]


def test_moving_the_first_day_moves_the_course(people):
    regimen = start(people.circle, day_offsets=[0, 1, 2, 3, 4])
    move(day_of(regimen), "2027-03-10", local_time="14:30")
    course = courses(regimen)[0]
    assert dates_of(course) == [f"2027-03-{n}" for n in range(10, 15)]
    assert [day.local_time for day in course.days] == ["14:30"] * 5
    assert [day.revision for day in course.days] == [1] * 5
    assert first_dates(regimen, 2) == ["2027-03-10", "2027-04-07"]


def test_the_days_after_a_late_day_keep_their_distance(people):
    regimen = start(people.circle, day_offsets=[0, 1, 2, 3, 4])
    done(day_of(regimen), now=at("2027-03-05"))
    done(day_of(regimen, number=2), "2027-03-08", at("2027-03-08"))
    assert dates_of(courses(regimen)[0]) == ["2027-03-05", *(f"2027-03-{n:02}" for n in range(8, 12))]
    assert first_dates(regimen, 2)[1] == "2027-04-02"


def test_a_later_day_moves_without_the_course(people):
    regimen = start(people.circle, day_offsets=[0, 1])
    move(day_of(regimen, number=2), "2027-03-09")
    assert dates_of(courses(regimen)[0]) == ["2027-03-05", "2027-03-09"]
    assert first_dates(regimen, 2)[1] == "2027-04-02"


def test_a_skipped_course_leaves_the_rhythm(people):
    regimen = start(people.circle)
    with transaction():
        operations.skip_day(day_of(regimen), reason="ill", now=at("2027-03-05"))
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-04-02", "2027-04-30"]
    assert day_of(regimen).skip_reason == "ill"


def test_a_partial_day_counts_as_given(people):
    regimen = start(people.circle)
    with transaction():
        operations.record_day_partial(
            day_of(regimen), grams_given=Decimal("6"), given_on=D("2027-03-06"), now=at("2027-03-06")
        )
    assert first_dates(regimen, 2) == ["2027-03-06", "2027-04-03"]
    assert courses(regimen)[0].state_on(D("2027-03-07")) == "partial"


def test_an_answer_counts_until_it_is_changed_on_purpose(people):
    regimen = start(people.circle)
    done(day_of(regimen), "2027-03-08", at("2027-03-09"))
    with pytest.raises(DayAlreadyAnswered):
        done(day_of(regimen), now=at("2027-03-09"))
    done(day_of(regimen), "2027-03-06", at("2027-03-09"), again=True)
    assert first_dates(regimen, 2) == ["2027-03-06", "2027-04-03"]


def test_changing_an_answer_takes_the_open_days_along(people):
    regimen = start(people.circle, day_offsets=[0, 1, 2])
    done(day_of(regimen), "2027-03-07", at("2027-03-07"))
    with transaction():
        operations.skip_day(day_of(regimen), again=True, now=at("2027-03-07"))
    assert dates_of(courses(regimen)[0]) == ["2027-03-05", "2027-03-06", "2027-03-07"]


def test_past_ones_without_an_answer_stay_where_they_are(people):
    regimen = start(people.circle)
    done(day_of(regimen), "2027-03-08", at("2027-04-03"))
    assert first_dates(regimen, 3) == ["2027-03-08", "2027-04-02", "2027-04-30"]


def test_a_late_one_pushes_the_expected_one_that_it_reached(people):
    regimen = start(people.circle, interval_count=1)
    done(day_of(regimen), "2027-03-13", at("2027-03-13"))
    assert first_dates(regimen, 3) == ["2027-03-13", "2027-03-20", "2027-03-27"]


def test_what_no_longer_fits_before_a_booked_one_falls_away(people):
    regimen = start(people.circle)
    book(regimen, 2)
    move(day_of(regimen), "2027-04-10")
    assert first_dates(regimen, 3) == ["2027-04-10", "2027-04-30", "2027-05-28"]


@pytest.mark.parametrize(("to", "neighbour"), [("2027-03-05", "2027-03-05"), ("2027-04-30", "2027-04-30")])
def test_courses_do_not_pass_each_other(people, to, neighbour):
    regimen = start(people.circle)
    book(regimen, 2)
    with pytest.raises(NoRoom) as refused:
        move(day_of(regimen, 1), to)
    assert refused.value.on == D(neighbour)


def test_days_do_not_pass_each_other(people):
    regimen = start(people.circle, day_offsets=[0, 1])
    with pytest.raises(NoRoom):
        move(day_of(regimen, number=2), "2027-03-05")
    with pytest.raises(NoRoom):
        move(day_of(regimen, number=2), "2027-04-02")


def test_a_confirmed_one_keeps_its_date(people):
    regimen = start(people.circle)
    with transaction():
        operations.confirm_day(day_of(regimen, 1), now=NOW)
    done(day_of(regimen), "2027-03-08", at("2027-03-09"))
    assert first_dates(regimen, 3) == ["2027-03-08", "2027-04-02", "2027-04-30"]


def test_months_keep_the_day_of_the_month(people):
    regimen = start(people.circle, "2027-01-31", interval_count=1, interval_unit="month", now=at("2027-01-20"))
    done(day_of(regimen), now=at("2027-01-31"))
    done(day_of(regimen, 1), now=at("2027-02-28"))
    assert first_dates(regimen) == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]


def test_two_plans_do_not_disturb_each_other(people):
    infusions, under_skin = start(people.circle), start(people.circle, "2027-03-06", interval_count=1, route="SC")
    before = first_dates(under_skin)
    move(day_of(infusions), "2027-03-06")
    assert first_dates(under_skin) == before


def test_plans_are_extended_once(people):
    regimen = start(people.circle)
    before = [c.id for c in courses(regimen)]
    with transaction():
        assert operations.extend_plans(NOW) == 0
        assert operations.extend_plans(at("2027-07-01")) == 4
        assert operations.extend_plans(at("2027-07-01")) == 0
    after = courses(regimen)
    assert [c.id for c in after][: len(before)] == before
    assert {(b.first_on - a.first_on).days for a, b in itertools.pairwise(after)} == {28}


def test_a_plan_that_cannot_be_read_keeps_no_other_from_growing(people):
    broken, regimen = start(people.circle), start(people.circle)
    with transaction():
        broken.tz = "Nowhere/At_All"
    with transaction(), capture_logs() as lines:
        assert operations.extend_plans(at("2027-07-01")) == 4
    assert len(courses(regimen)) == len(courses(broken)) + 4
    assert [(line["event"], line["regimen"]) for line in lines] == [("plan could not be extended", broken.id)]


def test_an_ended_plan_keeps_what_is_booked_and_grows_no_more(people):
    regimen = start(people.circle)
    book(regimen, 1)
    with transaction():
        change = operations.end_regimen(regimen, now=NOW)
        assert operations.extend_plans(at("2027-12-01")) == 0
    assert first_dates(regimen) == ["2027-04-02"]
    with transaction():
        operations.undo_change(change, now=NOW)
    assert first_dates(regimen, 2) == ["2027-03-05", "2027-04-02"]
    assert regimen.ended_on is None


def change(regimen, **values):
    kept = {
        "interval_count": regimen.interval_count,
        "interval_unit": regimen.interval_unit,
        "day_offsets": regimen.day_offsets,
        "now": NOW,
    }
    with transaction():
        return operations.change_regimen(regimen, **(kept | values))


def test_another_interval_counts_from_the_next_one(people):
    regimen = start(people.circle)
    ids = [c.id for c in courses(regimen)[:3]]
    change(regimen, interval_count=3)
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-03-26", "2027-04-16"]
    assert [c.id for c in courses(regimen)[:3]] == ids


def test_another_number_of_days_and_back(people):
    regimen = start(people.circle)
    done(day_of(regimen), now=at("2027-03-05"))
    made = change(regimen, day_offsets=[0, 1, 2], now=at("2027-03-06"))
    assert [len(c.days) for c in courses(regimen)[:3]] == [1, 3, 3]
    assert dates_of(courses(regimen)[1]) == ["2027-04-02", "2027-04-03", "2027-04-04"]
    with transaction():
        operations.undo_change(made, now=at("2027-03-06"))
    assert [len(c.days) for c in courses(regimen)[:3]] == [1, 1, 1]
    assert regimen.day_offsets == [0]


def test_a_time_is_filled_in_but_a_booked_one_keeps_its_own(people):
    regimen = start(people.circle)
    book(regimen, 0)
    change(regimen, local_time="09:00")
    change(regimen, local_time="10:00")
    assert [c.days[0].local_time for c in courses(regimen)[:2]] == ["09:00", "10:00"]


def test_the_next_date_can_be_set_with_the_plan(people):
    regimen = start(people.circle)
    change(regimen, next_on=D("2027-03-09"), certainty=BOOKED)
    assert first_dates(regimen, 2) == ["2027-03-09", "2027-04-06"]
    assert courses(regimen)[0].certainty == BOOKED
