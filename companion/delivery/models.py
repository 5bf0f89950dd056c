"""Deliveries: one message to one recipient by one channel about one subject, and each attempt to send it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.database import Base, EncryptedText, JSONValue, PublicRow, UTCDateTime

PENDING, LEASED = "pending", "leased"
ACCEPTED, FAILED, EXPIRED = "accepted", "failed", "expired"
SUPERSEDED, CANCELLED, SUPPRESSED = "superseded", "cancelled", "suppressed"
OPEN_STATES = (PENDING, LEASED)
SETTLED_STATES = (ACCEPTED, FAILED, EXPIRED, SUPERSEDED, CANCELLED, SUPPRESSED)

IN_DIGEST = "in a digest"
"""Why a message was superseded whose words went out in one message together with others."""

KEY_COLUMNS = (
    "subject_kind",
    "subject_id",
    "rule_id",
    "stage",
    "due_slot",
    "recipient_id",
    "channel",
    "address_id",
    "revision",
)
"""What makes a delivery one message."""


class MailAddress(PublicRow, Base):
    """A mail address of an account; found by a keyed hash, never by its text."""

    __tablename__ = "mail_addresses"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    email = EncryptedText()
    email_sealed: Mapped[str] = mapped_column(sa.Text)
    email_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    bad_since_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class PushSubscription(PublicRow, Base):
    """One browser of an account that takes push messages; found by a keyed hash of its endpoint.

    `provider` is the host and port of the push service. `sent_since_confirmed` counts messages that the service
    took and the device did not confirm: taken is not shown. `session_id` is its sign-in: both end together; None
    where its browser was not seen yet.
    """

    __tablename__ = "push_subscriptions"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account_sessions.id"), index=True)
    endpoint = EncryptedText()
    endpoint_sealed: Mapped[str] = mapped_column(sa.Text)
    endpoint_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    p256dh: Mapped[str] = mapped_column(sa.String(120))
    auth = EncryptedText()
    auth_sealed: Mapped[str] = mapped_column(sa.Text)
    vapid_public: Mapped[str] = mapped_column(sa.String(120))
    provider: Mapped[str] = mapped_column(sa.String(120))
    device_name: Mapped[str] = mapped_column(sa.String(60))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    sent_since_confirmed: Mapped[int] = mapped_column(default=0)
    first_unconfirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_reason: Mapped[str | None] = mapped_column(sa.String(32))


class VapidKey(PublicRow, Base):
    """The key that signs push messages, made at the first run. Every machine on this database uses the newest."""

    __tablename__ = "vapid_keys"

    private = EncryptedText()
    private_sealed: Mapped[str] = mapped_column(sa.Text)
    public: Mapped[str] = mapped_column(sa.String(120))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ProviderState(Base):
    """What a push service, the mail server or the webhook asked for: no message before `paused_until`."""

    __tablename__ = "provider_states"

    name: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    paused_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    last_detail: Mapped[str | None] = mapped_column(sa.String(200))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Delivery(PublicRow, Base):
    """One planned message. `rule_id` and `address_id` are 0 where a subject has none, so the key is never null.

    `provider` is who takes it over: "email", "webhook" or the host of a push service. Of what is due, the lowest
    `priority` goes first. `confirmed_at` is when the device said that it showed the message.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.UniqueConstraint(*KEY_COLUMNS, name="uq_deliveries_key"),
        sa.Index("ix_deliveries_due", "state", "provider", "priority", "next_attempt_at"),
        sa.Index("ix_deliveries_slot", "state", "due_slot"),
        sa.Index("ix_deliveries_subject", "subject_kind", "subject_id"),
    )

    circle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    subject_kind: Mapped[str] = mapped_column(sa.String(32))
    subject_id: Mapped[int]
    rule_id: Mapped[int] = mapped_column(default=0)
    stage: Mapped[str] = mapped_column(sa.String(32))
    due_slot: Mapped[str] = mapped_column(sa.String(32))
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    channel: Mapped[str] = mapped_column(sa.String(16))
    address_id: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)

    provider: Mapped[str] = mapped_column(sa.String(120), default="")
    priority: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    useful_until: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(sa.String(16), default=PENDING)
    next_attempt_at: Mapped[datetime] = mapped_column(UTCDateTime)
    attempt: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    too_late_since_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    message_id: Mapped[str] = mapped_column(sa.String(200))
    reason: Mapped[str | None] = mapped_column(sa.String(200))
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    attempts: Mapped[list["DeliveryAttempt"]] = relationship(
        back_populates="delivery", order_by="DeliveryAttempt.number", cascade="all, delete-orphan"
    )


class DeliveryAttempt(Base):
    """One hand-over: written before the network call, its outcome after."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (sa.UniqueConstraint("delivery_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey("deliveries.id"), index=True)
    number: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str | None] = mapped_column(sa.String(32))
    detail: Mapped[str | None] = mapped_column(sa.String(200))

    delivery: Mapped[Delivery] = relationship(back_populates="attempts")


class WrittenAhead(Base):
    """A push message written some minutes before it is due: `body` can be read by its device alone (RFC 8291).

    It goes out only until `good_until`, and while `marks` is still the sum of the marks of its circle, its reader
    and all, and `made_with` still says what we are. Without a body it has to be written at sending.
    """

    __tablename__ = "written_ahead"

    delivery_id: Mapped[int] = mapped_column(
        sa.ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    good_until: Mapped[datetime] = mapped_column(UTCDateTime)
    marks: Mapped[int] = mapped_column(sa.BigInteger)
    made_with: Mapped[str] = mapped_column(sa.String(32))
    body: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    urgency: Mapped[str] = mapped_column(sa.String(16))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ChangeMark(Base):
    """How often something changed that messages are made from: of a circle, of an account, or of all (number 0)."""

    __tablename__ = "change_marks"

    kind: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    marks: Mapped[int] = mapped_column(sa.BigInteger)


class Heartbeat(Base):
    """The last sign of life of a recurring job, for `/readyz`."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    detail: Mapped[dict[str, object] | None] = mapped_column(JSONValue)
