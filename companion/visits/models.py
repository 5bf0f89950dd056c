"""Visits, the series that repeat them, and what each change touched."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.circles.models import Circle
from companion.database import Base, EncryptedText, PublicRow, UTCDateTime
from companion.snapshots import KeptChange

NEUROLOGIST, PHYSIOTHERAPY, OCCUPATIONAL, BLOOD_TEST, INSURER, OTHER = (
    *("neurologist", "physiotherapy", "occupational_therapy"),
    *("blood_test", "insurer_call", "other"),
)
KINDS = (NEUROLOGIST, PHYSIOTHERAPY, OCCUPATIONAL, BLOOD_TEST, INSURER, OTHER)
PLANNED, DONE, CANCELLED = "planned", "done", "cancelled"
STATES = (PLANNED, DONE, CANCELLED)
TODAY, UNKNOWN = "today", "unknown"


class VisitSeries(PublicRow, Base):
    """How often a visit comes again. Its visits are rows of their own, made 13 months ahead.

    `anchor_on` is the date from which the dates are counted; `ended_on` the first date that is not made any more.
    """

    __tablename__ = "visit_series"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    interval_count: Mapped[int]
    interval_unit: Mapped[str] = mapped_column(sa.String(8))
    anchor_on: Mapped[date]
    ended_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Visit(PublicRow, Base):
    """One visit. Its place on the wall is `planned_on` and `local_time` in `tz`; `starts_at` is the instant.

    `slot_on` is its date in the series; an exception was changed alone and no longer follows the series.
    `revision` grows with each change of date, time, length or cancelled state, `changed_at` with every change.
    A cancelled visit stays as a row; `is_dropped`: it fell away with its series, so that lists need not show it.
    """

    __tablename__ = "visits"
    __table_args__ = (sa.Index("ix_visits_circle_planned", "circle_id", "planned_on"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    series_id: Mapped[int | None] = mapped_column(sa.ForeignKey("visit_series.id"), index=True)
    slot_on: Mapped[date | None]
    is_exception: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str] = mapped_column(sa.String(24))
    title = EncryptedText()
    title_sealed: Mapped[str | None] = mapped_column(sa.Text)
    planned_on: Mapped[date]
    local_time: Mapped[str | None] = mapped_column(sa.String(5))
    tz: Mapped[str] = mapped_column(sa.String(64))
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    length_minutes: Mapped[int | None]
    moved_from_on: Mapped[date | None]
    place: Mapped[str | None] = mapped_column(sa.String(200))
    phone = EncryptedText()
    phone_sealed: Mapped[str | None] = mapped_column(sa.Text)
    bring = EncryptedText()
    bring_sealed: Mapped[str | None] = mapped_column(sa.Text)
    questions = EncryptedText()
    questions_sealed: Mapped[str | None] = mapped_column(sa.Text)
    note = EncryptedText()
    note_sealed: Mapped[str | None] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(12), default=PLANNED)
    is_dropped: Mapped[bool] = mapped_column(default=False)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    circle: Mapped[Circle] = relationship()
    series: Mapped[VisitSeries | None] = relationship()

    @property
    def ends_at(self) -> datetime | None:
        """The end, where start and length are known."""
        if self.starts_at is None or self.length_minutes is None:
            return None
        return self.starts_at + timedelta(minutes=self.length_minutes)

    @property
    def is_cancelled(self) -> bool:
        """Whether it will not take place."""
        return self.state == CANCELLED

    def state_on(self, today: date) -> str:
        """Done or cancelled, else `unknown` (its date is over and nobody said), `today` or `planned`."""
        if self.state != PLANNED or self.planned_on > today:
            return self.state
        return TODAY if self.planned_on == today else UNKNOWN


class VisitChange(KeptChange, Base):
    """What one change touched, kept so that it can be taken back: the rows' values before and after it."""

    __tablename__ = "visit_changes"

    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visits.id"), index=True)

    visit: Mapped[Visit] = relationship()
