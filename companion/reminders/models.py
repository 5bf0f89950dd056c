"""Reminder rules: who is told about what, when and by which channel."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.database import Base, JSONValue, PublicRow, UTCDateTime
from companion.delivery.models import Delivery

NEUTRAL, TIME_ONLY, FULL = "neutral", "time_only", "full"
MAIL_BACKUP, MAIL_ALWAYS, MAIL_NEVER = "backup", "always", "never"
"""Mail only where no phone confirms its messages, beside every one of them, or not at all."""
INFUSIONS, VISITS, PREPARATIONS, DRIVES = "infusion_day", "visit", "preparation", "drive"
SUPPLIES, CHECK_INS = "supply", "check_in"
EVENTS = (INFUSIONS, VISITS, PREPARATIONS, DRIVES, SUPPLIES, CHECK_INS)
"""What a rule can be switched off for, one by one."""


class ReminderRule(PublicRow, Base):
    """How one person is reminded by one circle. Patient or keeper switch on the rule of anyone else.

    `by_hook`: also by the operator's own service, such as SMS, where there is one. `events_off` lists what is not
    wanted, of EVENTS. `lead_hours` moves the day-before message. `nudge_at` is the local time of the check-in
    reminder, "HH:MM"; None means none. `gets_escalations`: is told when nobody answers, `escalate_after_hours`
    waking hours after the day-before message (the patient's or keeper's own rule says it).
    """

    __tablename__ = "reminder_rules"
    __table_args__ = (sa.UniqueConstraint("circle_id", "recipient_id"),)

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    is_on: Mapped[bool] = mapped_column(default=True)
    by_push: Mapped[bool] = mapped_column(default=True)
    by_hook: Mapped[bool] = mapped_column(default=False)
    mail: Mapped[str] = mapped_column(sa.String(16), default=MAIL_BACKUP)
    privacy: Mapped[str] = mapped_column(sa.String(16), default=NEUTRAL)
    events_off: Mapped[list[str]] = mapped_column(JSONValue, default=list)
    lead_hours: Mapped[int] = mapped_column(default=24)
    nudge_at: Mapped[str | None] = mapped_column(sa.String(5))
    gets_escalations: Mapped[bool] = mapped_column(default=False)
    escalate_after_hours: Mapped[int] = mapped_column(default=4)
    switched_on_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    circle: Mapped[Circle] = relationship()
    recipient: Mapped[Account] = relationship(foreign_keys=[recipient_id])

    def wants(self, event: str) -> bool:
        """Whether the reader left an event of EVENTS switched on."""
        return event not in self.events_off


class Snooze(PublicRow, Base):
    """ "Later": the reader of a message is reminded again. The newest of one reader about one date counts."""

    __tablename__ = "snoozes"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey("deliveries.id"), unique=True)
    remind_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    delivery: Mapped[Delivery] = relationship()


class PlanLook(Base):
    """When the messages of a circle are worked out again. Each change in the circle adds a mark and asks for a look
    at once, so that circles in which nothing happens cost nothing."""

    __tablename__ = "plan_looks"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    marks: Mapped[int] = mapped_column(default=0)
