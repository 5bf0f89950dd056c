"""Feeds made for tests, and how to fetch them."""

import re
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient

from companion.accounts.models import Account
from companion.calendar import operations
from companion.circles.models import Circle
from companion.database import transaction
from tests.calendar.reading import Told, by_ical, lines_of
from tests.infusions.plans import NOW

ADDRESS = re.compile(r'value="http://[^"/]+(/calendar/feeds/[\w-]{43}\.ics)"')


def make_feed(account: Account, circle: Circle, now: datetime = NOW, **values: Any) -> str:
    """A feed; returns the path of its address."""
    with transaction():
        _, token = operations.make_feed(account, circle, now=now, **({"language": "en"} | values))
    return f"/calendar/feeds/{token}.ics"


def shown_address(page: str) -> str | None:
    """The path of the address that a page shows."""
    found = ADDRESS.search(page)
    return found[1] if found else None


def told_by(client: FlaskClient, path: str) -> list[Told]:
    """What a feed tells, in order."""
    answer = client.get(path)
    assert answer.status_code == 200
    return sorted(by_ical(answer.data).values(), key=lambda told: (str(told.begins), told.uid))


def sequences(file: bytes) -> dict[str, int]:
    """The sequence of each entry."""
    lines = lines_of(file)
    uids = [line.removeprefix("UID:") for line in lines if line.startswith("UID:")]
    return dict(zip(uids, (int(line[9:]) for line in lines if line.startswith("SEQUENCE:")), strict=True))
