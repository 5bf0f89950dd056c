"""Reads of calendar feeds: by their secret, by their owner, and what was last told about each date."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.accounts.queries import token_hash
from companion.calendar.models import CalendarEntry, CalendarFeed
from companion.circles.models import Circle, Membership
from companion.domain.recurrence import horizon
from companion.extensions import db

BACK_DAYS = 90
EMPTY_DAYS = 90
"""How long an address that is switched off still answers, with an empty calendar, so that copies clear."""


def feed_of_token(token: str, now: datetime) -> CalendarFeed | None:
    """The feed of an address; None for an address that never was, or has been off for too long."""
    query = sa.select(CalendarFeed).where(CalendarFeed.token_hash == token_hash(token))
    feed = db.session.scalars(query).first()
    if feed is None or (feed.revoked_at is not None and now - feed.revoked_at >= timedelta(days=EMPTY_DAYS)):
        return None
    return feed


def is_live(feed: CalendarFeed) -> bool:
    """Whether a feed may show dates: it is on, and its owner may still see the dates of the circle."""
    return feed.revoked_at is None and _may_see(feed.account_id, feed.circle_id)


def feeds_of(account: Account) -> list[CalendarFeed]:
    """The feeds of an account that show dates, oldest first."""
    query = (
        sa.select(CalendarFeed)
        .where(CalendarFeed.account_id == account.id, CalendarFeed.revoked_at.is_(None))
        .order_by(CalendarFeed.id)
    )
    return [feed for feed in db.session.scalars(query) if is_live(feed)]


def feed_of(account: Account, public_id: str) -> CalendarFeed | None:
    """A feed of an account, on or off; None for that of somebody else and where the circle is closed to its owner."""
    query = sa.select(CalendarFeed).where(CalendarFeed.account_id == account.id, CalendarFeed.public_id == public_id)
    feed = db.session.scalars(query).first()
    return feed if feed is not None and _may_see(account.id, feed.circle_id) else None


def window_of(circle: Circle, now: datetime) -> tuple[date, date]:
    """The first and last date that a feed shows: 90 days back to 13 months ahead."""
    today = now.astimezone(ZoneInfo(circle.tz)).date()
    return today - timedelta(days=BACK_DAYS), horizon(today)


def entries_of(circle: Circle, first: date, last: date) -> list[CalendarEntry]:
    """What calendar programs were last told about the dates of a span."""
    query = (
        sa.select(CalendarEntry)
        .where(CalendarEntry.circle_id == circle.id, CalendarEntry.on.between(first, last))
        .order_by(CalendarEntry.on, CalendarEntry.id)
    )
    return list(db.session.scalars(query))


def entries_named(circle: Circle, uids: list[str]) -> list[CalendarEntry]:
    """What calendar programs were last told about the named dates."""
    query = sa.select(CalendarEntry).where(CalendarEntry.circle_id == circle.id, CalendarEntry.uid.in_(uids))
    return list(db.session.scalars(query))


def _may_see(account_id: int, circle_id: int) -> bool:
    query = sa.select(Membership).where(Membership.account_id == account_id, Membership.circle_id == circle_id)
    membership = db.session.scalars(query).first()
    return membership is not None and "see_dates" in membership.rights
