"""Loading and maintenance, shifts, pauses and ends: what follows for the expected dates."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import recurrence
from companion.domain.recurrence import Course, Interval, Pause, Policy, Restart, Unit, replan

D = date.fromisoformat
FROM_REAL, PLANNED = Policy.FROM_REAL, Policy.PLANNED_WEEKDAY
FOUR_WEEKS, MONTHLY = Interval(4, Unit.WEEK), Interval(1, Unit.MONTH)
START = D("2026-03-02")


def courses(text: str, restart: Restart | None = None) -> list[Course]:
    """ "2026-03-30 2026-04-27b": b is booked; ids count from 1; the first one may begin the rhythm anew."""
    return [
        Course(n, D(word[:10]), "booked" if word.endswith("b") else "expected", restart=restart if n == 1 else None)
        for n, word in enumerate(text.split(), start=1)
    ]


def dates(text: str, **values: Any) -> list[str]:
    """The new dates of the expected ones, a dash for one that falls away, then `+` and those that are added."""
    restart = values.pop("restart", None)
    plan: dict[str, Any] = {
        "policy": FROM_REAL,
        "interval": FOUR_WEEKS,
        "offsets": (0,),
        "anchor_on": START,
        "real_on": START,
        "until_on": D("2026-08-01"),
    }
    found = courses(text, restart)
    new = replan(found, **(plan | values))
    shown = [new.dates[c.id].isoformat()[5:] if c.id in new.dates else "-" for c in found if not c.is_fixed]
    return [*shown, "+", *(on.isoformat()[5:] for on in new.append)]


TWO_WEEKS_AFTER = Restart(D("2026-03-16"), 14)


@pytest.mark.parametrize(
    ("policy", "real", "last", "expected"),
    [
        (FROM_REAL, "2026-03-02", "2026-03-06", ["03-16", "04-13"]),
        (FROM_REAL, "2026-03-04", "2026-03-08", ["03-18", "04-15"]),
        (FROM_REAL, "2026-02-27", "2026-03-03", ["03-13", "04-10"]),
        (FROM_REAL, "2026-03-02", "2026-03-20", ["03-21", "04-18"]),
        (PLANNED, "2026-03-04", "2026-03-08", ["03-16", "04-13"]),
        (PLANNED, "2026-02-27", "2026-03-03", ["03-16", "04-13"]),
        (PLANNED, "2026-03-11", "2026-03-15", ["04-13", "05-11"]),
        (PLANNED, "2026-03-02", "2026-03-16", ["04-13", "05-11"]),
    ],
)
def test_maintenance_after_loading(policy: Policy, real: str, last: str, expected: list[str]) -> None:
    found = dates(
        "2026-03-16 2026-04-13",
        restart=TWO_WEEKS_AFTER,
        policy=policy,
        anchor_on=D("2026-03-16"),
        real_on=D(real),
        real_last_on=D(last),
        until_on=D("2026-05-12"),
    )
    assert found[:2] == expected


def test_a_rhythm_that_begins_anew_without_a_course_before_it() -> None:
    assert dates("2026-03-16 2026-04-13", restart=TWO_WEEKS_AFTER, real_on=None)[:2] == ["03-16", "04-13"]


def test_a_fixed_course_can_begin_the_rhythm_anew() -> None:
    found = dates("2026-03-18b 2026-04-13", restart=TWO_WEEKS_AFTER, policy=PLANNED, until_on=D("2026-04-20"))
    assert found == ["04-13", "+"]


AWAY = Pause(D("2026-03-28"), D("2026-04-05"))
OPEN = Pause(D("2026-04-20"))


@pytest.mark.parametrize(
    ("text", "policy", "pauses", "expected"),
    [
        ("2026-03-30 2026-04-27", FROM_REAL, [AWAY], ["04-06", "05-04", "+", "06-01", "06-29", "07-27"]),
        ("2026-03-30 2026-04-27", PLANNED, [AWAY], ["-", "04-27", "+", "05-25", "06-22", "07-20"]),
        ("2026-04-06 2026-05-04", FROM_REAL, [AWAY], ["04-06", "05-04", "+", "06-01", "06-29", "07-27"]),
        ("2026-04-27", PLANNED, [AWAY], ["04-27", "+", "05-25", "06-22", "07-20"]),
        ("2026-03-30 2026-04-27", FROM_REAL, [OPEN], ["03-30", "-", "+"]),
        ("2026-03-30 2026-04-27", PLANNED, [OPEN], ["03-30", "-", "+"]),
        ("2026-03-30b 2026-04-27", FROM_REAL, [AWAY], ["04-27", "+", "05-25", "06-22", "07-20"]),
        (
            "2026-03-30",
            FROM_REAL,
            [AWAY, Pause(D("2026-04-06"), D("2026-04-10"))],
            ["04-11", "+", "05-09", "06-06", "07-04", "08-01"],
        ),
    ],
)
def test_pauses(text: str, policy: Policy, pauses: Sequence[Pause], expected: list[str]) -> None:
    assert dates(text, policy=policy, pauses=pauses) == expected


def test_a_course_of_several_days_does_not_reach_into_a_pause() -> None:
    assert dates("2026-03-30", offsets=(0, 3), pauses=[Pause(D("2026-04-02"), D("2026-04-05"))])[0] == "04-06"
    assert not AWAY.holds(D("2026-03-25"), D("2026-03-27"))
    assert not AWAY.holds(D("2026-04-06"), D("2026-04-07"))


def test_nothing_is_expected_on_or_after_the_end() -> None:
    assert dates("2026-03-30 2026-04-27 2026-05-25", end_on=D("2026-04-27")) == ["03-30", "-", "-", "+"]


def test_after_a_pause_months_count_from_the_first_day_after_it() -> None:
    pause = [Pause(D("2026-03-29"), D("2026-04-04"))]
    found = dates("2026-03-31", interval=MONTHLY, anchor_on=D("2026-01-31"), real_on=D("2026-02-28"), pauses=pause)
    assert found == ["04-05", "+", "05-05", "06-05", "07-05"]


def test_a_shift_leaves_the_fixed_ones() -> None:
    found = recurrence.shifted(courses("2026-03-30 2026-04-27b 2026-05-25"), -3)
    assert found == {1: D("2026-03-27"), 3: D("2026-05-22")}


@st.composite
def paused_plans(draw: st.DrawFn) -> dict[str, Any]:
    spans, on = [], START + timedelta(days=draw(st.integers(-30, 60)))
    for _number in range(draw(st.integers(0, 3))):
        last = on + timedelta(days=draw(st.integers(0, 40)))
        spans.append(Pause(on, last))
        on = last + timedelta(days=draw(st.integers(1, 60)))
    if draw(st.booleans()):
        spans.append(Pause(on))
    found, on = [], START
    for number in range(draw(st.integers(0, 8))):
        on += timedelta(days=draw(st.integers(6, 40)))
        certainty = draw(st.sampled_from(["expected", "expected", "booked"]))
        restart = draw(st.sampled_from([None, None, Restart(on, draw(st.integers(1, 40)))]))
        found.append(Course(number, on, certainty, last_offset=draw(st.integers(0, 4)), restart=restart))
    return {
        "courses": found,
        "policy": draw(st.sampled_from(Policy)),
        "interval": draw(st.sampled_from([Interval(1, Unit.WEEK), FOUR_WEEKS, MONTHLY])),
        "offsets": (0, 1),
        "anchor_on": START,
        "real_on": draw(st.sampled_from([START, None])),
        "until_on": START + timedelta(days=500),
        "pauses": spans,
        "end_on": draw(st.sampled_from([None, START + timedelta(days=90)])),
    }


@given(paused_plans())
def test_nothing_lies_in_a_pause_nothing_is_lost_or_reordered(plan: dict[str, Any]) -> None:
    new = replan(**plan)
    found: list[Course] = plan["courses"]
    assert sorted([*new.dates, *new.surplus]) == [c.id for c in found if not c.is_fixed]
    for course in found:
        if course.id in new.dates:
            first = new.dates[course.id]
            last = first + timedelta(days=course.last_offset or 0)
            assert not any(pause.holds(first, last) for pause in plan["pauses"])
            assert plan["end_on"] is None or first < plan["end_on"]
    for on in new.append:
        assert not any(pause.holds(on, on + timedelta(days=1)) for pause in plan["pauses"])
    order = [new.dates.get(c.id, c.first_on) for c in found if c.id not in new.surplus] + list(new.append)
    assert order == sorted(set(order))
