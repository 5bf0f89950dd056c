"""The page of insights: grip, ratings without a meter, gaps, infusions, words, who may see it."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from companion.checkins import operations
from companion.checkins.operations import Answers, GripTry, Moment, TaskTry
from companion.clock import now
from companion.database import transaction
from companion.infusions.operations import record_day_done, start_regimen

TODAY = now().date()


def check_in(people, days_ago, *, device=None, **answers):
    """A check-in some days ago."""
    at = now() - timedelta(days=days_ago)
    moment = Moment(at, "Europe/London", TODAY - timedelta(days=days_ago))
    with transaction():
        return operations.record_check_in(
            people.circle, people.ana, Answers(**answers), moment=moment, device=device, now=at
        )


@pytest.fixture
def meter(people):
    with transaction():
        return operations.use_device(
            people.circle, name="Hand dynamometer", unit="kg", on=TODAY - timedelta(days=100)
        )


@pytest.fixture
def ana(people, client_of):
    return client_of(people.ana)


def grips(left, right):
    return tuple(GripTry(hand, Decimal(v)) for hand, v in (("left", left), ("right", right)) if v is not None)


def test_grip_is_shown_for_each_hand_in_its_unit(people, ana, meter):
    for days_ago, left, right in ((5, "22", "12.5"), (4, "23", None), (0, "24.5", "13")):
        check_in(people, days_ago, device=meter, grips=grips(left, right))
    page = ana.get("/insights").text
    assert "Grip in the last 12 weeks" in page
    assert 'aria-label="Left hand: From 22 kg to 24.5 kg."' in page
    assert 'aria-label="Right hand: From 12.5 kg to 13 kg."' in page
    assert "Days with a value: 3 of 84." in page
    assert "<td>12.5</td>" in re.sub(r"\s+</td>", "</td>", page)
    assert "This month: " in page
    assert "%" not in re.sub(r"<[^>]+>", "", page)


def test_gaps_are_not_joined(people, ana, meter):
    for days_ago in (9, 8, 3, 2):
        check_in(people, days_ago, device=meter, grips=grips("20", None))
    page = ana.get("/insights").text
    line = re.search(r'history__line" d="([^"]*)"', page).group(1)
    assert line.count("M") == line.count("L") == 2


def test_the_best_try_of_a_day_counts_and_cannot_is_no_number(people, ana, meter):
    check_in(people, 1, device=meter, grips=(*grips("20", None), *grips("23", None), GripTry("right", None)))
    page = ana.get("/insights").text
    assert "Always 23 kg." in page
    assert "Cannot do with this hand: days 1." in page
    assert "No value in these weeks." in page


def test_numbers_of_an_earlier_meter_are_not_mixed_in(people, ana, meter):
    check_in(people, 6, device=meter, grips=grips("20", None))
    with transaction():
        other = operations.use_device(people.circle, name="Vigorimeter", unit="kPa", on=TODAY)
    check_in(people, 0, device=other, grips=grips("60", None))
    page = ana.get("/insights").text
    assert "Always 60 kPa." in page
    assert "Numbers from another grip meter are not mixed in." in page


def test_older_and_deleted_check_ins_are_left_out(people, ana, meter):
    check_in(people, 84, device=meter, grips=grips("30", None))
    gone = check_in(people, 2, device=meter, grips=grips("31", None))
    with transaction():
        operations.remove_check_in(gone, now=now())
    page = ana.get("/insights").text
    assert "30 kg" not in page
    assert "31 kg" not in page
    assert "There is no check-in of the last 12 weeks." in page


def test_without_a_meter_ratings_and_tasks_are_shown(people, ana):
    with transaction():
        people.circle.has_grip_meter = False
        key = operations.watch_tasks(people.circle, ["key"], None, on=TODAY)[0]
    check_in(people, 3, left_rating=3, right_rating=1, tasks=(TaskTry(key, "right", "cannot"),))
    check_in(people, 2, left_rating=3, tasks=(TaskTry(key, "right", "easy"), TaskTry(key, "left", "easy")))
    page = ana.get("/insights").text
    assert "Hands in the last 12 weeks" in page
    assert "Most often: A little less." in page
    assert "Hardly any" in page
    assert re.search(r"Turn a key</th>\s*<td>1 of 1</td>\s*<td>1 of 2</td>", page)
    assert "kg" not in re.sub(r"<[^>]+>", "", page)


def test_given_infusions_are_drops_and_rows(people, ana, meter):
    check_in(people, 1, device=meter, grips=grips("20", "10"))
    begun = now() - timedelta(days=30)
    with transaction():
        plan = start_regimen(
            people.circle,
            first_on=begun.date(),
            interval_count=4,
            interval_unit="week",
            day_offsets=[0, 1],
            now=begun,
        )
        for day in plan.infusions[0].days:
            record_day_done(day, given_on=day.planned_on, now=begun + timedelta(days=2))
    page = ana.get("/insights").text
    assert page.count("history__drop") == 2  # one course, in the picture of each hand
    assert page.count('class="history__given"') == 2  # its two days, in the table
    assert "Drops: an infusion began on" in page


def test_nothing_yet_is_friendly(people, ana):
    page = ana.get("/insights").text
    assert "After your first check-ins" in page
    assert 'href="/check-ins/new"' in page
    assert '<svg class="chart' not in page
    assert "Later here" in page


def test_it_speaks_chinese(people, ana, meter):
    check_in(people, 1, device=meter, grips=grips("20", "10.5"))
    page = ana.get("/insights?lang=zh").text
    assert "最近 12 周的握力" in page
    assert "一直是 10.5 公斤。" in page


def test_members_without_the_right_and_strangers(people, client_of, ana):
    assert client_of(people.ben).get("/insights").status_code == 403
    assert client_of(people.vera).get("/insights").status_code == 403
    strange = client_of(people.sam).get(f"/insights?circle={people.circle.public_id}")
    assert strange.status_code == 404
    assert client_of(None).get("/insights").status_code == 303
