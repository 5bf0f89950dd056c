"""Codes that are typed by hand: 60 bits there and back, whatever the letters and dashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.nurse_code import ALPHABET, BITS, code_of, read_code


@given(st.integers(0, 2**BITS - 1), st.data())
def test_a_code_is_read_however_it_is_typed(number: int, data: st.DataObject) -> None:
    code = code_of(number)
    assert [len(group) for group in code.split("-")] == [4, 4, 4]
    assert read_code(code) == code
    looks = {"0": "0oO", "1": "1iIlL"}
    typed = "".join(data.draw(st.sampled_from(looks.get(one, one + one.lower()))) for one in code.replace("-", ""))
    for between in ("", "-", " ", " – "):
        assert read_code(between.join([typed[:3], typed[3:8], typed[8:]])) == code


def test_no_two_numbers_share_a_code_and_no_letter_is_mixed_up() -> None:
    assert BITS >= 60
    assert len({code_of(number) for number in range(2000)}) == 2000
    assert not set("ILOU") & set(ALPHABET)


NO_CODES = ["", "7K3M", "7K3M-9QPX-4TWD-0000", "7K3M-9QPX-4TWU", "7K3M-9QPX-4TW!", "x" * 5000, "é" * 12]


@pytest.mark.parametrize("typed", NO_CODES)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert read_code(typed) is None
