"""A recall notice finds every recorded lot, says maybe where it is in doubt, and nothing where it names none."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.lots import normalise
from companion.domain.recalls import read_notice
from companion.domain.vial_labels import read_label

LOTS = ["LE12V205AB", "LF4100A", "LF4110A", "P100234567", "12-345/6", "A1", "C77", "TABLETS", "2134507"]
RECORDED = [normalise(lot) for lot in LOTS]


@pytest.mark.parametrize(
    ("notice", "lot"),
    [
        ("Lot LE12V205AB is recalled.", "LE12V205AB"),
        ("lots: lf4100a, lf4101a", "LF4100A"),
        ("批号LF4100A的产品", "LF4100A"),
        ("ＬＦ－４１００Ａ", "LF4100A"),
        ("LF 4100-A", "LF4100A"),
        ("LF4100A/LF4101A", "LF4100A"),
        ("(01)00361953(17)280331(10)LF4100A", "LF4100A"),
        ("Product\tLot\tUse by\nIg 10 %\tLF4100A\t03/2028\n", "LF4100A"),
        ("| LF4100A|10 g |", "LF4100A"),
        ("12 - 345/6", "12345/6"),
        ("lf41\u00ad00a\u200b.", "LF4100A"),
        ("LF\u20114100A\u2212", "LF4100A"),
        ("LF4100A-10", "LF4100A"),
        ("A1,", "A1"),
        ("A-1", "A1"),
        ("LOT2134507, BATCH2134508", "2134507"),
    ],
)
def test_exact(notice: str, lot: str) -> None:
    reading = read_notice(notice, RECORDED)
    assert list(reading.exact) == [lot]
    assert lot not in reading.maybe


@pytest.mark.parametrize(
    ("notice", "lot", "seen"),
    [
        ("LF41OOA", "LF4100A", "LF41OOA"),
        ("lf-41oO-a", "LF4100A", "LF-41OO-A"),
        ("IE12V2O5AB", "LE12V205AB", "IE12V2O5AB"),
        ("LE12V205A8", "LE12V205AB", "LE12V205A8"),
        ("LEI2V2O5AB", "LE12V205AB", "LEI2V2O5AB"),
        ("LEIZV2OSAB", "LE12V205AB", "LEIZV2OSAB"),
        ("LF410A", "LF4100A", "LF410A"),
        ("LF41000A", "LF4100A", "LF41000A"),
        ("LF41-000A", "LF4100A", "LF41-000A"),
        ("LF4I0A", "LF4100A", "LF4I0A"),
        ("0036195310LF4100A17280331", "LF4100A", "LF4100A"),
        ("LF41\n00A", "LF4100A", "LF41\n00A"),
        ("LF41\t00A", "LF4100A", "LF41\t00A"),
        ("C 77", "C77", "C 77"),
        ("C-7 7 8", "C77", "C-7 7"),
    ],
)
def test_maybe(notice: str, lot: str, seen: str) -> None:
    reading = read_notice(notice, RECORDED)
    assert reading.exact == {}
    assert reading.maybe.get(lot) == seen


@pytest.mark.parametrize(
    "notice",
    [
        "",
        "LF4101A, LF4111A",
        "LF4109A",
        "Tab lets",
        "C771",
        "There are no lots here. Call 020 7946 0000 by 12/03/2028.",
        "本次召回不涉及其他批号。",
        "XA1",
        "A 11",
        "A\n11",
    ],
)
def test_nothing(notice: str) -> None:
    reading = read_notice(notice, [lot for lot in RECORDED if lot != "TABLETS"])
    assert (reading.exact, reading.maybe) == ({}, {})


def test_a_look_alike_needs_a_digit_and_a_word_of_its_own() -> None:
    assert read_notice("soil, boil, is one of", ["5011", "8011", "150N"]).maybe == {}
    assert read_notice("lot S0IL", ["5011"]).maybe == {"5011": "S0IL"}
    assert read_notice("lot S 0IL", ["5011"]).maybe == {}
    assert read_notice("xS0IL", ["5011"]).maybe == {}


@pytest.mark.parametrize(
    "line", ["LOT123", "Lot00451", "BATCH77", "lot: A1", "LOT NO. 450", "批号123", "LOTA12345", "ALLOT123"]
)
def test_a_lot_typed_as_the_notice_writes_it_is_found(line: str) -> None:
    lot = normalise(read_label(line).lot)
    assert list(read_notice(f"Recalled: {line}", [lot]).exact) == [lot]


def test_exact_hides_maybe_and_no_lots_find_nothing() -> None:
    reading = read_notice("LF4100A and LF41OOA", ["LF4100A", "LF41OOA", ""])
    assert set(reading.exact) == {"LF4100A", "LF41OOA"}
    assert reading.maybe == {}
    assert read_notice("LF4100A", []).exact == {}


@pytest.mark.parametrize(
    ("notice", "ranges"),
    [
        ("LF4100A to LF4120A", ("LF4100A TO LF4120A",)),
        ("from lot LF4100A through lot LF4120A.", ("LF4100A THROUGH LOT LF4120A",)),
        ("批号LF4100A至LF4120A", ("LF4100A至LF4120A",)),
        ("LF4100A – LF4120A, LG1000A ~ LG1010A", ("LF4100A – LF4120A", "LG1000A ~ LG1010A")),
        ("LF4100A…LF4120A", ("LF4100A...LF4120A",)),
        ("LF4100A-LF4120A", ("LF4100A-LF4120A",)),
        ("LF4100A - LF4120A", ("LF4100A - LF4120A",)),
        ("LF4100 to 4120", ("LF4100 TO 4120",)),
        ("LF41XX and LF42**", ("LF41XX", "LF42**")),
        ("LF4100A, LF4101A", ()),
        ("LF4100A - 10 g, use by 03/2028 - 04/2028", ()),
        ("P1000123 - 100 ml", ()),
        ("2027-01-05 to 2027-02-06", ()),
        ("store at 2 to 8 °C", ()),
        ("LF4100A to LF4100A", ()),
        ("Monday to Friday, 10000 to 20 people", ()),
        ("twenty to Friday", ()),
        ("LF4100A to the nurse", ()),
        ("LF4100 to 20 g", ()),
        ("AXX", ()),
    ],
)
def test_ranges_are_shown_and_never_worked_out(notice: str, ranges: tuple[str, ...]) -> None:
    reading = read_notice(notice, ["LF4110A"])
    assert reading.ranges == ranges
    assert reading.exact == {}
    assert reading.is_open == bool(ranges)


@pytest.mark.parametrize(
    ("notice", "says"),
    [
        ("All lots of Examplegam", True),
        ("every batch made in 2026", True),
        ("召回全部批号", True),
        ("所有批次", True),
        ("all lots listed below", False),
        ("lot LF4100A", False),
    ],
)
def test_a_notice_that_means_every_lot(notice: str, says: bool) -> None:
    assert read_notice(notice, []).all_lots is says
    assert read_notice(notice, []).is_open is says


# --- found however it is written, and only then ---

CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SPACES = st.text(alphabet=" -\u00a0\u2011\u2013\u3000\u200b\u2212", max_size=3)
AROUND = st.text(alphabet="abzABZ019 ,.;:()/-\u2013\u3000批号码，。éЖ½㎎\U0001f600", max_size=30)
LOT = st.text(alphabet=CHARS, min_size=4, max_size=14)


def _wide(char: str) -> str:
    return chr(ord(char) + 0xFEE0)


@st.composite
def written(draw: st.DrawFn, lot: str) -> str:
    """A lot as somebody may write it: spaces, dashes, small and full-width letters."""
    faces = [draw(st.sampled_from([str, str.lower, _wide]))(char) for char in lot]
    gaps = [draw(SPACES) for _char in lot[1:]] + [""]
    return "".join(face + gap for face, gap in zip(faces, gaps, strict=True))


@given(st.data(), LOT, st.lists(LOT, max_size=5), AROUND, AROUND)
def test_a_recorded_lot_is_found_however_it_is_written(
    data: st.DataObject, lot: str, others: list[str], before: str, after: str
) -> None:
    notice = f"{before}\n{data.draw(written(lot))}，{after}"
    assert lot in read_notice(notice, [lot, *others]).exact


@given(st.text(max_size=200), st.lists(LOT, max_size=5))
def test_other_text_gives_no_exact_match(text: str, lots: list[str]) -> None:
    exact = read_notice(text, lots).exact
    assert set(exact) <= {lot for lot in lots if lot in normalise(text)}


def test_a_long_notice_and_many_lots_take_no_time() -> None:
    lots = [f"LF{number}A" for number in range(4000, 6000)]
    notice = "".join(f"Examplegam 10 %, lot LG{number}B, use by 03/2028\n" for number in range(1000, 2500))
    began = time.process_time()
    assert read_notice(notice + "LF4711A", lots).exact == {"LF4711A": "LF4711A"}
    assert time.process_time() - began < 2


@pytest.mark.parametrize("piece", ["A-", "1X", "A", "ALL ", "A ", "1" * 60 + " ", "\n", "A.1/", "*", "1 to "])
def test_no_text_makes_it_slow(piece: str) -> None:
    began = time.process_time()
    read_notice("1X" + piece * (50_000 // len(piece)) + "A", ["LF4100A", "A" * 60])
    assert time.process_time() - began < 2
