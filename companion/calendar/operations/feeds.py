"""Addresses of calendar feeds: made, replaced, switched off and on again."""

import secrets
from datetime import datetime, timedelta

from companion.accounts.models import Account
from companion.accounts.queries import token_hash
from companion.calendar import queries
from companion.calendar.models import NEUTRAL, CalendarFeed
from companion.calendar.operations.entries import publish_feed
from companion.circles.models import Circle
from companion.extensions import db

TOKEN_BYTES = 32
FETCH_NOTED_EVERY = timedelta(minutes=5)


class FeedIsGone(Exception):
    """The address was replaced or has been off for too long: it cannot be used again."""


def make_feed(
    account: Account,
    circle: Circle,
    *,
    level: str = NEUTRAL,
    with_alarms: bool = False,
    language: str,
    now: datetime,
) -> tuple[CalendarFeed, str]:
    """A new feed and its token: 256 random bits that are kept nowhere but in the answer to whoever asked."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed = CalendarFeed(
        account_id=account.id,
        circle_id=circle.id,
        token_hash=token_hash(token),
        level=level,
        with_alarms=with_alarms,
        language=language,
        created_at=now,
    )
    db.session.add(feed)
    db.session.flush()
    publish_feed(circle, now)  # from now on whatever is cancelled is told as cancelled
    return feed, token


def rotate_feed(feed: CalendarFeed, now: datetime) -> tuple[CalendarFeed, str]:
    """A new address with the same settings; the old one is off for good. Raises FeedIsGone."""
    _lock(feed)
    if feed.revoked_at is not None:
        raise FeedIsGone
    feed.rotated_at = feed.revoked_at = now
    return make_feed(
        feed.account,
        feed.circle,
        level=feed.level,
        with_alarms=feed.with_alarms,
        language=feed.language,
        now=now,
    )


def revoke_feed(feed: CalendarFeed, now: datetime) -> None:
    """Switch a feed off: its address answers with an empty calendar, and some weeks later not at all."""
    _lock(feed)
    feed.revoked_at = feed.revoked_at or now
    db.session.flush()


def restore_feed(feed: CalendarFeed, now: datetime) -> None:
    """Switch a feed on again while its address still answers. Raises FeedIsGone."""
    _lock(feed)
    too_late = feed.revoked_at is not None and now - feed.revoked_at >= timedelta(days=queries.EMPTY_DAYS)
    if feed.rotated_at is not None or too_late:
        raise FeedIsGone
    feed.revoked_at = None
    db.session.flush()


def note_fetch(feed: CalendarFeed, now: datetime) -> None:
    """Note when a calendar program last asked. One whose owner may no longer see the dates is switched off."""
    if feed.revoked_at is None and not queries.is_live(feed):
        revoke_feed(feed, now)
    if feed.last_fetched_at is None or now - feed.last_fetched_at >= FETCH_NOTED_EVERY:
        feed.last_fetched_at = now
    db.session.flush()


def _lock(feed: CalendarFeed) -> None:
    """Read the row afresh and hold it, so that two taps at once do not make two new addresses."""
    db.session.flush()
    db.session.refresh(feed, with_for_update=True)
