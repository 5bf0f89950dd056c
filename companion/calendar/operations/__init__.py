"""Writes of the calendar: feeds, what calendar programs were told, and the files that tell them."""

from companion.calendar.operations import losses
from companion.calendar.operations.entries import publish_feed, publish_infusion, publish_visit
from companion.calendar.operations.feeds import (
    FeedIsGone,
    make_feed,
    note_fetch,
    restore_feed,
    revoke_feed,
    rotate_feed,
)
from companion.calendar.operations.files import Notice, compose_calendar

__all__ = [
    "FeedIsGone",
    "Notice",
    "compose_calendar",
    "losses",
    "make_feed",
    "note_fetch",
    "publish_feed",
    "publish_infusion",
    "publish_visit",
    "restore_feed",
    "revoke_feed",
    "rotate_feed",
]
