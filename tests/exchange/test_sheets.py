"""CSV that a spreadsheet shows as it is and never runs."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.exchange.queries.sheets import STARTS_FORMULA, cell, csv_file, json_list


def read(columns, rows):
    text = b"".join(csv_file(columns, rows))
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (-2, "-2"),
        (2.5, "2.5"),
        ("=1+1", "'=1+1"),
        ("+44 20 7946 0000", "'+44 20 7946 0000"),
        ("-", "'-"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("\0=1", "'=1"),
        ("您好，今天", "您好，今天"),
        ('a "b", c\nd', 'a "b", c\nd'),
        (["=a", "b"], "'=a; b"),
        ([1, {"a": "ü"}], '[1, {"a": "ü"}]'),
    ],
)
def test_a_cell(value, shown):
    assert read(["it"], [{"it": value}]) == [["it"], [shown]]


@given(st.text())
def test_no_text_starts_a_formula(text):
    shown = str(cell(text))
    assert not shown.lstrip(" ").startswith(STARTS_FORMULA)
    assert shown.removeprefix("'") == text.replace("\0", "") or shown == text


def test_rows_are_written_as_they_come():
    rows = ({"it": number} for number in range(1000))
    assert len(list(csv_file(["it"], rows))) > 4
    assert b"".join(json_list(iter(()))) == b"[]"
    assert b"".join(json_list([{"a": "中"}, {"a": 1}])).decode() == '[\n{"a": "中"},\n{"a": 1}]'
