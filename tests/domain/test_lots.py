"""Lot numbers compared without spaces and dashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.lots import normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("le12v205ab", "LE12V205AB"),
        (" LE12 V205-AB ", "LE12V205AB"),
        ("ＬＥ１２Ｖ２０５ＡＢ", "LE12V205AB"),
        ("A\u2010B\u2011C\u2013D\u2014E\u2212F\uff0dG", "ABCDEFG"),
        ("A\u00a0B\u3000C\tD\u200bE", "ABCDE"),
        ("12/34.5_6", "12/34.5_6"),
        ("", ""),
        ("- -", ""),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_normal_form_is_stable(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert normalise(text.lower()) == normalise(text.upper())
