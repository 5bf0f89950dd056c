"""Calendar feeds: the secret addresses from which calendar programs read, and what they were last told."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.database import Base, PublicRow, UTCDateTime

NEUTRAL, TIME_ONLY, FULL = "neutral", "time", "full"
LEVELS = (NEUTRAL, TIME_ONLY, FULL)
CONFIRMED, TENTATIVE, CANCELLED = "confirmed", "tentative", "cancelled"


class CalendarFeed(PublicRow, Base):
    """One address of one account for one circle; only a hash of its token is stored.

    A new address is a new row, and the old row is switched off (`rotated_at`, `revoked_at`). A row that is
    switched off still answers with an empty calendar for some weeks, so that copies clear.
    """

    __tablename__ = "calendar_feeds"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    level: Mapped[str] = mapped_column(sa.String(8), default=NEUTRAL)
    with_alarms: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(sa.String(8))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    rotated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_fetched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    account: Mapped[Account] = relationship()
    circle: Mapped[Circle] = relationship()


class CalendarEntry(Base):
    """What calendar programs were last told about one date of a circle.

    The date may be gone: it then stays here as cancelled. `fingerprint` is a digest of all that a feed shows;
    when it differs, `sequence` grows.
    """

    __tablename__ = "calendar_entries"
    __table_args__ = (
        sa.UniqueConstraint("circle_id", "uid"),
        sa.Index("ix_calendar_entries_circle_on", "circle_id", "on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    uid: Mapped[str] = mapped_column(sa.String(32))
    kind: Mapped[str] = mapped_column(sa.String(16))
    on: Mapped[date]
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    status: Mapped[str] = mapped_column(sa.String(12))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
