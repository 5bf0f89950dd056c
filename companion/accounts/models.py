"""Accounts: people who sign in, by mail or by passkey, their sessions and the submissions they made."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from companion.database import Base, EncryptedText, PublicRow, StringSet, UTCDateTime
from companion.delivery.models import MailAddress

SIGN_IN, CONFIRM, ADD, ADDRESS = "sign_in", "confirm", "add", "address"
"""What a mailed code or a touch is asked for: to come in, to confirm that it is you, for a passkey, a new address."""


class Account(UserMixin, PublicRow, Base):
    """A person who signs in. Times of day are local texts `HH:MM` in `tz`."""

    __tablename__ = "accounts"

    name = EncryptedText()
    name_sealed: Mapped[str | None] = mapped_column(sa.Text)
    language: Mapped[str | None] = mapped_column(sa.String(8))
    tz: Mapped[str] = mapped_column(sa.String(64), default="UTC")
    country: Mapped[str | None] = mapped_column(sa.String(2))
    theme: Mapped[str] = mapped_column(sa.String(8), default="auto")
    thumb: Mapped[str] = mapped_column(sa.String(8), default="both", server_default="both")
    extra_large: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    quiet_from: Mapped[str] = mapped_column(sa.String(5), default="21:30")
    quiet_to: Mapped[str] = mapped_column(sa.String(5), default="08:00")
    wakes_for_infusion: Mapped[bool] = mapped_column(default=False)
    outages_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lock_minutes: Mapped[int] = mapped_column(default=15, server_default="15")
    passkey_offer_closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    addresses: Mapped[list[MailAddress]] = relationship(order_by="MailAddress.id")
    if TYPE_CHECKING:
        has_passkey: bool

    @property
    def address(self) -> MailAddress | None:
        """The mail address to write to."""
        return self.addresses[0] if self.addresses else None


class SignInRequest(PublicRow, Base):
    """One wish to sign in by mail. Link and code are derived from the secret key, so none is stored."""

    __tablename__ = "sign_in_requests"

    email = EncryptedText()
    email_sealed: Mapped[str] = mapped_column(sa.Text)
    email_hash: Mapped[str] = mapped_column(sa.String(64), index=True)
    browser_hash: Mapped[str] = mapped_column(sa.String(64))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    language: Mapped[str] = mapped_column(sa.String(8))
    next_url: Mapped[str] = mapped_column(sa.String(300), default="/")
    shared_device: Mapped[bool] = mapped_column(default=False)
    purpose: Mapped[str] = mapped_column(sa.String(8), default=SIGN_IN, server_default=SIGN_IN)
    tries_left: Mapped[int] = mapped_column(default=5)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AccountSession(PublicRow, Base):
    """One signed-in browser; only a hash of its token is stored.

    `used_at` is when its pages were last open, to the minute, and what the lock counts from. A `limited` one was
    opened by mail on a device that the account did not know, although the account has a passkey.
    """

    __tablename__ = "account_sessions"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    device: Mapped[str] = mapped_column(sa.String(80), default="")
    shared_device: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime] = mapped_column(UTCDateTime, server_default="1970-01-01 00:00:00+00:00")
    limited: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    stepped_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    account: Mapped[Account] = relationship()


class Passkey(PublicRow, Base):
    """What a phone or a security key signs with. Its secret half never leaves the device."""

    __tablename__ = "passkeys"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    credential_id: Mapped[str] = mapped_column(sa.Text)
    credential_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    transports: Mapped[frozenset[str]] = mapped_column(StringSet, default=frozenset)
    name: Mapped[str] = mapped_column(sa.String(80))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    account: Mapped[Account] = relationship()


class PasskeyChallenge(Base):
    """What a browser was asked to sign; removed by the first answer, right or wrong. `bound_to` is that browser."""

    __tablename__ = "passkey_challenges"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge: Mapped[str] = mapped_column(sa.String(128), unique=True)
    purpose: Mapped[str] = mapped_column(sa.String(8))
    bound_to: Mapped[str] = mapped_column(sa.String(64))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class RecoveryCode(Base):
    """One of the codes that a person keeps on paper; only a keyed hash is stored."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


# Read with the account, in the same query: the lock asks at every page.
Account.has_passkey = column_property(  # type: ignore[assignment]
    sa.exists().where(Passkey.account_id == Account.id).correlate_except(Passkey)
)


class Submission(Base):
    """What a creating form was answered, so that the same form sent again makes no second row."""

    __tablename__ = "submissions"
    __table_args__ = (sa.UniqueConstraint("account_id", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    client_id: Mapped[str] = mapped_column(sa.String(64))
    route: Mapped[str] = mapped_column(sa.String(120))
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int]
    body: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
