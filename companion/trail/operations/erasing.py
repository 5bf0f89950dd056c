"""The one way to end a trail: with its circle."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from companion.extensions import db
from companion.trail.models import TrailEntry, TrailHead
from companion.trail.operations.writing import forget_of, locked_head


def erase_trail(circle: Any, now: datetime) -> None:
    """Delete the entries of a circle that is being erased, in the transaction that erases it; its head stays.

    The head is parted from the circle and marked for good before the database lets a single entry go.
    """
    session = db.session
    session.flush()
    head = locked_head(session, circle.id)
    connection = session.connection()
    ended = sa.update(TrailHead).where(TrailHead.id == head.id)
    connection.execute(ended.values(circle_id=None, erased_at=now))
    connection.execute(sa.delete(TrailEntry).where(TrailEntry.head_id == head.id))
    forget_of(circle.id)
