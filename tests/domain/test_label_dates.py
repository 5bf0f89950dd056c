"""Dates of labels: read where they can be read in one way, else asked about."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.label_dates import first_date, gs1_date, is_month_end, month_end

DATES = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2028-03-31", date(2028, 3, 31)),
        ("2028.3.5", date(2028, 3, 5)),
        ("2028/03/04", date(2028, 3, 4)),
        ("31/03/2028", date(2028, 3, 31)),
        ("03/31/2028", date(2028, 3, 31)),
        ("31.03.2028", date(2028, 3, 31)),
        ("03.03.2028", date(2028, 3, 3)),
        ("31MAR2028", date(2028, 3, 31)),
        ("31-Mar-2028", date(2028, 3, 31)),
        ("31 March 2028", date(2028, 3, 31)),
        ("Mar 31, 2028", date(2028, 3, 31)),
        ("2028 MAR 31", date(2028, 3, 31)),
        ("2028年03月31日", date(2028, 3, 31)),
        ("2028年2月", date(2028, 2, 29)),
        ("03/2028", date(2028, 3, 31)),
        ("3.2028", date(2028, 3, 31)),
        ("2027-02", date(2027, 2, 28)),
        ("FEB 2028", date(2028, 2, 29)),
        ("2028 SEPT", date(2028, 9, 30)),
        ("JUNE2028", date(2028, 6, 30)),
    ],
)
def test_one_way_to_read_it(text, expected):
    found = first_date(text)
    assert found
    assert (found.on, found.problem, found.start, found.end) == (expected, "", 0, len(text))
    assert first_date(f"EXP {text}, 10 g").on == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("03/04/2028", "date_two_ways"),
        ("3.4.2028", "date_two_ways"),
        ("03/28", "date_year"),
        ("03/04/28", "date_year"),
        ("MAR 28", "date_year"),
        ("31/02/2028", "date_impossible"),
        ("2028-13-01", "date_impossible"),
        ("00/2028", "date_impossible"),
        ("31/31/2028", "date_impossible"),
        ("03/1999", "date_impossible"),
        ("2028-02-00", "date_impossible"),
    ],
)
def test_what_is_asked_about(text, problem):
    found = first_date(text)
    assert found
    assert (found.on, found.problem) == (None, problem)


@pytest.mark.parametrize(
    "text", ["", "LE12V205AB", "LE12-345", "B2028-03X", "12345678", "A-2028-03", "10 g", "MARCH"]
)
def test_what_is_no_date(text):
    assert first_date(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20280331", date(2028, 3, 31)),
        ("202802", date(2028, 2, 29)),
        ("280331", None),
        ("0328", None),
        ("03-28", None),
    ],
)
def test_digits_count_as_a_date_only_after_the_word(text, expected):
    found = first_date(text, after_its_word=True)
    assert found
    assert found.on == expected
    assert found.problem == ("" if expected else "date_year")
    assert first_date(text) is None
    assert first_date(f"x {text}", after_its_word=True) is None


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("280331", date(2028, 3, 31)),
        ("280200", date(2028, 2, 29)),
        ("991231", date(2099, 12, 31)),
        ("281301", None),
        ("280230", None),
        ("28033", None),
        ("２８０３３１", None),
    ],
)
def test_dates_of_codes(digits, expected):
    assert gs1_date(digits) == expected


@given(DATES)
def test_what_is_printed_reads_back(on):
    for text in (on.isoformat(), f"{on:%Y年%m月%d日}", f"{on:%d %b %Y}", f"{on:%Y %b %d}".upper()):
        assert first_date(text).on == on
    for text in (f"{on:%m/%Y}", f"{on:%Y-%m}", f"{on:%b %Y}", f"{on:%Y年%m月}"):
        assert first_date(text).on == month_end(on)
    if on.year < 2100:
        assert gs1_date(f"{on:%y%m%d}") == on
    assert is_month_end(month_end(on))
