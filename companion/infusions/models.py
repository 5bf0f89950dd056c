"""Regimens, infusions (planned or given courses), their days, vials and reactions."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.circles.models import Circle
from companion.database import Base, EncryptedText, JSONValue, PublicRow, Thousandths, UTCDateTime

BOOKED, EXPECTED = "booked", "expected"
PLANNED, DONE, PARTIAL, SKIPPED, UNKNOWN = "planned", "done", "partial", "skipped", "unknown"
DAY_STATES = (PLANNED, DONE, PARTIAL, SKIPPED, UNKNOWN)
GIVEN = (DONE, PARTIAL)


class Regimen(PublicRow, Base):
    """The plan: product, route, dose as typed, days a course, interval, local time and zone.

    `total_grams` (grams a course) and `dose_g_per_kg` are what the clinic wrote; one is never worked out
    into the other and stored.
    """

    __tablename__ = "regimens"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    product: Mapped[str | None] = mapped_column(sa.String(120))
    route: Mapped[str | None] = mapped_column(sa.String(2))
    total_grams: Mapped[Decimal | None] = mapped_column(Thousandths)
    dose_g_per_kg: Mapped[Decimal | None] = mapped_column(Thousandths)
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


class Infusion(PublicRow, Base):
    """One planned or given course. Its state is derived from its days; a move is history, not a state."""

    __tablename__ = "infusions"
    __table_args__ = (sa.Index("ix_infusions_circle_first", "circle_id", "first_on"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    regimen_id: Mapped[int | None] = mapped_column(sa.ForeignKey("regimens.id"), index=True)
    first_on: Mapped[date]
    certainty: Mapped[str] = mapped_column(sa.String(8), default=EXPECTED)
    moved_from_on: Mapped[date | None]
    place: Mapped[str | None] = mapped_column(sa.String(200))
    product: Mapped[str | None] = mapped_column(sa.String(120))
    weight_kg: Mapped[Decimal | None] = mapped_column(Thousandths)
    note = EncryptedText()
    note_sealed: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    circle: Mapped[Circle] = relationship()
    regimen: Mapped[Regimen | None] = relationship(back_populates="infusions")
    days: Mapped[list["InfusionDay"]] = relationship(
        back_populates="infusion", order_by="InfusionDay.number", cascade="all, delete-orphan"
    )
    vials: Mapped[list["Vial"]] = relationship(back_populates="infusion", order_by="Vial.id")
    reactions: Mapped[list["Reaction"]] = relationship(back_populates="infusion", order_by="Reaction.id")


class InfusionDay(PublicRow, Base):
    """One day of a course. `starts_at` is null where the regimen has no time of day.

    `revision` grows with each change of date or time, so that messages of the old plan are superseded.
    """

    __tablename__ = "infusion_days"
    __table_args__ = (
        sa.UniqueConstraint("infusion_id", "number"),
        sa.Index("ix_infusion_days_circle_planned", "circle_id", "planned_on"),
    )

    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"), index=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    number: Mapped[int]
    planned_on: Mapped[date]
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tz: Mapped[str] = mapped_column(sa.String(64))
    moved_from_on: Mapped[date | None]
    grams_planned: Mapped[Decimal | None] = mapped_column(Thousandths)
    grams_given: Mapped[Decimal | None] = mapped_column(Thousandths)
    state: Mapped[str] = mapped_column(sa.String(8), default=PLANNED)
    given_on: Mapped[date | None]
    skip_reason: Mapped[str | None] = mapped_column(sa.String(24))
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    revision: Mapped[int] = mapped_column(default=0)

    infusion: Mapped[Infusion] = relationship(back_populates="days")

    @property
    def happened_on(self) -> date:
        """The real date where it is known, else the planned one."""
        return self.given_on or self.planned_on


class PlanChange(PublicRow, Base):
    """What one answer or move changed, kept so that it can be undone: the rows' values before it."""

    __tablename__ = "plan_changes"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"), index=True)
    infusion_day_id: Mapped[int | None] = mapped_column(sa.ForeignKey("infusion_days.id"))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    delivery_id: Mapped[int | None] = mapped_column(sa.ForeignKey("deliveries.id"))
    verb: Mapped[str] = mapped_column(sa.String(16))
    before: Mapped[dict[str, object]] = mapped_column(JSONValue)
    after: Mapped[dict[str, object]] = mapped_column(JSONValue)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


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

    infusion: Mapped[Infusion] = relationship(back_populates="vials")


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

    infusion: Mapped[Infusion] = relationship(back_populates="reactions")
