"""The code that stands at the end of a nurse's address: 60 bits in letters and digits that nobody mixes up."""

import re
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32: no I, L, O and U. Whoever types one of the first three means the digit that looks like it."""
LETTERS, GROUP = 12, 4
BITS = 5 * LETTERS
_MEANT = str.maketrans("OIL", "011")
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212]+")


def code_of(number: int) -> str:
    """The code of a number below 2**60: `7K3M-9QPX-4TWD`."""
    digits = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LETTERS)))
    return "-".join(digits[start : start + GROUP] for start in range(0, LETTERS, GROUP))


def read_code(typed: str) -> str | None:
    """The code that someone typed, in small or large letters, with any dashes or none; None where it is none."""
    plain = unicodedata.normalize("NFKC", typed[: 8 * LETTERS]).upper()
    digits = _BETWEEN.sub("", plain).translate(_MEANT)
    if len(digits) != LETTERS or set(digits) - set(ALPHABET):
        return None
    return code_of(int("".join(f"{ALPHABET.index(one):05b}" for one in digits), 2))
