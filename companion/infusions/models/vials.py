"""The containers that were given, each with its lot."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.database import Base, PublicRow, Thousandths, UTCDateTime

if TYPE_CHECKING:
    from companion.infusions.models.courses import Infusion


class Vial(PublicRow, Base):
    """One container and the lot number printed on it."""

    __tablename__ = "vials"
    __table_args__ = (sa.Index("ix_vials_lot", "circle_id", "lot_normalised"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"), index=True)
    infusion_day_id: Mapped[int | None] = mapped_column(sa.ForeignKey("infusion_days.id"))
    product: Mapped[str | None] = mapped_column(sa.String(120))
    lot: Mapped[str] = mapped_column(sa.String(60))
    lot_normalised: Mapped[str] = mapped_column(sa.String(60))
    grams: Mapped[Decimal | None] = mapped_column(Thousandths)
    expires_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    infusion: Mapped["Infusion"] = relationship()
