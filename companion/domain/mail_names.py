"""A person's name as a mail to a stranger may carry it."""

import re

LONGEST = 40
ADDRESS_LIKE = re.compile(r"[/@:\\]|\w\.\w|\d{5}")
"""Web addresses, mail addresses and phone numbers: a name is no place to send strangers elsewhere."""


def fit_for_mail(name: str | None) -> str | None:
    """The name on one line, cut to 40 letters; None where there is none, or it could be taken for an address."""
    line = " ".join((name or "").split())
    if not line or ADDRESS_LIKE.search(line):
        return None
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
