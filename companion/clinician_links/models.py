"""Addresses by which a clinician reads check-ins and infusion dates, and when each was opened."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.circles.models import Circle
from companion.database import Base, PublicRow, UTCDateTime, keyring


class ClinicianLink(PublicRow, Base):
    """An address that shows the days from `first_on` to `last_on`, read-only, until `expires_at`.

    Its token is stored nowhere, only a hash of it: the page of whoever made it works it out again from the data key
    and the row's random id.
    """

    __tablename__ = "clinician_links"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    language: Mapped[str] = mapped_column(sa.String(8))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    circle: Mapped[Circle] = relationship()
    views: Mapped[list["ClinicianLinkView"]] = relationship(
        back_populates="link", order_by="ClinicianLinkView.id.desc()"
    )

    @property
    def token(self) -> str:
        """The end of its address, 256 bits."""
        return keyring().fingerprint(f"clinician-link:{self.public_id}")

    def is_open(self, now: datetime) -> bool:
        """Whether it still shows anything."""
        return self.revoked_at is None and now < self.expires_at


class ClinicianLinkView(Base):
    """One opening of such an address; nothing is kept of who opened it."""

    __tablename__ = "clinician_link_views"

    id: Mapped[int] = mapped_column(primary_key=True)
    clinician_link_id: Mapped[int] = mapped_column(sa.ForeignKey("clinician_links.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    link: Mapped[ClinicianLink] = relationship(back_populates="views")
