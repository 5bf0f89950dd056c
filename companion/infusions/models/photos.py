"""Photos of vial labels, kept sealed until someone has copied the lots, and after."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.database import Base, EncryptedBytes, PublicRow, UTCDateTime

if TYPE_CHECKING:
    from companion.infusions.models.courses import Infusion


class LabelPhoto(PublicRow, Base):
    """One photo of an infusion's labels. The same photo sent twice has the same fingerprint and is kept once."""

    __tablename__ = "label_photos"
    __table_args__ = (sa.UniqueConstraint("infusion_id", "fingerprint"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    picture = EncryptedBytes()
    picture_sealed: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    preview = EncryptedBytes()
    preview_sealed: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    copied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    copied_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    infusion: Mapped["Infusion"] = relationship()
    copied_by: Mapped[Account | None] = relationship(foreign_keys=copied_by_id)
