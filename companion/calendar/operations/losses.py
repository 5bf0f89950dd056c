"""Calendar feeds of somebody who sees the dates of a circle no longer."""

import sqlalchemy as sa

from companion.calendar.models import CalendarFeed
from companion.calendar.operations.feeds import FeedIsGone, restore_feed, revoke_feed
from companion.circles.operations import Loss, register_loss
from companion.extensions import db


def lose(loss: Loss) -> list[int]:
    """Switch the person's feeds of this circle off: they do not come back by a later invitation."""
    if "see_dates" not in loss.rights:
        return []
    feeds = db.session.scalars(_feeds(loss).where(CalendarFeed.revoked_at.is_(None))).all()
    for feed in feeds:
        revoke_feed(feed, loss.now)
    return [feed.id for feed in feeds]


def put_back(loss: Loss, kept: list[int]) -> None:
    """Switch them on again."""
    for feed in db.session.scalars(_feeds(loss).where(CalendarFeed.id.in_(kept))).all():
        try:
            restore_feed(feed, loss.now)
        except FeedIsGone:
            continue


def _feeds(loss: Loss) -> sa.Select[CalendarFeed]:
    return sa.select(CalendarFeed).where(
        CalendarFeed.circle_id == loss.circle.id, CalendarFeed.account_id == loss.account.id
    )


register_loss("calendar", lose, put_back)
