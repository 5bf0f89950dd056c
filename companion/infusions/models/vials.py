"""The containers that were given, each with its lot."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.database import Base, PublicRow, Thousandths, UTCDateTime

if TYPE_CHECKING:
    from companion.infusions.models.courses import Infusion, InfusionDay


class Vial(PublicRow, Base):
    """One container and the lot number printed on it.

    `expires_on` is the last day of the month where the label says only a month. Vials that were saved in one go
    share an `entry_id`, so that they can be taken back together.
    """

    __tablename__ = "vials"
    __table_args__ = (
        sa.Index("ix_vials_lot", "circle_id", "lot_normalised"),
        sa.Index("ix_vials_serial", "circle_id", "serial"),
    )

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"), index=True)
    infusion_day_id: Mapped[int | None] = mapped_column(sa.ForeignKey("infusion_days.id"))
    product: Mapped[str | None] = mapped_column(sa.String(120))
    lot: Mapped[str] = mapped_column(sa.String(60))
    lot_normalised: Mapped[str] = mapped_column(sa.String(60))
    grams: Mapped[Decimal | None] = mapped_column(Thousandths)
    expires_on: Mapped[date | None]
    serial: Mapped[str | None] = mapped_column(sa.String(40))
    gtin: Mapped[str | None] = mapped_column(sa.String(14))
    entry_id: Mapped[str | None] = mapped_column(sa.String(32), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    infusion: Mapped["Infusion"] = relationship()
    day: Mapped["InfusionDay | None"] = relationship()

    @property
    def infused_on(self) -> date:
        """The day it was given: its own, else the first of its course."""
        return self.day.happened_on if self.day else self.infusion.first_given_on()
