"""Deletions that were asked for, while there are days left to take them back."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.database import Base, PublicRow, UTCDateTime

UNDO_DAYS = timedelta(days=7)


class Deletion(PublicRow, Base):
    """Somebody asked to delete a circle, or without one their account. It ends with what it is about."""

    __tablename__ = "deletions"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    circle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    account: Mapped[Account] = relationship()
    circle: Mapped[Circle | None] = relationship()
