"""Care circles: the people around one patient, what each may do, who is invited, and whom to call."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.database import (
    Base,
    EncryptedText,
    JSONValue,
    PublicRow,
    StringSet,
    Thousandths,
    UTCDateTime,
    keyring,
)
from companion.domain.roles import KEEPER, PATIENT

WAITING, ABOUT_TO_START, ON_TREATMENT, PAUSED = "waiting", "about_to_start", "on_treatment", "paused"
STAGES = (WAITING, ABOUT_TO_START, ON_TREATMENT, PAUSED)
OPEN, ACCEPTED, DECLINED, REVOKED, EXPIRED = "open", "accepted", "declined", "revoked", "expired"
UNDO_MINUTES = 10
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

    @property
    def holds_circle(self) -> bool:
        """Whether this is the patient's place, or that of the keeper: no circle is without."""
        return self.preset in (PATIENT, KEEPER)

    @property
    def sees_notes(self) -> bool:
        """Whether notes are open to this member."""
        return "see_notes" in self.rights

    @property
    def mark(self) -> str:
        """What a form about this place was drawn from, so that nobody changes what somebody else just changed."""
        return f"{self.preset} notes" if self.sees_notes else self.preset


class MembershipEnd(PublicRow, Base):
    """Somebody left a circle or was removed (`by_id`): what they had, to be put back within some minutes.

    `kept` is what other features note of what ended with it, under their names.
    """

    __tablename__ = "membership_ends"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    preset: Mapped[str] = mapped_column(sa.String(32))
    rights: Mapped[frozenset[str]] = mapped_column(StringSet)
    member_since_at: Mapped[datetime] = mapped_column(UTCDateTime)
    kept: Mapped[dict[str, object]] = mapped_column(JSONValue)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    circle: Mapped[Circle] = relationship()
    account: Mapped[Account] = relationship(foreign_keys=[account_id])

    def can_undo(self, now: datetime) -> bool:
        """Whether the place can be given back without a new invitation."""
        return self.undone_at is None and now < self.at + timedelta(minutes=UNDO_MINUTES)


class Invitation(PublicRow, Base):
    """An offer to join a circle with the rights of `preset`, bound to one mail address, for seven days and once.

    With the preset of the patient or the keeper it offers to take the circle over. Its token is stored nowhere, only
    a hash of it: the page of whoever invites works it out again from the data key and the row's random id. `language`
    is for somebody who has not chosen one yet.
    """

    __tablename__ = "invitations"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    invited_by_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    email = EncryptedText()
    email_sealed: Mapped[str] = mapped_column(sa.Text)
    email_hash: Mapped[str] = mapped_column(sa.String(64), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    preset: Mapped[str] = mapped_column(sa.String(32))
    see_notes: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(sa.String(8))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    declined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    circle: Mapped[Circle] = relationship()
    invited_by: Mapped[Account] = relationship()

    @property
    def token(self) -> str:
        """The end of its address, 128 bits; of no use without signing in by the address it is bound to."""
        return keyring().fingerprint(f"invitation:{self.public_id}")[:32]

    @property
    def hands_over(self) -> bool:
        """Whether whoever accepts takes the circle over."""
        return self.preset in (PATIENT, KEEPER)

    def state_at(self, now: datetime) -> str:
        """Open, or why it cannot be used."""
        for state, at in ((ACCEPTED, self.accepted_at), (DECLINED, self.declined_at), (REVOKED, self.revoked_at)):
            if at is not None:
                return state
        return OPEN if now < self.expires_at else EXPIRED


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
