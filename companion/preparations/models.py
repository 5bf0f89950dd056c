"""Duties of the days of an infusion, the list of things to prepare, and what each change touched."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.database import Base, EncryptedText, PublicRow, UTCDateTime
from companion.infusions.models import Infusion
from companion.snapshots import KeptChange

DRIVE, STAY, PICK_UP = "drive", "stay", "pick_up"
ROLES = (DRIVE, STAY, PICK_UP)
OPEN, TAKEN, NOT_NEEDED = "open", "taken", "not_needed"
DUTY_STATES = (OPEN, TAKEN, NOT_NEEDED)

KINDS = ("blood_test", "water", "premedicines", "warm_clothes", "insurance_card", "delivery")
IV, SC = "IV", "SC"


class Duty(PublicRow, Base):
    """Who drives, stays or picks up on one day of a course, named by its number so that it outlives re-planning.

    The holder is an account of the circle or, for somebody outside the app, a name. `agreed_on` is the date for
    which they said yes. An offer waits beside the holder, who stays on duty until it is accepted.
    """

    __tablename__ = "duties"
    __table_args__ = (sa.UniqueConstraint("infusion_id", "day_number", "role"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"))
    day_number: Mapped[int]
    role: Mapped[str] = mapped_column(sa.String(8))
    state: Mapped[str] = mapped_column(sa.String(12), default=OPEN)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    name = EncryptedText()
    name_sealed: Mapped[str | None] = mapped_column(sa.Text)
    agreed_on: Mapped[date | None]
    offered_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    offered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    infusion: Mapped[Infusion] = relationship()
    account: Mapped[Account | None] = relationship(foreign_keys=[account_id])
    offered_to: Mapped[Account | None] = relationship(foreign_keys=[offered_to_id])
    offered_by: Mapped[Account | None] = relationship(foreign_keys=[offered_by_id])

    def is_settled_for(self, on: date) -> bool:
        """Whether nobody has to be found for a date: someone said yes to this very date, or nobody is needed."""
        return self.state == NOT_NEEDED or (self.state == TAKEN and self.agreed_on == on)


class Preparation(PublicRow, Base):
    """One thing to get ready: of one infusion, or (without one) of the list that the circle keeps for a route.

    `kind` has words of the app in both languages; `words` are the person's own and win. `origin` names what it
    was copied from: a kind, or a row of the circle's list. `lead_days`: how many days before it is due.
    """

    __tablename__ = "preparations"
    __table_args__ = (sa.UniqueConstraint("infusion_id", "origin"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_id: Mapped[int | None] = mapped_column(sa.ForeignKey("infusions.id"))
    route: Mapped[str] = mapped_column(sa.String(2))
    origin: Mapped[str] = mapped_column(sa.String(32))
    kind: Mapped[str | None] = mapped_column(sa.String(16))
    words = EncryptedText()
    words_sealed: Mapped[str | None] = mapped_column(sa.Text)
    position: Mapped[int]
    lead_days: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    infusion: Mapped[Infusion | None] = relationship()
    done_by: Mapped[Account | None] = relationship()


class PreparationChange(KeptChange, Base):
    """What one change of duties or things to prepare touched, before and after, so that it can be taken back."""

    __tablename__ = "preparation_changes"

    infusion_id: Mapped[int | None] = mapped_column(sa.ForeignKey("infusions.id"), index=True)

    infusion: Mapped[Infusion | None] = relationship()
