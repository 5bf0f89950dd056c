"""Reads of the trail, newest first."""

from typing import Any

import sqlalchemy as sa

from companion.extensions import db
from companion.trail.models import READ, REFUSED, TrailEntry, TrailHead

PAGE = 100
"""Entries of one page."""


def entries_of(circle: Any, *, before: int | None = None, looks_only: bool = False) -> list[TrailEntry]:
    """Up to a page of entries older than one, and one more where there are older ones still."""
    query = sa.select(TrailEntry).join(TrailHead, TrailHead.id == TrailEntry.head_id)
    query = query.where(TrailHead.circle_id == circle.id)
    if before is not None:
        query = query.where(TrailEntry.sequence < before)
    if looks_only:
        query = query.where(TrailEntry.verb.in_((READ, REFUSED)))
    return list(db.session.scalars(query.order_by(TrailEntry.sequence.desc()).limit(PAGE + 1)))
