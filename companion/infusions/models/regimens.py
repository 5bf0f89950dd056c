"""The plan that infusions are counted from."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.circles.models import Circle
from companion.database import Base, JSONValue, PublicRow, Thousandths, UTCDateTime

if TYPE_CHECKING:
    from companion.infusions.models.courses import Infusion


class Regimen(PublicRow, Base):
    """The plan: product, route, dose as typed, days a course, interval, local time and zone.

    `total_grams` (grams a course) and `dose_g_per_kg` are what the clinic wrote; one is never worked out
    into the other and stored. `dose_each_day`: the g/kg are for each day, not for the whole course.
    """

    __tablename__ = "regimens"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    product: Mapped[str | None] = mapped_column(sa.String(120))
    route: Mapped[str | None] = mapped_column(sa.String(2))
    total_grams: Mapped[Decimal | None] = mapped_column(Thousandths)
    dose_g_per_kg: Mapped[Decimal | None] = mapped_column(Thousandths)
    dose_each_day: Mapped[bool] = mapped_column(default=False)
    day_offsets: Mapped[list[int]] = mapped_column(JSONValue)
    interval_count: Mapped[int]
    interval_unit: Mapped[str] = mapped_column(sa.String(8))
    local_time: Mapped[str | None] = mapped_column(sa.String(5))
    tz: Mapped[str] = mapped_column(sa.String(64))
    place: Mapped[str | None] = mapped_column(sa.String(200))
    at_home: Mapped[bool | None]
    policy: Mapped[str] = mapped_column(sa.String(24), default="from_real")
    anchor_on: Mapped[date]
    ended_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    circle: Mapped[Circle] = relationship()
    infusions: Mapped[list["Infusion"]] = relationship(back_populates="regimen", order_by="Infusion.first_on")

    @property
    def days_per_course(self) -> int:
        """How many days one course has."""
        return len(self.day_offsets)
