"""Reminder rules: who is told about what, by which channel."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.database import Base, PublicRow, UTCDateTime

NEUTRAL, TIME_ONLY, FULL = "neutral", "time_only", "full"


class ReminderRule(PublicRow, Base):
    """The default stages for one recipient about one kind of subject."""

    __tablename__ = "reminder_rules"
    __table_args__ = (sa.UniqueConstraint("circle_id", "recipient_id", "subject_kind", "channel"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    subject_kind: Mapped[str] = mapped_column(sa.String(32))
    channel: Mapped[str] = mapped_column(sa.String(16))
    is_on: Mapped[bool] = mapped_column(default=True)
    privacy: Mapped[str] = mapped_column(sa.String(16), default=NEUTRAL)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    circle: Mapped[Circle] = relationship()
    recipient: Mapped[Account] = relationship()
