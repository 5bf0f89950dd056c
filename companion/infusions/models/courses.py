"""Infusions (planned or given courses), their days, and what each change of a plan touched."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.circles.models import Circle
from companion.database import Base, EncryptedText, PublicRow, Thousandths, UTCDateTime
from companion.infusions.models.given_records import DayStep, GivenRecord
from companion.infusions.models.photos import LabelPhoto
from companion.infusions.models.reactions import DiaryEntry, Reaction
from companion.infusions.models.regimens import Regimen, RegimenDose
from companion.infusions.models.vials import Vial
from companion.snapshots import KeptChange

BOOKED, EXPECTED = "booked", "expected"
PLANNED, DONE, PARTIAL, SKIPPED, UNKNOWN = "planned", "done", "partial", "skipped", "unknown"
DAY_STATES = (PLANNED, DONE, PARTIAL, SKIPPED, UNKNOWN)
GIVEN = (DONE, PARTIAL)
ANSWERED = (DONE, PARTIAL, SKIPPED)
TODAY, UNDER_WAY = "today", "under_way"


class Infusion(PublicRow, Base):
    """One planned or given course. Its state is derived from its days; a move is history, not a state.

    Where the rhythm of the plan begins anew with it, `restart_on` is the date that it began anew on and
    `restart_gap_days` how many days that was after the first day of the course before.
    """

    __tablename__ = "infusions"
    __table_args__ = (sa.Index("ix_infusions_circle_first", "circle_id", "first_on"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    regimen_id: Mapped[int | None] = mapped_column(sa.ForeignKey("regimens.id"), index=True)
    first_on: Mapped[date]
    certainty: Mapped[str] = mapped_column(sa.String(8), default=EXPECTED)
    moved_from_on: Mapped[date | None]
    is_loading: Mapped[bool] = mapped_column(default=False, server_default=sa.text("false"))
    restart_on: Mapped[date | None]
    restart_gap_days: Mapped[int | None]
    place: Mapped[str | None] = mapped_column(sa.String(200))
    product: Mapped[str | None] = mapped_column(sa.String(120))
    note = EncryptedText()
    note_sealed: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    circle: Mapped[Circle] = relationship()
    regimen: Mapped[Regimen | None] = relationship(back_populates="infusions")
    days: Mapped[list["InfusionDay"]] = relationship(
        back_populates="infusion", order_by="InfusionDay.number", cascade="all, delete-orphan"
    )
    vials: Mapped[list["Vial"]] = relationship(
        order_by="Vial.id",
        primaryjoin="and_(Vial.infusion_id == Infusion.id, Vial.deleted_at.is_(None))",
        viewonly=True,
    )
    photos: Mapped[list["LabelPhoto"]] = relationship(
        order_by="LabelPhoto.id",
        primaryjoin="and_(LabelPhoto.infusion_id == Infusion.id, LabelPhoto.deleted_at.is_(None))",
        viewonly=True,
    )
    reactions: Mapped[list["Reaction"]] = relationship(
        order_by="[Reaction.started_on, Reaction.id]",
        primaryjoin="and_(Reaction.infusion_id == Infusion.id, Reaction.deleted_at.is_(None))",
        viewonly=True,
    )
    diary: Mapped[list["DiaryEntry"]] = relationship(
        order_by="DiaryEntry.day",
        primaryjoin="and_(DiaryEntry.infusion_id == Infusion.id, DiaryEntry.deleted_at.is_(None))",
        viewonly=True,
    )

    @property
    def is_answered(self) -> bool:
        """Whether any day was answered: the course is then history that a plan never touches."""
        return any(day.is_answered for day in self.days)

    @property
    def is_given(self) -> bool:
        """Whether any day was given, at least in part: only then a cycle starts."""
        return any(day.is_given for day in self.days)

    @property
    def keeps_its_date(self) -> bool:
        """Whether re-planning leaves it: booked, moved by hand, said to be still on, or answered."""
        by_hand = self.moved_from_on or any(day.moved_from_on or day.confirmed_at for day in self.days)
        return self.certainty == BOOKED or bool(by_hand) or self.is_answered

    @property
    def has_own_date(self) -> bool:
        """Whether it is expected, without an answer, and was moved by hand: a shift leaves this exception alone."""
        moved = self.moved_from_on or any(day.moved_from_on for day in self.days)
        return self.certainty == EXPECTED and bool(moved) and not self.is_answered

    @property
    def dose(self) -> RegimenDose | None:
        """The dose that the plan had on its date; None where nobody entered one."""
        if self.regimen is None:
            return None
        return self.regimen.loading_dose if self.is_loading else self.regimen.dose_on(self.first_on)

    @property
    def last_on(self) -> date:
        """The latest date of its days."""
        return max(day.happened_on for day in self.days)

    @property
    def last_given_on(self) -> date | None:
        """The latest day that was given, None while none was."""
        return max((day.happened_on for day in self.days if day.is_given), default=None)

    @property
    def shown_place(self) -> str | None:
        """Its own place, else the regimen's."""
        return self.place or (self.regimen.place if self.regimen else None)

    def first_given_on(self) -> date:
        """The first day that was given; while none was, the first planned one."""
        given = [day.happened_on for day in self.days if day.is_given]
        return min(given) if given else self.days[0].planned_on

    def state_on(self, today: date) -> str:
        """What became of the course: planned, under_way, done, partial, skipped or, without an answer, unknown."""
        open_days = [day for day in self.days if not day.is_answered]
        if not open_days:
            states = {day.state for day in self.days}
            return states.pop() if len(states) == 1 else PARTIAL
        if open_days[-1].planned_on < today:
            return UNKNOWN
        return UNDER_WAY if self.is_answered or self.days[0].planned_on < today else PLANNED


class InfusionDay(PublicRow, Base):
    """One day of a course. `local_time` is the wall time `HH:MM` that was wished for at the place, `starts_at` its
    instant (`put_day` writes both); both are null where the regimen has no time of day.

    `revision` grows with each change of date or time, so that messages of the old plan are superseded.
    """

    __tablename__ = "infusion_days"
    __table_args__ = (
        sa.UniqueConstraint("infusion_id", "number"),
        sa.Index("ix_infusion_days_circle_planned", "circle_id", "planned_on"),
        sa.Index("ix_infusion_days_circle_given", "circle_id", "given_on"),
    )

    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"), index=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    number: Mapped[int]
    planned_on: Mapped[date]
    local_time: Mapped[str | None] = mapped_column(sa.String(5))
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
    given_record: Mapped[GivenRecord | None] = relationship(back_populates="day", cascade="all, delete-orphan")
    steps: Mapped[list[DayStep]] = relationship(
        back_populates="day", order_by="DayStep.number", cascade="all, delete-orphan"
    )

    @property
    def is_answered(self) -> bool:
        """Whether someone said what happened."""
        return self.state in ANSWERED

    @property
    def is_given(self) -> bool:
        """Whether it was given, at least in part."""
        return self.state in GIVEN

    def state_on(self, today: date) -> str:
        """The answer, else `unknown` (past, not answered), `today` or `planned`."""
        if self.is_answered:
            return self.state
        if self.planned_on == today:
            return TODAY
        return UNKNOWN if self.planned_on < today else PLANNED

    @property
    def happened_on(self) -> date:
        """The real date where it is known, else the planned one."""
        return self.given_on or self.planned_on


class PlanChange(KeptChange, Base):
    """What one answer or move changed, kept so that it can be undone: the rows' values before it."""

    __tablename__ = "plan_changes"

    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"), index=True)
    infusion_day_id: Mapped[int | None] = mapped_column(sa.ForeignKey("infusion_days.id"))
    delivery_id: Mapped[int | None] = mapped_column(sa.ForeignKey("deliveries.id"))

    @property
    def is_empty(self) -> bool:
        """Whether it left every row as it was."""
        return not self.after["rows"]
