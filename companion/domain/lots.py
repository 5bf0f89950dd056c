"""Lot numbers of immunoglobulin vials."""

import unicodedata


def normalise(text: str) -> str:
    """A lot number for comparing: capitals, without spaces and dashes, full-width letters made plain.

    The lot as typed is kept beside it; two lots are the same when their normal forms are equal.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in plain if not _is_space_or_dash(char))


def _is_space_or_dash(char: str) -> bool:
    """Any space, hyphen, dash or minus, and marks that cannot be seen, as copying from a label can leave."""
    return char.isspace() or char == "\u2212" or unicodedata.category(char) in ("Pd", "Cf", "Cc")
