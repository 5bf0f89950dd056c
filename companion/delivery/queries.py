"""Reads of deliveries and of the worker's signs of life."""

from datetime import datetime

import sqlalchemy as sa

from companion.delivery.models import OPEN_STATES, Delivery, Heartbeat
from companion.extensions import db

TICK = "tick"


def last_tick_at() -> datetime | None:
    """When the worker last looked for due deliveries."""
    beat = last_beat(TICK)
    return beat.at if beat else None


def last_beat(name: str) -> Heartbeat | None:
    """The last sign of life of a job, with what it had to tell."""
    return db.session.get(Heartbeat, name)


def oldest_overdue_at(now: datetime) -> datetime | None:
    """When the oldest delivery became due that is still useful and not settled; None when nothing is late."""
    query = sa.select(sa.func.min(Delivery.due_at)).where(
        Delivery.state.in_(OPEN_STATES), Delivery.next_attempt_at <= now, Delivery.due_at <= now
    )
    return db.session.scalar(query)
