"""What went wrong during or after an infusion."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.database import Base, EncryptedText, PublicRow, UTCDateTime

if TYPE_CHECKING:
    from companion.infusions.models.courses import Infusion


class Reaction(PublicRow, Base):
    """What went wrong during or after an infusion, in the person's words."""

    __tablename__ = "reactions"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"), index=True)
    started_on: Mapped[date]
    severity: Mapped[str] = mapped_column(sa.String(8))
    what = EncryptedText()
    what_sealed: Mapped[str] = mapped_column(sa.Text)
    done_about_it = EncryptedText()
    done_about_it_sealed: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    infusion: Mapped["Infusion"] = relationship()
