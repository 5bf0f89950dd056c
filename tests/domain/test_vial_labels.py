"""Lines of labels as people type them: lot, grams, expiry, serial, how many, and what is asked about."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.label_dates import month_end
from companion.domain.vial_labels import Label, has_passed, label_of_code, read_label, split_lines

END = date(2028, 3, 31)
TEN, HALF = Decimal(10), Decimal("0.5")

LINES = [
    ("LF4117A", Label("LF4117A")),
    ("le12-x345ab", Label("le12-x345ab")),
    ("4 x LF4117A", Label("LF4117A", count=4)),
    ("4x LF4117A", Label("LF4117A", count=4)),
    ("LF4117A x 4", Label("LF4117A", count=4)),
    ("LF4117A ×4", Label("LF4117A", count=4)),
    ("LF4117A 4 vials", Label("LF4117A", count=4)),
    ("4× LF4117A 10 g 03/2028", Label("LF4117A", TEN, END, count=4)),
    ("2 x 10 g LF4117A", Label("LF4117A", TEN, count=2)),
    ("2x10g LF4117A", Label("LF4117A", TEN, count=2)),
    ("LF4117A; 10 g; 2028-03-31", Label("LF4117A", TEN, END)),
    ("LF4117A,10g,03/2028", Label("LF4117A", TEN, END)),
    ("LF4117A 2,5 g", Label("LF4117A", Decimal("2.5"))),
    ("LF4117A, 2.5 g, use by 03/2028", Label("LF4117A", Decimal("2.5"), END)),
    ("LF4117A 2500 mg", Label("LF4117A", Decimal("2.5"))),
    ("LOT LF4117A EXP 2028 MAR 31", Label("LF4117A", expires_on=END)),
    ("EXP 03/2028 LOT: LF4117A", Label("LF4117A", expires_on=END)),
    ("LOT EXP 03/2028 LF4117A", Label("LF4117A", expires_on=END)),
    ("Lot no. 4117123 Exp. 31MAR2028", Label("4117123", expires_on=END)),
    ("LOT12345 EXP:20280331", Label("12345", expires_on=END)),
    ("PC 00309442700043 SN 12345ABC LOT LF4117A EXP 03/2028",
     Label("LF4117A", expires_on=END, serial="12345ABC", gtin="00309442700043")),
    ("GAMMAGARD LIQUID 10% 10 g/100 mL (100 mg/mL) LOT LE12V205AB EXP 2028-03-31", Label("LE12V205AB", TEN, END)),
    ("Privigen LF4117A", Label("LF4117A")),
    ('"LE12 V205AB" 10 g', Label("LE12 V205AB", TEN)),
    ("“LE12 V205AB” 10 g", Label("LE12 V205AB", TEN)),
    ("LOT ABCDE", Label("ABCDE")),
    ("４×ＬＦ４１１７Ａ\u3000１０克", Label("LF4117A", TEN, count=4)),
    ("批号LF4117A，规格5g，有效期至2028年03月31日，4瓶", Label("LF4117A", Decimal(5), END, count=4)),
    ("批号：202503012 生产日期：2025年3月 有效期至：2028年03月 2.5g(5%,50ml)", Label("202503012", 5 * HALF, END)),
    ("静注人免疫球蛋白(pH4) 批号 LF4117A 10克/瓶 两瓶", Label("LF4117A", TEN, count=2)),
    ("LF4117A，10 g，有效期至 03/2028", Label("LF4117A", TEN, END)),
    ("4117，2瓶", Label("4117", count=2)),
    ("LF4117A MFG 2025-03-01 EXP 2028-03-31", Label("LF4117A", expires_on=END)),
]  # fmt: skip

ASKED = [
    ("hello", "no_lot", ""),
    ("10 g 03/2028", "no_lot", ""),
    ("", "no_lot", ""),
    ("LOT: ; 10 g", "no_lot", ""),
    ("LF4117A LF4118B", "two_lots", "LF4117A LF4118B"),
    ("LE12 V205AB", "two_lots", "LE12 V205AB"),
    ("LOT LF4117A LF4118B", "two_lots", "LF4117A LF4118B"),
    ("LOT LF4117A LOT LF4118B", "two_lots", "LF4117A LF4118B"),
    ("LF4117A 10", "stray", "10"),
    ("LOT LF4117A 10", "stray", "10"),
    ("AB LF4117A", "stray", "AB"),
    ("4xLF4117A", "glued_x", "4xLF4117A"),
    ("LF4117A 03/04/2028", "date_two_ways", "03/04/2028"),
    ("LF4117A EXP 03/28", "date_year", "03/28"),
    ("LF4117A EXP soon", "date_unclear", "EXP soon"),
    ("LF4117A 31/02/2028", "date_impossible", "31/02/2028"),
    ("LF4117A 03/2028 04/2028", "dates_two", "04/2028"),
    ("LF4117A 10 g 20 g", "grams_two", ""),
    ("LF4117A 0 g", "grams_range", "0"),
    ("LF4117A 4117 g", "grams_range", "4117"),
    ("4 x LF4117A x 2", "counts_two", ""),
    ("99 x LF4117A", "count_range", "99"),
    ("0 x LF4117A", "count_range", "0"),
    ("LF4117A SN 1 SN 2", "serials_two", "2"),
    ("2 x LF4117A SN 12345", "serial_many", ""),
    ("LF4117A4117A4117A4117A4117A", "code_unclear", ""),
    ("LOT " + "A1" * 40, "too_long", ""),
    ("LF4117A " + "g " * 300, "too_long", ""),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_a_line_is_read(line, expected):
    assert read_label(line) == expected
    assert read_label(f"  {line}\t") == expected


@pytest.mark.parametrize(("line", "problem", "about"), ASKED)
def test_a_line_is_asked_about(line, problem, about):
    label = read_label(line)
    assert (label.problem, label.about) == (problem, about)


def test_lines_end_where_people_end_them_and_not_inside_a_code():
    assert split_lines(" a \r\n\r\nb\rc\u2028d\n \n10LF\x1d21S\n") == ["a", "b", "c", "d", "10LF\x1d21S"]


def test_a_code_gives_its_parts_and_leaves_out_the_others():
    parts = {"01": "00309442700043", "17": "280300", "10": "LF4117A", "21": "S1", "11": "250301", "240": "X"}
    assert label_of_code(parts) == Label("LF4117A", None, END, "S1", "00309442700043")
    assert label_of_code({"10": "LF4117A", "7003": "2803311200"}, sure=False) == Label(
        "LF4117A", expires_on=END, check="code_unsure"
    )
    assert label_of_code({"21": "S1"}).problem == "no_lot_in_code"
    assert label_of_code({"10": "LF4117A", "17": "281301"}).about == "281301"


def test_words_beside_a_code_add_to_it_and_may_not_contradict_it():
    known = Label("LF4117A", expires_on=END)
    assert read_label("2 x  10 g", known) == Label("LF4117A", TEN, END, count=2)
    assert read_label("LF-4117A", known) == known
    assert read_label("LF4118B", known).problem == "two_lots"
    assert read_label("04/2028", known).problem == "dates_two"


@pytest.mark.parametrize(
    ("expires_on", "passed"), [(None, False), (END, False), (date(2028, 3, 30), True), (date(2028, 4, 1), False)]
)
def test_a_bottle_is_good_on_its_last_day(expires_on, passed):
    assert has_passed(expires_on, END) is passed


@given(st.text(max_size=80))
def test_nothing_raises(text):
    label = read_label(text)
    assert bool(label.problem) or bool(label.lot)


LABEL_TEXT = st.text('LOTXGN0123456789 ./-:;,x×*克瓶年月批号有效期EP(){}"', max_size=40)


@given(LABEL_TEXT)
def test_nothing_like_a_label_raises(text):
    label = read_label(text)
    assert label.problem or (label.lot and 1 <= label.count <= 60)


LOTS = st.from_regex(r"[A-Z]{1,2}[0-9]{4,7}[A-Z]{0,2}", fullmatch=True).filter(
    lambda lot: lot[:2] not in ("SN", "PC")
)
GRAMS = st.sampled_from([None, *map(Decimal, ("0.5", "1", "2.5", "5", "10", "20", "30"))])
PRINTED = st.builds(
    Label,
    lot=LOTS,
    grams=GRAMS,
    expires_on=st.none() | st.dates(date(2020, 1, 1), date(2099, 12, 31)).map(month_end),
    count=st.integers(1, 60),
)


@given(PRINTED)
def test_what_is_printed_reads_back(label):
    grams = f"{label.grams} g" if label.grams else ""
    month = f"{label.expires_on:%m/%Y}" if label.expires_on else ""
    iso = label.expires_on.isoformat() if label.expires_on else ""
    forms = [
        f"{label.count} x {label.lot} {grams} {month}",
        f"{label.lot}; {grams}; {iso}; x {label.count}",
        f"{label.lot} ×{label.count} {grams}{', use by ' + month if month else ''}",
        f'{label.count} x "{label.lot}", {grams}, {iso}',
        f"批号{label.lot}，{grams.replace(' g', '克')}，{'有效期至' + iso if iso else ''}，{label.count}瓶",
        f"LOT: {label.lot} {'EXP: ' + month if month else ''} {grams.replace('.', ',')} x {label.count}",
    ]
    assert [read_label(form) for form in forms] == [label] * len(forms)
