"""Units, ranges, typed numbers and ratings."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import measurements
from companion.domain.measurements import NotAQuantity, OutOfRange, UnknownRating, UnknownUnit, UnlikeUnits

readings = st.decimals(min_value=0, max_value=330, places=3)


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "expected"),
    [
        ("10", "kg", "lb", "22.046"),
        ("100", "lb", "kg", "45.359"),
        ("0", "kg", "lb", "0"),
        ("12.5", "kg", "kg", "12.5"),
        ("80", "kPa", "kPa", "80"),
    ],
)
def test_convert_inside_a_kind(value: str, from_unit: str, to_unit: str, expected: str) -> None:
    assert measurements.convert(Decimal(value), from_unit, to_unit) == Decimal(expected)


@pytest.mark.parametrize(("from_unit", "to_unit"), [("kg", "kPa"), ("kPa", "lb"), ("lb", "kPa"), ("kPa", "kg")])
def test_force_and_pressure_never_convert(from_unit: str, to_unit: str) -> None:
    with pytest.raises(UnlikeUnits):
        measurements.convert(Decimal(20), from_unit, to_unit)


@given(readings)
def test_there_and_back_again(value: Decimal) -> None:
    there = measurements.convert(value, "kg", "lb")
    assert abs(measurements.convert(there, "lb", "kg") - value) <= Decimal("0.001")


@pytest.mark.parametrize("unit", ["", "KG", "stone", "kpa"])
def test_unknown_unit(unit: str) -> None:
    with pytest.raises(UnknownUnit):
        measurements.check(Decimal(1), unit)


@pytest.mark.parametrize(
    ("value", "unit", "code"),
    [
        ("0", "kg", None),
        ("150", "kg", None),
        ("150.001", "kg", "too_high"),
        ("-1", "kg", "negative"),
        ("-0.001", "kPa", "negative"),
        ("330", "lb", None),
        ("330.5", "lb", "too_high"),
        ("160", "kPa", None),
        ("9999", "kPa", "too_high"),
    ],
)
def test_ranges(value: str, unit: str, code: str | None) -> None:
    found = measurements.check(Decimal(value), unit)
    lowest, highest = measurements.RANGES[unit]
    assert found == (OutOfRange(code, lowest, highest, unit) if code else None)


@pytest.mark.parametrize(
    ("tries", "best"),
    [
        ([], None),
        ([None, None], None),
        ([Decimal(0)], Decimal(0)),
        ([Decimal(3), None, Decimal("3.5"), Decimal(1)], Decimal("3.5")),
    ],
)
def test_best_try(tries: list[Decimal | None], best: Decimal | None) -> None:
    assert measurements.best_try(tries) == best


@pytest.mark.parametrize(
    ("before", "now", "steps"), [(4, 4, 0), (4, 2, 2), (4, 0, 4), (0, 4, 0), (1, 0, 1), (2, 3, 0)]
)
def test_fell_by(before: int, now: int, steps: int) -> None:
    assert measurements.fell_by(before, now) == steps


@pytest.mark.parametrize(("before", "now"), [(5, 1), (1, 5), (-1, 0), (0, -1)])
def test_a_rating_is_0_to_4(before: int, now: int) -> None:
    with pytest.raises(UnknownRating):
        measurements.fell_by(before, now)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("１２．５", "12.5"),
        ("１２，５", "12.5"),
        ("12。5", "12.5"),
        (" 12 ", "12"),
        ("\u300012\u00a0", "12"),
        ("0", "0"),
        ("-1", "-1"),
        ("\u22121", "-1"),
        ("9999", "9999"),
        (".5", "0.5"),
        ("5.", "5"),
        ("007", "7"),
    ],
)
def test_numbers_as_people_type_them(text: str, expected: str) -> None:
    assert measurements.parse_quantity(text) == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "twelve",
        "1,234.5",
        "1.2.3",
        "1e3",
        "nan",
        "inf",
        "-",
        ".",
        "--1",
        "1-",
        "12kg",
        "💪",
        "1" * 25,
        "1 2",
        "1_000",
        "0x10",
        "5²",
        "½",
        "十二",
        "\u0661\u0662",
        "12\x00",
    ],
)
def test_not_a_number(text: str) -> None:
    with pytest.raises(NotAQuantity):
        measurements.parse_quantity(text)


@given(readings)
def test_what_is_shown_can_be_typed_again(value: Decimal) -> None:
    text = f"{value:f}"
    assert measurements.parse_quantity(text) == value
    assert measurements.parse_quantity(text.replace(".", ",")) == value


@given(st.text())
def test_any_text_is_a_number_or_refused(text: str) -> None:
    with contextlib.suppress(NotAQuantity):
        assert measurements.parse_quantity(text).is_finite()
