"""What went wrong during or after an infusion, and the diary of the days after it."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.database import Base, EncryptedText, PublicRow, StringSet, UTCDateTime

if TYPE_CHECKING:
    from companion.infusions.models.courses import Infusion

REACTION_KINDS = ("headache", "fever", "nausea", "rash", "tiredness", "blood_pressure", "site")
REACTION_ACTIONS = ("slower", "stopped", "medicine", "called", "emergency", "nothing")
REACTION_TOLD = ("nurse", "clinic", "neurologist", "family", "nobody")
HEADACHES = ("none", "mild", "moderate", "bad")
DIARY_SIGNS = ("stiff_neck", "light", "vomiting")


class Reaction(PublicRow, Base):
    """What went wrong: code words of the tiles, and the person's own words.

    `started_time` is the wall time `HH:MM` at the circle's home. A change makes a new row that `replaces_id` the
    old one, so that it can be taken back.
    """

    __tablename__ = "reactions"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"), index=True)
    kinds: Mapped[frozenset[str]] = mapped_column(StringSet, default=frozenset())
    during: Mapped[bool] = mapped_column(default=False)
    started_on: Mapped[date]
    started_time: Mapped[str | None] = mapped_column(sa.String(5))
    severity: Mapped[str] = mapped_column(sa.String(8))
    what = EncryptedText()
    what_sealed: Mapped[str | None] = mapped_column(sa.Text)
    actions: Mapped[frozenset[str]] = mapped_column(StringSet, default=frozenset())
    done_about_it = EncryptedText()
    done_about_it_sealed: Mapped[str | None] = mapped_column(sa.Text)
    told: Mapped[frozenset[str]] = mapped_column(StringSet, default=frozenset())
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reactions.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    infusion: Mapped["Infusion"] = relationship()


class DiaryEntry(PublicRow, Base):
    """How one felt on a day after an infusion: `day` 1, 2, 3 or 7, `on` its local date when it was written.

    A sign that is not ticked was not entered. A change makes a new row, as for a reaction.
    """

    __tablename__ = "diary_entries"
    __table_args__ = (
        sa.Index(
            "uq_diary_entries_infusion_id_day",
            "infusion_id",
            "day",
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        ),
    )

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"), index=True)
    day: Mapped[int]
    on: Mapped[date]
    headache: Mapped[str] = mapped_column(sa.String(8))
    signs: Mapped[frozenset[str]] = mapped_column(StringSet, default=frozenset())
    temperature = EncryptedText()
    temperature_sealed: Mapped[str | None] = mapped_column(sa.Text)
    note = EncryptedText()
    note_sealed: Mapped[str | None] = mapped_column(sa.Text)
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("diary_entries.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    infusion: Mapped["Infusion"] = relationship()
