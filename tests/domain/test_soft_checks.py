"""Soft checks ask about numbers that are far out, and about nothing that is not known."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import soft_checks
from companion.domain.soft_checks import CourseGiven, SoftCheck, check_dose, check_weight, found, key_of, without

D = Decimal


def dose(grams: list[str | None], weight: str | None = "75", route: str | None = "IV", in_full: bool = True) -> str:
    course = CourseGiven(route, [D(g) if g else None for g in grams], in_full)
    check = check_dose(course, D(weight) if weight else None)
    return check.code if check else ""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (dose(["40"]), ""),
        (dose(["15"]), ""),  # 0.2 g/kg exactly
        (dose(["14.9"]), "dose_low"),
        (dose(["180"]), ""),  # 2.4 g/kg exactly
        (dose(["180.1"]), "dose_high"),
        (dose(["90", "95"]), "dose_high"),  # the course counts, not the day
        (dose(["7", "7"]), "dose_low"),
        (dose(["7", "8"]), ""),
        (dose(["3"], route="SC"), ""),
        (dose(["300"], route="SC"), ""),
        (dose(["300"], route=None), ""),
        (dose(["300"], weight=None), ""),
        (dose(["300"], weight="0"), ""),
        (dose([]), ""),
        (dose([None]), ""),
        (dose(["3", None]), ""),  # a day without grams may hold the rest
        (dose(["200", None]), "dose_high"),
        (dose(["3"], in_full=False), ""),  # stopped, so small
        (dose(["200"], in_full=False), "dose_high"),
    ],
)
def test_dose(said: str, expected: str) -> None:
    assert said == expected


@pytest.mark.parametrize(
    ("now", "last", "asks"),
    [
        ("75", "75", False),
        ("86.25", "75", False),
        ("86.3", "75", True),
        ("63.75", "75", False),
        ("63.7", "75", True),
        (None, "75", False),
        ("75", None, False),
        ("75", "0", False),
    ],
)
def test_weight(now: str | None, last: str | None, asks: bool) -> None:
    check = check_weight(D(now) if now else None, D(last) if last else None)
    assert (check is not None) == asks


def test_a_check_that_was_set_aside_stays_so_until_its_numbers_change() -> None:
    one, two = SoftCheck("weight_jump", "75 kg, 90 kg"), SoftCheck("weight_jump", "75 kg, 91 kg")
    assert found(None, one, None, two) == [one, two]
    assert without([one, two], [key_of(one)]) == [two]
    assert without([one], []) == [one]


@given(
    st.lists(st.one_of(st.none(), st.decimals(0, 1000, places=3)), max_size=5),
    st.one_of(st.none(), st.decimals(2, 400, places=3)),
    st.booleans(),
)
def test_under_the_skin_nothing_is_ever_asked_about_the_dose(grams, weight, in_full) -> None:
    assert check_dose(CourseGiven("SC", grams, in_full), weight) is None


def test_no_check_carries_a_number_to_use() -> None:
    """What a check holds is what was typed; the bounds stay in the rule."""
    check = check_dose(CourseGiven("IV", [D(300)], True), D(75))
    assert check == SoftCheck("dose_high", "300 g, 75 kg")
    for bound in (soft_checks.LEAST_G_PER_KG, soft_checks.MOST_G_PER_KG):
        assert str(bound) not in check.about
