"""Care circles: the people around one patient, what each may do, and whom to call."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.database import Base, EncryptedText, PublicRow, StringSet, Thousandths, UTCDateTime

WAITING, ABOUT_TO_START, ON_TREATMENT, PAUSED = "waiting", "about_to_start", "on_treatment", "paused"
STAGES = (WAITING, ABOUT_TO_START, ON_TREATMENT, PAUSED)
CONTACT_KINDS = ("clinic", "after_hours", "neurologist", "pharmacy", "home_nurse", "insurer")


class Circle(PublicRow, Base):
    """The circle around one patient, who may have no account (then a keeper holds the patient's rights)."""

    __tablename__ = "circles"

    patient_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    patient_name = EncryptedText()
    patient_name_sealed: Mapped[str | None] = mapped_column(sa.Text)
    birth_year: Mapped[int | None]
    country: Mapped[str | None] = mapped_column(sa.String(2))
    location_country: Mapped[str | None] = mapped_column(sa.String(2))
    language: Mapped[str | None] = mapped_column(sa.String(8))
    tz: Mapped[str] = mapped_column(sa.String(64))
    stage: Mapped[str | None] = mapped_column(sa.String(16))
    has_grip_meter: Mapped[bool | None]
    force_unit: Mapped[str] = mapped_column(sa.String(4), default="kg")
    grip_tries: Mapped[int] = mapped_column(default=1)
    check_in_rhythm: Mapped[str] = mapped_column(sa.String(24), default="daily", server_default="daily")
    check_in_parts: Mapped[frozenset[str]] = mapped_column(
        StringSet, default=frozenset({"movements", "daily_hands"}), server_default='["daily_hands", "movements"]'
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    memberships: Mapped[list["Membership"]] = relationship(back_populates="circle", order_by="Membership.id")
    contacts: Mapped[list["Contact"]] = relationship(back_populates="circle", order_by="Contact.id")

    @property
    def shown_name(self) -> str | None:
        """What the patient is called: the circle's word for it, else the name of the patient's account."""
        accounts = (m.account for m in self.memberships if m.account_id == self.patient_account_id)
        return self.patient_name or next((account.name for account in accounts), None)


class Membership(PublicRow, Base):
    """One person's place in a circle. `rights` are words of `domain/roles.py`."""

    __tablename__ = "memberships"
    __table_args__ = (sa.UniqueConstraint("circle_id", "account_id"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    preset: Mapped[str] = mapped_column(sa.String(32))
    rights: Mapped[frozenset[str]] = mapped_column(StringSet)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    circle: Mapped[Circle] = relationship(back_populates="memberships")
    account: Mapped[Account] = relationship()


class Contact(PublicRow, Base):
    """Whom to call: one row a kind, each with a phone number as it is dialled."""

    __tablename__ = "contacts"
    __table_args__ = (sa.UniqueConstraint("circle_id", "kind"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    name = EncryptedText()
    name_sealed: Mapped[str | None] = mapped_column(sa.Text)
    phone = EncryptedText()
    phone_sealed: Mapped[str | None] = mapped_column(sa.Text)
    note = EncryptedText()
    note_sealed: Mapped[str | None] = mapped_column(sa.Text)

    circle: Mapped[Circle] = relationship(back_populates="contacts")


class Weight(PublicRow, Base):
    """The patient's weight on a day, in kilograms."""

    __tablename__ = "weights"
    __table_args__ = (sa.UniqueConstraint("circle_id", "on"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    on: Mapped[date]
    weight_kg: Mapped[Decimal] = mapped_column(Thousandths)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
