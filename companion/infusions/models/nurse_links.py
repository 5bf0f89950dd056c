"""Addresses that a nurse may add vials with, and what was saved by them."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.database import Base, PublicRow, UTCDateTime, keyring
from companion.domain.nurse_code import BITS, code_of

if TYPE_CHECKING:
    from companion.infusions.models.courses import Infusion


MOST_VIALS = 120
"""What one link takes: twice the most that one saving takes."""


def code_hash(code: str) -> str:
    """What is kept of a code; without the data key nobody can try codes against it."""
    return keyring().fingerprint(f"nurse-link:{code}")


class NurseLink(PublicRow, Base):
    """An address of one infusion, good until the end of a day there.

    Its code is stored nowhere, only a keyed hash of it: the patient's page works it out again from the data key and
    the row's random id, so that the address can be shown all day long.
    """

    __tablename__ = "nurse_links"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_id: Mapped[int] = mapped_column(sa.ForeignKey("infusions.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    valid_until: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    infusion: Mapped["Infusion"] = relationship()
    saves: Mapped[list["NurseSave"]] = relationship(back_populates="link", order_by="NurseSave.id")

    @property
    def code(self) -> str:
        """The end of its address, 60 bits: `7K3M-9QPX-4TWD`."""
        secret = keyring().fingerprint(f"nurse-code:{self.public_id}")
        return code_of(int(secret, 16) % 2**BITS)

    def takes_vials_at(self, now: datetime) -> bool:
        """Whether it is on, not too old, not used up, and its infusion still in the plan."""
        is_over = self.ended_at is not None or now >= self.valid_until or self.infusion.cancelled_at is not None
        return not is_over and self.room > 0

    @property
    def room(self) -> int:
        """How many more vials it takes; those that were taken back have used it too."""
        return MOST_VIALS - sum(save.vial_count for save in self.saves)

    @property
    def vials_saved(self) -> int:
        """How many vials it brought that were not taken back."""
        return sum(save.vial_count for save in self.saves if save.undone_at is None)


class NurseSave(PublicRow, Base):
    """One saving by a link: its vials share `entry_id`. Whoever knows its public id can take it back for a while."""

    __tablename__ = "nurse_saves"
    __table_args__ = (sa.UniqueConstraint("nurse_link_id", "client_id"),)

    nurse_link_id: Mapped[int] = mapped_column(sa.ForeignKey("nurse_links.id"))
    client_id: Mapped[str] = mapped_column(sa.String(64))
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    entry_id: Mapped[str] = mapped_column(sa.String(32), index=True)
    vial_count: Mapped[int]
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    link: Mapped[NurseLink] = relationship(back_populates="saves")
