"""Messages that somebody copied for a person whom no device and no mail reaches."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.database import Base, EncryptedText, PublicRow, UTCDateTime
from companion.infusions.models import InfusionDay, PlanChange


class CopiedMessage(PublicRow, Base):
    """The words about one day for somebody, sent by hand; and what they said, noted by the sender.

    It is for a member (`for_account_id`) or for anybody else (`for_name`). `said` is one of "done", "still_on",
    "moved", "skipped"; `change_id` is what was written down for it at once. A new date and a reason are given on
    pages of their own: `changes_after` are the changes of that kind since.
    """

    __tablename__ = "copied_messages"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_day_id: Mapped[int] = mapped_column(sa.ForeignKey("infusion_days.id"), index=True)
    sender_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    for_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    for_name = EncryptedText()
    for_name_sealed: Mapped[str | None] = mapped_column(sa.Text)
    language: Mapped[str] = mapped_column(sa.String(8))
    privacy: Mapped[str] = mapped_column(sa.String(16))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    said: Mapped[str | None] = mapped_column(sa.String(16))
    said_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    change_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plan_changes.id"))

    day: Mapped[InfusionDay] = relationship()
    sender: Mapped[Account] = relationship(foreign_keys=[sender_id])
    for_account: Mapped[Account | None] = relationship(foreign_keys=[for_account_id])
    change: Mapped[PlanChange | None] = relationship()
    changes_after: Mapped[list[PlanChange]] = relationship(
        primaryjoin=lambda: sa.and_(
            CopiedMessage.infusion_day_id == orm.foreign(PlanChange.infusion_day_id),
            PlanChange.at >= CopiedMessage.said_at,
            sa.tuple_(CopiedMessage.said, PlanChange.verb).in_([("moved", "move"), ("skipped", "skip")]),
        ),
        order_by=lambda: PlanChange.id,
        viewonly=True,
    )

    @property
    def reader_name(self) -> str | None:
        """What the person is called."""
        return self.for_account.name if self.for_account is not None else self.for_name

    @property
    def answer(self) -> str | None:
        """What they said; nothing where what was written down for it was taken back."""
        change = self.change or next(iter(self.changes_after), None)
        return None if change is not None and change.undone_at is not None else self.said
