"""Who looked: one entry for each reader, kind of page and day, as the day is where the patient lives."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from companion.database import transaction
from companion.extensions import db
from companion.trail.models import LINK, READ, REFUSED, TrailEntry, TrailHead
from companion.trail.operations.writing import append, locked_head

PAGE_KINDS: dict[str, str | None] = {
    "accounts": None,
    "api": "program",
    "assistance": None,
    "calendar": "calendar",
    "checkins": "check_ins",
    "circles": "circle",
    "clinician": None,
    "clinician_links": "clinician_links",
    "demo": None,
    "devices": None,
    "exchange": None,
    "health": None,
    "infusions": "infusions",
    "insights": "trends",
    "learn": None,
    "medical_cards": "medical_card",
    "messages": "messages",
    "infusions.nurse": None,
    "offline": "phone_copy",
    "paper_logs": "paper",
    "preparations": "preparations",
    "pwa": None,
    "recalls": "recalls",
    "reminders": "reminders",
    "rules": "reminders",
    "stops": None,
    "supplies": "supplies",
    "today": "today",
    "visits": "visits",
}
"""What a look at the pages of a blueprint is called. None: they show nothing of a circle, or tell it themselves."""
REPORT = "doctors_report"


@dataclass(frozen=True, slots=True)
class Look:
    """A reader saw, or was refused, a kind of page of a circle."""

    circle_id: int
    circle: str
    tz: str
    actor: str
    verb: str
    kind: str
    object_id: str | None = None

    def day_begins(self, now: datetime) -> datetime:
        """When the day of the circle began."""
        return now.astimezone(ZoneInfo(self.tz)).replace(hour=0, minute=0, second=0, microsecond=0)


def look_of(standing: Any, kind: str, *, refused: bool = False) -> Look | None:
    """The look of a member; None for the patient's own."""
    if standing.is_patient:
        return None
    circle, verb = standing.circle, REFUSED if refused else READ
    return Look(circle.id, circle.public_id, circle.tz, standing.account.public_id, verb, kind)


def look_by_link(circle: Any, link_id: str) -> Look:
    """The look of whoever has the address of a clinician link."""
    return Look(circle.id, circle.public_id, circle.tz, LINK, READ, REPORT, link_id)


def tell_look(look: Look, now: datetime) -> bool:
    """Write a look down unless this day has it already; says whether it was new. A transaction of its own."""
    if _is_told(look, now):
        return False
    with transaction():
        head = locked_head(db.session, look.circle_id)
        if _is_told(look, now):
            return False  # another process was faster
        append(db.session, head, [(look.verb, look.kind, look.object_id)], look.actor, now)
    return True


def _is_told(look: Look, now: datetime) -> bool:
    head = sa.select(TrailHead.id).where(TrailHead.circle_id == look.circle_id).scalar_subquery()
    told = sa.select(TrailEntry.id).where(
        TrailEntry.head_id == head,
        TrailEntry.verb == look.verb,
        TrailEntry.actor == look.actor,
        TrailEntry.kind == look.kind,
        TrailEntry.at >= look.day_begins(now),
        TrailEntry.object_id == look.object_id if look.object_id else TrailEntry.object_id.is_(None),
    )
    return db.session.scalar(told.limit(1)) is not None
