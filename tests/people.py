"""The four people of the tests: Ana the patient, Ben (manages dates), Vera (sees dates), Sam a stranger."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.database import transaction
from tests import factories

EPOCH = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class People:
    """Accounts and circles; Sam is the patient of another circle."""

    ana: Account
    ben: Account
    vera: Account
    sam: Account
    circle: Circle
    sams_circle: Circle


def make_people(app: Flask) -> People:
    """Insert the four and their two circles; call inside an app context."""
    with transaction():
        ana = factories.account("Ana", "ana@example.org")
        ben = factories.account("Ben", "ben@example.org")
        vera = factories.account("Vera", "vera@example.org")
        sam = factories.account("Sam", "sam@example.org")
        circle = factories.circle(patient=ana)
        factories.membership(circle, ben, "manage_calendar")
        factories.membership(circle, vera, "calendar_only")
        sams_circle = factories.circle(patient=sam)
    return People(ana, ben, vera, sam, circle, sams_circle)
