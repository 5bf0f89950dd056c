"""The regimens of the source read right in both languages."""

from decimal import Decimal

import pytest
from flask_babel import force_locale

from companion.infusions import words
from companion.infusions.operations import change_sentence
from tests.infusions.plans import NOW, D, at, book, courses, day_of, start
from tests.infusions.test_plans import done, move

PER_KG = "dose_g_per_kg"
REGIMENS = [
    (
        {PER_KG: "2", "day_offsets": [0, 1, 2, 3, 4]},
        "2 g/kg over 5 days, every 4 weeks",
        "每 4 周一次，共 2 克/公斤，分 5 天",
    ),
    (
        {PER_KG: "1", "dose_each_day": True, "day_offsets": [0, 1]},
        "1 g/kg each day on 2 days, every 4 weeks",
        "每 4 周一次，每天 1 克/公斤，共 2 天",
    ),
    (
        {PER_KG: "1", "day_offsets": [0, 1]},
        "1 g/kg over 2 days, every 4 weeks",
        "每 4 周一次，共 1 克/公斤，分 2 天",
    ),
    ({PER_KG: "0.4", "interval_count": 1}, "0.4 g/kg, every week", "每周一次，0.4 克/公斤"),
    ({PER_KG: "2", "interval_count": 8}, "2 g/kg, every 8 weeks", "每 8 周一次，2 克/公斤"),
    ({PER_KG: "1", "interval_count": 3}, "1 g/kg, every 3 weeks", "每 3 周一次，1 克/公斤"),
    ({"route": "SC", "interval_count": 1}, "Every week", "每周一次"),
    (
        {"total_grams": "140", "day_offsets": [0, 1, 2, 3, 4]},
        "140 g over 5 days, every 4 weeks",
        "每 4 周一次，共 140 克，分 5 天",
    ),
    (
        {"day_offsets": [0, 1], "interval_unit": "month", "interval_count": 1},
        "2 days, every month",
        "每月一次，每次 2 天",
    ),
    ({"interval_unit": "day", "interval_count": 10}, "Every 10 days", "每 10 天一次"),
]


@pytest.mark.parametrize(("plan", "english", "chinese"), REGIMENS)
def test_a_plan_in_a_line(people, plan, english, chinese):
    plan = {key: Decimal(value) if key in (PER_KG, "total_grams") else value for key, value in plan.items()}
    regimen = start(people.circle, **plan)
    with force_locale("en"):
        assert words.regimen_words(regimen, NOW.date()) == english
    with force_locale("zh"):
        assert words.regimen_words(regimen, NOW.date()) == chinese


def test_a_dose_by_weight_is_shown_and_not_stored(people):
    regimen = start(people.circle, total_grams=Decimal(140))
    assert words.dose_by_weight(regimen.dose_on(NOW.date()), Decimal("75")) == "1.87 g/kg at 75 kg"
    assert words.dose_by_weight(regimen.dose_on(NOW.date()), None) == ""
    assert regimen.doses[0].dose_g_per_kg is None


def test_grams_are_never_worked_out_of_a_dose_by_weight(people):
    regimen = start(people.circle, dose_g_per_kg=Decimal(2))
    assert words.dose_by_weight(regimen.dose_on(NOW.date()), Decimal("75")) == ""
    assert regimen.doses[0].total_grams is None
    assert {day.grams_planned for c in courses(regimen) for day in c.days} == {None}


def sentences(change):
    with force_locale("en"):
        english = change_sentence(change)
    with force_locale("zh"):
        return english, change_sentence(change)


def test_one_move_in_words(people):
    regimen = start(people.circle)
    book(regimen, 4)
    english, chinese = sentences(move(day_of(regimen), "2027-03-12"))
    assert english == (
        "Infusion moved to 12 Mar 2027. The next three expected dates move to 9 Apr 2027, 7 May 2027, 4 Jun 2027. "
        "25 Jun 2027 stays booked."
    )
    assert chinese.startswith("输液改到 2027年3月12日。接下来三个预计日期改到 2027年4月9日、")
    assert "已约好的 2027年6月25日 不变。" in chinese


def test_done_on_its_date_says_no_more(people):
    regimen = start(people.circle)
    assert sentences(done(day_of(regimen), now=at("2027-03-05")))[0] == "Infusion done on 5 Mar 2027."


def test_the_other_days_of_a_course_are_named(people):
    regimen = start(people.circle, day_offsets=[0, 1, 2])
    english, _chinese = sentences(done(day_of(regimen), "2027-03-06", at("2027-03-06")))
    assert english.startswith(
        "Day 1: done on 6 Mar 2027. The days after it move to 7 Mar 2027, 8 Mar 2027. The next three expected"
    )


def test_what_falls_away_is_named(people):
    regimen = start(people.circle)
    book(regimen, 2)
    english, _chinese = sentences(move(day_of(regimen), "2027-04-10"))
    assert "2 Apr 2027 is no longer expected." in english
    assert NOW.date() < D("2027-04-02")


def test_a_course_of_several_days_says_so_in_lists(people):
    one, five = start(people.circle), start(people.circle, day_offsets=[0, 1, 2, 3, 4])
    assert words.days_words(courses(one)[0]) == ""
    assert words.days_words(courses(five)[0]) == "5 days"
    with force_locale("zh"):
        assert words.days_words(courses(five)[0]) == "每次 5 天"
