"""GS1 codes among the lines: with and without parentheses and separators, and what is only a guess."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.vial_labels import Label
from companion.infusions.forms.label_words import check_words, problem_words
from companion.infusions.forms.labels import read_line, read_lines
from tests.domain.test_vial_labels import ASKED

GS = "\x1d"
GTIN = "00309442700043"
END = date(2028, 3, 31)
WHOLE = Label("LF4117A", None, END, "123456789012", GTIN)
NO_SERIAL = Label("LF4117A", None, END, "", GTIN)
SER = Label("LF4117A", None, END, "SER12345", GTIN)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"(01){GTIN}(17)280331(10)LF4117A(21)123456789012", WHOLE),
        (f"(21)123456789012(10)LF4117A(17)280300(01){GTIN}", WHOLE),
        (f"(01) {GTIN} (17) 280331 (10) LF4117A (21) 123456789012", WHOLE),
        (f"（01）{GTIN}（17）280331（10）ＬＦ4117A（21）123456789012", WHOLE),
        (f"]d201{GTIN}1728033110LF4117A{GS}21123456789012", WHOLE),
        (f"{GS}01{GTIN}21123456789012{GS}1728033110LF4117A", WHOLE),
        (f"10LF4117A{GS}21123456789012{GS}01{GTIN}17280331", WHOLE),
        (f"01{GTIN}1728033110LF4117A<GS>21123456789012", WHOLE),
        (f"01{GTIN}1728033110LF4117A{{GS}}21123456789012", WHOLE),
        (f"01{GTIN}1728033110LF4117A␝21123456789012", WHOLE),
        (f"]C101{GTIN}1728033110LF4117A", NO_SERIAL),
        (f"01{GTIN}1728033110LF4117A", NO_SERIAL),
        (f"01{GTIN}112503011728033110LF4117A{GS}240XYZ{GS}3012", NO_SERIAL),
        (f"(01){GTIN}(11)250301(17)280331(240)XYZ(30)4(10)LF4117A", NO_SERIAL),
        (f"01{GTIN}21SER12345{GS}1728033110LF4117A", SER),
        ("(10)LF4117A", Label("LF4117A")),
        (f"10LF4117A{GS}17280331", Label("LF4117A", expires_on=END)),
    ],
)
def test_a_code_is_read(line, expected):
    assert read_line(line) == expected
    assert read_line(f"{line} 10 g") == Label(**(vars(expected) | {"grams": 10}))


@pytest.mark.parametrize(
    ("line", "lot", "serial"),
    [
        (f"01{GTIN}1728033110LF4117A21SER12345", "LF4117A", "SER12345"),
        (f"01{GTIN}21SER1234561728033110LF4117A", "LF4117A", "SER123456"),
        (f"10LF4117A01{GTIN}1728033121SER12345", "LF4117A", "SER12345"),
        ("(01)00309442700044(17)280331(10)LF4117A", "LF4117A", ""),
    ],
)
def test_what_is_only_a_guess_says_so(line, lot, serial):
    label = read_line(line)
    assert (label.lot, label.serial, label.expires_on, label.check) == (lot, serial, END, "code_unsure")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("]d2junk", "code_unclear"),
        (f"01{GTIN}17280331", "no_lot_in_code"),
        (f"01{GTIN}", "no_lot_in_code"),
        (f"(01){GTIN}(17)281331(10)LF4117A", "date_impossible"),
        (f"(01){GTIN}(10)LF41 17A(17)280331", "code_unclear"),
        ("(10)LF4117A(10)LF4118B", "code_unclear"),
        (f"2 x (01){GTIN}(10)LF4117A(21)123", "serial_many"),
        (f"(01){GTIN}(17)280331(10)LF4117A 04/2028", "dates_two"),
        (f"01{GTIN}1728033110LF21A21B21C21DE", "code_unclear"),
        ("A" * 400, "too_long"),
    ],
)
def test_a_code_that_cannot_be_read_is_asked_about(line, problem):
    assert read_line(line).problem == problem


def test_each_line_keeps_its_number_and_its_text():
    lines = read_lines("LF4117A\n\n4 x LF4118B\nhello")
    assert [(line.number, line.text, line.label.count) for line in lines] == [
        (1, "LF4117A", 1),
        (2, "4 x LF4118B", 4),
        (3, "hello", 1),
    ]


LOTS = st.from_regex(r"[A-Z]{2}[0-9]{4,8}[A-Z]{0,2}", fullmatch=True)
SERIALS = st.from_regex(r"[A-Z0-9]{6,20}", fullmatch=True)
ENDS = st.dates(date(2020, 1, 1), date(2099, 12, 31))


@given(LOTS, SERIALS, ENDS, st.permutations(["01", "17", "10", "21"]), st.sampled_from([GS, "<GS>", "{GS}", "␝"]))
def test_what_a_label_prints_reads_back(lot, serial, on, order, mark):
    parts = {"01": GTIN, "17": f"{on:%y%m%d}", "10": lot, "21": serial}
    expected = Label(lot, None, on, serial, GTIN)
    assert read_line("".join(f"({key}){parts[key]}" for key in order)) == expected
    typed = "".join(f"{key}{parts[key]}{mark if key in ('10', '21') else ''}" for key in order)
    assert read_line(f"]d2{typed}") == expected


@given(st.text(max_size=60) | st.text("0123456789()]d2AB\x1d<GS>", max_size=80))
def test_nothing_raises(text):
    label = read_line(text)
    assert label.problem or label.lot


def test_every_problem_and_every_doubt_has_words(app):
    asked = {problem for _line, problem, _about in ASKED} | {"no_lot_in_code", "code_unclear"}
    with app.test_request_context():
        for problem in asked:
            assert problem_words(Label(problem=problem, about="03/28"))
        assert "LF1" in check_words(Label("LF1", check="code_unsure"))
