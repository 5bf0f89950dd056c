"""Reads access_matrix.txt: what every route asks, written down beside the program."""

import re
from pathlib import Path

from companion.domain.roles import RIGHTS

TABLE = Path(__file__).with_name("access_matrix.txt")
PARTS = ("public", "key", "signed_in", *sorted(RIGHTS))


def written_down() -> dict[tuple[str, str], tuple[str, bool]]:
    """Method and address of each line: what is asked, and whether it asks again."""
    found, part = {}, ""
    for line in TABLE.read_text().splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            part = heading[1]
            assert part in PARTS, line
        elif line and not line.startswith("#"):
            methods, slash, rest = line.partition("/")
            path = slash + rest
            for method in methods.split():
                key = (method.rstrip("!"), path)
                assert key not in found, f"twice: {key}"
                found[key] = (part, method.endswith("!"))
    return found
