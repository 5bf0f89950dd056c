"""Re-planning against a walk through every day, for many plans under both policies."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.domain.recurrence import BOOKED, EXPECTED, Course, Interval, Pause, Policy, Restart, Unit, replan
from tests.domain.slow_rhythm import Break, Rhythm, Slot, walk

intervals = st.one_of(
    st.sampled_from([(7, "day"), (1, "week"), (4, "week"), (1, "month")]),
    st.tuples(st.integers(1, 60), st.just("day")),
    st.tuples(st.integers(1, 12), st.just("week")),
    st.tuples(st.integers(1, 6), st.just("month")),
)
days = st.one_of(
    st.dates(date(2023, 1, 1), date(2032, 12, 31)),
    st.dates(date(2026, 1, 29), date(2026, 1, 31)),
    st.sampled_from([date(2024, 2, 29), date(2026, 1, 31), date(2026, 12, 31), date(2027, 8, 30), date(2028, 2, 28)]),
)


@st.composite
def near(draw, count, unit, anchor):
    """A day at, beside or half way between days of a rhythm: where the rules turn."""
    steps = draw(st.integers(-1, 3)) * count
    if unit == "month":
        month = anchor.month - 1 + steps
        first = date(anchor.year + month // 12, month % 12 + 1, 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        on = first.replace(day=min(anchor.day, last.day))
    else:
        on = anchor + timedelta(days=steps * (7 if unit == "week" else 1))
    half = count * {"day": 1, "week": 7, "month": 30}[unit] // 2
    return on + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, -1, 2, 3, 4, -3, half, half + 1, -half])))


@st.composite
def cases(draw):
    count, unit = draw(intervals)
    shortest = count * {"day": 1, "week": 7, "month": 28}[unit]
    anchor = draw(days)
    real = draw(st.one_of(near(count, unit, anchor), st.integers(-40, 200).map(lambda n: anchor + timedelta(days=n))))
    real = None if draw(st.integers(0, 9)) == 0 else real
    on = base = real or anchor - timedelta(days=1)
    reach, slots = draw(st.integers(0, min(4, shortest - 1))), []
    for number in range(draw(st.integers(0, 8))):
        is_fixed = draw(st.integers(0, 2)) == 0
        wished = draw(near(count, unit, base if is_fixed else on)) + timedelta(days=draw(st.sampled_from([0, reach])))
        on = max(on + timedelta(days=draw(st.integers(1, 9))), wished)
        base = on if is_fixed else base
        own_reach = reach if draw(st.integers(0, 7)) else draw(st.integers(0, 6))
        anew = (on, draw(st.integers(1, 40))) if draw(st.integers(0, 6)) == 0 else None
        slots.append(Slot(number, on, is_fixed, own_reach, anew))
    until = max([on, anchor]) + timedelta(days=draw(st.integers(0, 120)))
    return {
        "rhythm": Rhythm(count, unit, draw(st.booleans())),
        "slots": slots,
        "anchor": anchor,
        "real_on": real,
        "real_reach": draw(st.sampled_from([reach, reach, reach + 3])),
        "reach": reach,
        "until_on": until,
        "breaks": draw(breaks(real or anchor)) if draw(st.integers(0, 2)) == 0 else [],
        "end_on": until - timedelta(days=draw(st.integers(-5, 150))) if draw(st.integers(0, 5)) == 0 else None,
    }


@st.composite
def breaks(draw, on):
    """One to three breaks, one after the other; the last may be open."""
    found = []
    for _number in range(draw(st.integers(1, 3))):
        first = on + timedelta(days=draw(st.integers(1, 60)))
        on = first + timedelta(days=draw(st.integers(0, 45)))
        found.append(Break(first, on))
    if draw(st.integers(0, 3)) == 0:
        found[-1] = Break(found[-1].first_on, None)
    return found


def planned(case, until):
    rhythm, reach, real_on = case["rhythm"], case["reach"], case["real_on"]
    return replan(
        [
            Course(
                slot.id,
                slot.first_on,
                BOOKED if slot.is_fixed else EXPECTED,
                last_offset=slot.reach,
                restart=Restart(*slot.anew) if slot.anew else None,
            )
            for slot in case["slots"]
        ],
        policy=Policy.PLANNED_WEEKDAY if rhythm.stays_planned else Policy.FROM_REAL,
        interval=Interval(rhythm.count, Unit(rhythm.unit)),
        offsets=(0, reach) if reach else (0,),
        anchor_on=case["anchor"],
        real_on=real_on,
        real_last_on=real_on + timedelta(days=case["real_reach"]) if real_on else None,
        until_on=until,
        pauses=[Pause(each.first_on, each.last_on) for each in case["breaks"]],
        end_on=case["end_on"],
    )


def agree(case):
    rhythm, until = case["rhythm"], case["until_on"]
    longest = {"day": 1, "week": 7, "month": 31}[rhythm.unit] * rhythm.count
    found = planned(case, until + timedelta(days=(longest + 80) * (len(case["slots"]) + 4)))  # no horizon drops one
    slow = walk(**case)
    assert dict(found.dates) == slow.dates
    assert list(found.surplus) == slow.dropped
    assert [on for on in found.append if on <= until] == slow.more
    assert found.anchor_on == (slow.anchor if rhythm.unit == "month" or rhythm.stays_planned else found.anchor_on)


@given(cases())
@settings(max_examples=150)
def test_replanning_agrees_with_walking_every_day(case):
    agree(case)


@pytest.mark.long
@given(cases())
@settings(max_examples=2500)
def test_replanning_agrees_with_walking_every_day_in_thousands_of_plans(case):
    agree(case)
