"""The body map suggests the least recently used of the person's own places, and nothing else."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.sites import SKIN_SITES, VEIN_SITES, Rested, last_used, longest_rested, own_sites

D = date.fromisoformat
USES = [
    ("thigh_left", D("2026-11-03")),
    ("thigh_right", D("2026-11-10")),
    ("abdomen_lower_left", D("2026-10-27")),
    ("thigh_left", D("2026-10-20")),
]


def test_the_last_use_of_each_place() -> None:
    assert last_used(USES) == {
        "thigh_left": D("2026-11-03"),
        "thigh_right": D("2026-11-10"),
        "abdomen_lower_left": D("2026-10-27"),
    }
    assert last_used([]) == {}


@pytest.mark.parametrize(
    ("picked", "expected"),
    [
        ((), ["abdomen_lower_left", "thigh_left", "thigh_right"]),
        (("thigh_left", "thigh_right"), ["thigh_left", "thigh_right"]),
        (("hip_left", "thigh_right"), ["hip_left", "thigh_right"]),
        (("nose",), []),
    ],
)
def test_own_places_by_how_long_they_rested(picked: tuple[str, ...], expected: list[str]) -> None:
    assert [rested.site for rested in longest_rested(last_used(USES), picked)] == expected


def test_without_history_or_choice_nothing_is_suggested() -> None:
    assert longest_rested({}) == []
    assert longest_rested({}, ["thigh_left"]) == [Rested("thigh_left", None)]


def test_left_stands_before_right() -> None:
    for sites in (VEIN_SITES, SKIN_SITES):
        for left in (site for site in sites if site.endswith("_left")):
            assert sites.index(left) < sites.index(left.replace("_left", "_right"))


dates = st.dates(D("2020-01-01"), D("2030-01-01"))


@given(st.lists(st.tuples(st.sampled_from(SKIN_SITES), dates)), st.sets(st.sampled_from(SKIN_SITES)))
def test_what_comes_first_rested_at_least_as_long_as_any_other(uses, picked) -> None:
    latest = last_used(uses)
    rested = longest_rested(latest, picked)
    assert {each.site for each in rested} == set(own_sites(latest, picked))
    before = [each.last_on or date.min for each in rested]
    assert before == sorted(before)
    assert all(each.last_on is None or (each.site, each.last_on) in uses for each in rested)
