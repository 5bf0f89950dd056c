"""F21: no worker for a time; what is still useful comes once, much of it as one mail, and all adds up."""

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion.circles.models import Circle
from companion.database import transaction
from companion.delivery.models import Delivery, Heartbeat
from companion.extensions import db
from tests import factories
from tests.running import wait_until


def visits_soon(story, count=5):
    """Visits of the first patient in 40 hours and after, so that each is told a day before."""
    begins = story.worker.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=40)
    with story.app.app_context(), transaction():
        circle = db.session.scalars(sa.select(Circle)).first()
        for hour in range(count):
            at = begins + timedelta(minutes=10 * hour)
            factories.visit(circle, planned_on=at.date(), local_time=f"{at:%H:%M}", starts_at=at)


@pytest.mark.parametrize(
    ("away", "more"),
    [
        pytest.param(timedelta(hours=20), 1, id="20 hours"),
        pytest.param(timedelta(days=3), 1, id="3 days", marks=pytest.mark.long),
        pytest.param(timedelta(days=40), 0, id="40 days", marks=pytest.mark.long),
    ],
)
def test_f21_after_a_time_without_a_worker_nothing_storms_and_nothing_is_lost(story, away, more):
    people = story.people(1)
    visits_soon(story)
    story.worker.start("worker")
    wait_until(lambda: story.server.counts()[people[0]] == 1)
    wait_until(lambda: not story.read(sa.select(Delivery.id).where(Delivery.state == "leased")))
    story.worker.kill("worker")
    planned = {row[0] for row in story.read(sa.select(Delivery.id))}
    story.worker.move_to(story.worker.now() + away)
    back = story.worker.now()
    story.worker.start("worker")
    wait_until(lambda: story.read(sa.select(Heartbeat.at).where(Heartbeat.name == "tick", Heartbeat.at > back)))
    wait_until(lambda: story.server.counts()[people[0]] >= 1 + more)
    story.worker.move_to(story.worker.now() + timedelta(seconds=70))
    again = story.worker.now()
    wait_until(lambda: story.read(sa.select(Heartbeat.at).where(Heartbeat.name == "tick", Heartbeat.at > again)))
    assert story.server.counts()[people[0]] == 1 + more
    rows = story.read(sa.select(Delivery.id, Delivery.state, Delivery.useful_until))
    assert planned <= {row.id for row in rows}
    late = Counter(row.state for row in rows if row.useful_until <= back)
    assert set(late) <= {"accepted", "superseded", "cancelled", "expired", "suppressed"}
