"""Check-ins: how the hands are, as ratings, measurements and everyday tasks."""

import hashlib
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.database import Base, EncryptedText, PublicRow, StringSet, Thousandths, UTCDateTime

HANDS = ("left", "right")
SYMPTOMS = (
    "cramps",
    "twitching",
    "tiredness",
    "cold",
    "wrist_drop",
    "finger_drop",
    "foot_drop",
    "something_new",
)
WARMTHS = ("warm", "cool", "cold")
CONTEXTS = ("cold_outside", "ill", "unusual_work")
TASK_KEYS = ("shirt_button", "key", "full_cup", "pen", "phone", "jar")
PHONE, PAPER = "phone", "paper"
"""How a check-in came to the person who typed it, where that is not the patient's own screen."""
EASY, WITH_EFFORT, CANNOT = "easy", "with_effort", "cannot"
GRIP, TAPPING = "grip", "tapping"
MOVEMENT, DAILY_HANDS = "movement", "daily_hands"


class CheckIn(PublicRow, Base):
    """One report of how the hands are. `on` is the local date in `tz` at the time and is never recomputed.

    `account_id` is who typed it, None once that account is erased.
    """

    __tablename__ = "check_ins"
    __table_args__ = (sa.Index("ix_check_ins_circle_on", "circle_id", "on"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    client_id: Mapped[str | None] = mapped_column(sa.String(64))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tz: Mapped[str] = mapped_column(sa.String(64))
    on: Mapped[date]
    left_rating: Mapped[int | None] = mapped_column(sa.SmallInteger)
    right_rating: Mapped[int | None] = mapped_column(sa.SmallInteger)
    repeated: Mapped[bool] = mapped_column(default=False)
    symptoms: Mapped[frozenset[str]] = mapped_column(StringSet, default=frozenset)
    hand_warmth: Mapped[str | None] = mapped_column(sa.String(8))
    context: Mapped[frozenset[str]] = mapped_column(StringSet, default=frozenset, server_default="[]")
    came_suddenly: Mapped[bool | None]
    told_by: Mapped[str | None] = mapped_column(sa.String(8))
    note = EncryptedText()
    note_sealed: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    circle: Mapped[Circle] = relationship()
    account: Mapped[Account | None] = relationship()
    measurements: Mapped[list["Measurement"]] = relationship(
        back_populates="check_in", order_by="Measurement.id", cascade="all, delete-orphan"
    )
    task_answers: Mapped[list["TaskAnswer"]] = relationship(
        back_populates="check_in", order_by="TaskAnswer.id", cascade="all, delete-orphan"
    )
    function_answers: Mapped[list["FunctionAnswer"]] = relationship(
        back_populates="check_in", order_by="FunctionAnswer.id", cascade="all, delete-orphan"
    )

    @property
    def grips(self) -> list["Measurement"]:
        """The tries of the grip meter."""
        return [one for one in self.measurements if one.kind == GRIP]

    @property
    def taps(self) -> list["Measurement"]:
        """The tapping tests."""
        return [one for one in self.measurements if one.kind == TAPPING]

    @property
    def movements(self) -> list["FunctionAnswer"]:
        """The answers of the movement check."""
        return [one for one in self.function_answers if one.kind == MOVEMENT]

    @property
    def daily_hands(self) -> list["FunctionAnswer"]:
        """The answers of the daily-hands list."""
        return [one for one in self.function_answers if one.kind == DAILY_HANDS]

    @property
    def version(self) -> str:
        """What a form was made from: it is another one after each change."""
        changed_at = self.edited_at or self.created_at
        return hashlib.sha256(changed_at.isoformat().encode()).hexdigest()[:16]


class Device(PublicRow, Base):
    """A grip meter. A new device starts a new baseline."""

    __tablename__ = "devices"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    unit: Mapped[str] = mapped_column(sa.String(4))
    unit_kind: Mapped[str] = mapped_column(sa.String(16))
    started_on: Mapped[date]
    retired_on: Mapped[date | None]


class Measurement(PublicRow, Base):
    """One try: a number with hand, unit and device, or `cannot`, which is no number.

    A tapping test counts taps: it has no device, but the seconds it took and how far the pauses between taps
    lie apart (their standard deviation).
    """

    __tablename__ = "measurements"
    __table_args__ = (sa.Index("ix_measurements_series", "circle_id", "kind", "on", "hand", "value"),)

    check_in_id: Mapped[int] = mapped_column(sa.ForeignKey("check_ins.id"), index=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    kind: Mapped[str] = mapped_column(sa.String(16))
    hand: Mapped[str] = mapped_column(sa.String(8))
    answer: Mapped[str] = mapped_column(sa.String(8))
    value: Mapped[Decimal | None] = mapped_column(Thousandths)
    unit: Mapped[str | None] = mapped_column(sa.String(4))
    unit_kind: Mapped[str | None] = mapped_column(sa.String(16))
    seconds: Mapped[Decimal | None] = mapped_column(Thousandths)
    rhythm_spread_ms: Mapped[int | None]
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("devices.id"))
    on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)

    check_in: Mapped[CheckIn] = relationship(back_populates="measurements")
    device: Mapped[Device | None] = relationship()


class MarkerTask(PublicRow, Base):
    """An everyday task the person chose to watch: a known `key`, or words of their own."""

    __tablename__ = "marker_tasks"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    key: Mapped[str | None] = mapped_column(sa.String(24))
    words = EncryptedText()
    words_sealed: Mapped[str | None] = mapped_column(sa.Text)
    position: Mapped[int] = mapped_column(default=0)
    started_on: Mapped[date]
    retired_on: Mapped[date | None]


class TaskAnswer(PublicRow, Base):
    """How one marker task went with one hand: easy, with effort, or cannot."""

    __tablename__ = "task_answers"
    __table_args__ = (sa.UniqueConstraint("check_in_id", "marker_task_id", "hand"),)

    check_in_id: Mapped[int] = mapped_column(sa.ForeignKey("check_ins.id"), index=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    marker_task_id: Mapped[int] = mapped_column(sa.ForeignKey("marker_tasks.id"))
    hand: Mapped[str] = mapped_column(sa.String(8))
    answer: Mapped[str] = mapped_column(sa.String(16))
    on: Mapped[date]

    check_in: Mapped[CheckIn] = relationship(back_populates="task_answers")
    marker_task: Mapped[MarkerTask] = relationship()


class FunctionAnswer(PublicRow, Base):
    """One answer of the weekly movement check (`left` or `right`) or of the daily-hands list (`both`)."""

    __tablename__ = "function_answers"
    __table_args__ = (
        sa.UniqueConstraint("check_in_id", "kind", "item", "side"),
        sa.Index("ix_function_answers_circle_kind_on", "circle_id", "kind", "on"),
    )

    check_in_id: Mapped[int] = mapped_column(sa.ForeignKey("check_ins.id"), index=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    kind: Mapped[str] = mapped_column(sa.String(16))
    item: Mapped[str] = mapped_column(sa.String(24))
    side: Mapped[str] = mapped_column(sa.String(8))
    answer: Mapped[str] = mapped_column(sa.String(16))
    on: Mapped[date]

    check_in: Mapped[CheckIn] = relationship(back_populates="function_answers")


class QuestionnaireTotal(PublicRow, Base):
    """The total of a questionnaire that was filled in elsewhere; its questions are not part of this app."""

    __tablename__ = "questionnaire_totals"
    __table_args__ = (sa.Index("ix_questionnaire_totals_circle_on", "circle_id", "on"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    client_id: Mapped[str | None] = mapped_column(sa.String(64))
    name: Mapped[str] = mapped_column(sa.String(80))
    total: Mapped[Decimal] = mapped_column(Thousandths)
    out_of: Mapped[Decimal | None] = mapped_column(Thousandths)
    on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    account: Mapped[Account | None] = relationship()
