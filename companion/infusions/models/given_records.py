"""What was really given on a day, where the needle was, and the steps that were ticked."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.database import Base, EncryptedText, JSONValue, PublicRow, StringSet, Thousandths, UTCDateTime
from companion.domain.given_times import moved_span

if TYPE_CHECKING:
    from companion.infusions.models.courses import InfusionDay


class GivenRecord(PublicRow, Base):
    """The details of one given day, each as far as somebody entered it.

    Grams and the answer stand on the day, the weight in the circle's weights: one fact in one place. `undo` holds how
    all of it was before the last save.
    """

    __tablename__ = "given_records"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_day_id: Mapped[int] = mapped_column(sa.ForeignKey("infusion_days.id"), unique=True)
    route: Mapped[str | None] = mapped_column(sa.String(2))
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    place: Mapped[str | None] = mapped_column(sa.String(200))
    prepared_by = EncryptedText()
    prepared_by_sealed: Mapped[str | None] = mapped_column(sa.Text)
    given_by = EncryptedText()
    given_by_sealed: Mapped[str | None] = mapped_column(sa.Text)
    product: Mapped[str | None] = mapped_column(sa.String(120))
    strength: Mapped[str | None] = mapped_column(sa.String(40))
    stop_reason = EncryptedText()
    stop_reason_sealed: Mapped[str | None] = mapped_column(sa.Text)
    weight_unit: Mapped[str | None] = mapped_column(sa.String(2))
    vein_site: Mapped[str | None] = mapped_column(sa.String(24))
    rates: Mapped[list[dict[str, str]]] = mapped_column(JSONValue, default=list)
    premedicines = EncryptedText()
    premedicines_sealed: Mapped[str | None] = mapped_column(sa.Text)
    fluids = EncryptedText()
    fluids_sealed: Mapped[str | None] = mapped_column(sa.Text)
    undo = EncryptedText()
    undo_sealed: Mapped[str | None] = mapped_column(sa.Text)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    saved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))

    day: Mapped["InfusionDay"] = relationship(back_populates="given_record")
    saved_by: Mapped[Account | None] = relationship()
    sites: Mapped[list["GivenSite"]] = relationship(order_by="GivenSite.id", cascade="all, delete-orphan")

    def keep_to(self, on: date) -> None:
        """Let the times follow when the date of the day is corrected: they stay the same on the wall."""
        span = moved_span(self.started_at, self.stopped_at, on, ZoneInfo(self.day.tz))
        self.started_at, self.stopped_at = span


class GivenSite(Base):
    """One place under the skin that was used, with what went in there where that is known."""

    __tablename__ = "given_sites"
    __table_args__ = (sa.UniqueConstraint("given_record_id", "site"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    given_record_id: Mapped[int] = mapped_column(sa.ForeignKey("given_records.id"), index=True)
    site: Mapped[str] = mapped_column(sa.String(24))
    ml: Mapped[Decimal | None] = mapped_column(Thousandths)
    needle_mm: Mapped[Decimal | None] = mapped_column(Thousandths)


class OwnSites(Base):
    """The places under the skin that a person picked as their own."""

    __tablename__ = "own_sites"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), primary_key=True)
    sites: Mapped[frozenset[str]] = mapped_column(StringSet)


class StepList(PublicRow, Base):
    """The steps that a circle wrote for its infusions, one a line: into a vein, and under the skin.

    `before` holds both as they were before the last save.
    """

    __tablename__ = "step_lists"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), unique=True)
    vein = EncryptedText()
    vein_sealed: Mapped[str | None] = mapped_column(sa.Text)
    skin = EncryptedText()
    skin_sealed: Mapped[str | None] = mapped_column(sa.Text)
    before = EncryptedText()
    before_sealed: Mapped[str | None] = mapped_column(sa.Text)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class DayStep(PublicRow, Base):
    """One step of a day. The whole list is copied with the first tick, so that the day keeps it."""

    __tablename__ = "day_steps"
    __table_args__ = (sa.UniqueConstraint("infusion_day_id", "number"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_day_id: Mapped[int] = mapped_column(sa.ForeignKey("infusion_days.id"), index=True)
    number: Mapped[int]
    text = EncryptedText()
    text_sealed: Mapped[str] = mapped_column(sa.Text)
    ticked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ticked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))

    day: Mapped["InfusionDay"] = relationship(back_populates="steps")
    ticked_by: Mapped[Account | None] = relationship()


Facts = dict[str, Any]
"""All that the form of a given day holds, as plain values: texts, numbers as text, lists of dictionaries."""
