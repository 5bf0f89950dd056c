"""The trail of a circle: its entries, and the head that says how many there are and what the last hash is."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from companion.database import Base, UTCDateTime
from companion.domain.hash_chain import START

ADDED, CHANGED, REMOVED, READ, EXPORTED, REFUSED = "added", "changed", "removed", "read", "exported", "refused"
VERBS = (ADDED, CHANGED, REMOVED, READ, EXPORTED, REFUSED)
LINK, SYSTEM = "link", "system"
"""Who acts where nobody is signed in: somebody with an address that is a key, or the program itself."""


class TrailHead(Base):
    """Where the chain of a circle stands. It outlives the circle: then it has no circle, and no entries any more.

    The database refuses to delete a head, to set it back, and to part it from its circle without `erased_at`.
    """

    __tablename__ = "trail_heads"
    __table_args__ = (sa.CheckConstraint("erased_at IS NULL OR circle_id IS NULL", name="erased_has_no_circle"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    circle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("circles.id"), unique=True)
    circle_public_id: Mapped[str] = mapped_column(sa.String(32), unique=True)
    sequence: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    hash: Mapped[str] = mapped_column(sa.String(64), default=START)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class TrailEntry(Base):
    """One deed: who, when, what was done to which row. The database refuses to change or delete it.

    `actor` is the public id of an account, or LINK or SYSTEM; `object_id` the public id of a row, empty for several
    rows at once or a page. No key leads to the circle: who holds its row must not keep others from writing.
    """

    __tablename__ = "trail_entries"
    __table_args__ = (
        sa.UniqueConstraint("head_id", "sequence"),
        sa.Index("ix_trail_entries_looks", "head_id", "verb", "actor", "kind", "at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    head_id: Mapped[int] = mapped_column(sa.ForeignKey("trail_heads.id"))
    sequence: Mapped[int] = mapped_column(sa.BigInteger)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(sa.String(32))
    verb: Mapped[str] = mapped_column(sa.String(12))
    kind: Mapped[str] = mapped_column(sa.String(32))
    object_id: Mapped[str | None] = mapped_column(sa.String(32))
    previous: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))
