"""A plan of Ana's, its reminders and their answer links, a week before the first day."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery.models import Delivery
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.infusions.models import InfusionDay, Regimen
from companion.reminders import operations

FIRST = date(2026, 11, 30)
WEEK_BEFORE = datetime(2026, 11, 23, 12, tzinfo=UTC)
MORNING = datetime(2026, 11, 30, 8, 10, tzinfo=UTC)
AFTER = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def plan(people: Any) -> Callable[..., Regimen]:
    """Start a regimen of Ana's: one day at nine every four weeks unless said otherwise."""

    def start(**values: Any) -> Regimen:
        defaults: dict[str, Any] = {
            "first_on": FIRST,
            "interval_count": 4,
            "interval_unit": "week",
            "local_time": "09:00",
            "now": WEEK_BEFORE,
        }
        with transaction():
            return infusions.start_regimen(people.circle, **(defaults | values))

    return start


@pytest.fixture
def planned(people: Any) -> Callable[[datetime], list[Delivery]]:
    """Plan the messages of Ana's circle at a time; gives all of them by due time."""

    def run(now: datetime = WEEK_BEFORE) -> list[Delivery]:
        with transaction():
            operations.plan_deliveries(people.circle.id, now)
        return list(db.session.scalars(sa.select(Delivery).order_by(Delivery.due_at, Delivery.id)))

    return run


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock of the application."""
    file = tmp_path / "clock"
    monkeypatch.setenv("COMPANION_TESTING", "1")
    monkeypatch.setenv("COMPANION_TEST_CLOCK", str(file))

    def move(moment: datetime) -> None:
        file.write_text(str((moment - datetime.now(UTC)).total_seconds()))

    return move


def day_of(regimen: Regimen, course: int = 0, number: int = 1) -> InfusionDay:
    """One day of a plan."""
    db.session.expire_all()
    return [c for c in regimen.infusions if c.cancelled_at is None][course].days[number - 1]


def stages(deliveries: list[Delivery], state: str = "pending") -> list[str]:
    """The stages in a state, by due time."""
    return [row.stage for row in deliveries if row.state == state]
