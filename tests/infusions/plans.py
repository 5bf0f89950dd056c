"""Plans made for tests, and how to look at them."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from companion import clock
from companion.circles.models import Circle
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import Infusion, InfusionDay, Regimen

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
D = date.fromisoformat
TODAY = clock.now().astimezone(ZoneInfo("Europe/London")).date()
"""The date at the home of the tests' circles, for pages, which ask the clock."""


def start(circle: Circle, first_on: str = "2027-03-05", **values: Any) -> Regimen:
    """A plan of one day every four weeks unless said otherwise."""
    plan: dict[str, Any] = {"interval_count": 4, "interval_unit": "week", "now": NOW}
    with transaction():
        return operations.start_regimen(circle, first_on=D(first_on), **(plan | values))


def courses(regimen: Regimen) -> list[Infusion]:
    """The courses of a plan that are not cancelled, in order."""
    db.session.expire_all()
    return [c for c in regimen.infusions if c.cancelled_at is None]


def first_dates(regimen: Regimen, count: int = 4) -> list[str]:
    """The first dates of the first courses."""
    return [c.first_on.isoformat() for c in courses(regimen)[:count]]


def dates_of(course: Infusion) -> list[str]:
    """The dates of the days of a course, the real ones where they are known."""
    return [day.happened_on.isoformat() for day in course.days]


def day_of(regimen: Regimen, course: int = 0, number: int = 1) -> InfusionDay:
    """One day of a plan."""
    return courses(regimen)[course].days[number - 1]


def book(regimen: Regimen, course: int) -> None:
    """The clinic gave the date of this course."""
    with transaction():
        operations.book_infusion(courses(regimen)[course], now=NOW)


def at(text: str) -> datetime:
    """Noon UTC of a date."""
    return datetime.combine(D(text), datetime.min.time(), tzinfo=UTC).replace(hour=12)
