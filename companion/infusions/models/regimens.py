"""The plan that infusions are counted from: its doses from a date on, and its pauses."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.circles.models import Circle
from companion.database import Base, JSONValue, PublicRow, Thousandths, UTCDateTime
from companion.domain.recurrence import Pause

if TYPE_CHECKING:
    from companion.infusions.models.courses import Infusion

LONG_AGO = date(1900, 1, 1)
"""The first day of a dose that nobody has dated: in force since the plan began."""


class Regimen(PublicRow, Base):
    """The plan: product, route, days a course, interval, local time and zone.

    `loading_offsets`: the days of the loading course that it began with; null where it began with maintenance.
    `ended_on` is the first day without it; it may lie ahead.
    """

    __tablename__ = "regimens"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    product: Mapped[str | None] = mapped_column(sa.String(120))
    route: Mapped[str | None] = mapped_column(sa.String(2))
    day_offsets: Mapped[list[int]] = mapped_column(JSONValue)
    loading_offsets: Mapped[list[int] | None] = mapped_column(JSONValue)
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
    all_of_circle: Mapped[list["Regimen"]] = relationship(
        primaryjoin="foreign(Regimen.circle_id) == remote(Regimen.circle_id)",
        order_by="Regimen.id",
        uselist=True,
        viewonly=True,
    )
    doses: Mapped[list["RegimenDose"]] = relationship(
        order_by="RegimenDose.from_on", cascade="all, delete-orphan", back_populates="regimen"
    )
    pauses: Mapped[list["RegimenPause"]] = relationship(
        order_by="RegimenPause.from_on", cascade="all, delete-orphan", back_populates="regimen"
    )

    @property
    def number_beside_others(self) -> int | None:
        """Its number among the plans of its circle, where another one ran beside it and is given the same way.

        None where nothing must be told apart.
        """
        alike = [each for each in self.all_of_circle if each is not self and self._is_like(each)]
        return self.all_of_circle.index(self) + 1 if alike else None

    def _is_like(self, other: "Regimen") -> bool:
        return (self.route == "SC") == (other.route == "SC") and self.runs_beside(other)

    @property
    def is_one_of_several(self) -> bool:
        """Whether another plan of its circle ran beside it, given the same way or not."""
        return any(self.runs_beside(each) for each in self.all_of_circle if each is not self)

    def runs_beside(self, other: "Regimen") -> bool:
        """Whether neither ended before the other was made."""
        return not self._ended_before(other) and not other._ended_before(self)

    def _ended_before(self, other: "Regimen") -> bool:
        return self.ended_on is not None and self.ended_on <= other.created_at.date()

    @property
    def days_per_course(self) -> int:
        """How many days one course has."""
        return len(self.day_offsets)

    @property
    def maintenance_doses(self) -> list["RegimenDose"]:
        """The doses of its ordinary courses, the first one first."""
        return [dose for dose in self.doses if not dose.is_loading]

    @property
    def loading_dose(self) -> "RegimenDose | None":
        """The dose of the loading course; None where nobody entered one."""
        return next((dose for dose in self.doses if dose.is_loading), None)

    def dose_on(self, on: date) -> "RegimenDose | None":
        """The dose in force on a date; None where nobody entered one."""
        known = [dose for dose in self.maintenance_doses if dose.from_on <= on]
        return known[-1] if known and not known[-1].is_empty else None

    def pause_from(self, on: date) -> "RegimenPause | None":
        """The pause that a date lies in, else the next one after it."""
        return next((p for p in self.pauses if p.until_on is None or p.until_on >= on), None)

    def has_ended(self, today: date) -> bool:
        """Whether it is over by today."""
        return self.ended_on is not None and self.ended_on <= today


class RegimenDose(Base):
    """The dose of a plan from a date on, as typed; of the loading course where it says so.

    `total_grams` (grams a course) and `dose_g_per_kg` are what the clinic wrote; one is never worked out into
    the other and stored. `dose_each_day`: the g/kg are for each day, not for the whole course. A row without
    either says: from here on the dose is not known.
    """

    __tablename__ = "regimen_doses"
    __table_args__ = (sa.UniqueConstraint("regimen_id", "is_loading", "from_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    regimen_id: Mapped[int] = mapped_column(sa.ForeignKey("regimens.id"))
    from_on: Mapped[date]
    is_loading: Mapped[bool] = mapped_column(default=False)
    total_grams: Mapped[Decimal | None] = mapped_column(Thousandths)
    dose_g_per_kg: Mapped[Decimal | None] = mapped_column(Thousandths)
    dose_each_day: Mapped[bool] = mapped_column(default=False)

    regimen: Mapped[Regimen] = relationship(back_populates="doses")

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return self.total_grams is None and self.dose_g_per_kg is None


class RegimenPause(Base):
    """Local dates, both included, on which a plan expects nothing; without an end it is open."""

    __tablename__ = "regimen_pauses"

    id: Mapped[int] = mapped_column(primary_key=True)
    regimen_id: Mapped[int] = mapped_column(sa.ForeignKey("regimens.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(sa.String(24))

    regimen: Mapped[Regimen] = relationship(back_populates="pauses")

    @property
    def span(self) -> Pause:
        """Its dates, as the rules of recurrence see them."""
        return Pause(self.from_on, self.until_on)
