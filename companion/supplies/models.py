"""Supplies at home, what each consists of, what is on its way, and each change of what is there."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.database import Base, JSONValue, PublicRow, Thousandths, UTCDateTime
from companion.infusions.models import Infusion

VIAL, MATERIAL = "vial", "material"
KINDS = (VIAL, MATERIAL)
COUNTED, RECEIVED, USED, THROWN = "counted", "received", "used", "thrown"
VERBS = (COUNTED, RECEIVED, USED, THROWN)


class Supply(PublicRow, Base):
    """One kind of thing at home: bottles of one size, or material such as needles.

    `low_at`: the person's own limit for "runs low", in pieces; null: the app goes by what infusions used.
    """

    __tablename__ = "supplies"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(8))
    name: Mapped[str] = mapped_column(sa.String(120))
    grams: Mapped[Decimal | None] = mapped_column(Thousandths)
    low_at: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    stocks: Mapped[list["SupplyStock"]] = relationship(back_populates="supply", order_by="SupplyStock.id")
    parcels: Mapped[list["Parcel"]] = relationship(
        order_by="[Parcel.expected_on, Parcel.id]",
        primaryjoin="and_(Parcel.supply_id == Supply.id, Parcel.arrived_at.is_(None), Parcel.cancelled_at.is_(None))",
        viewonly=True,
    )


class SupplyStock(PublicRow, Base):
    """Pieces of a supply with the same lot and expiry. How many are there is the sum of its moves."""

    __tablename__ = "supply_stocks"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    supply_id: Mapped[int] = mapped_column(sa.ForeignKey("supplies.id"), index=True)
    lot: Mapped[str | None] = mapped_column(sa.String(60))
    lot_normalised: Mapped[str | None] = mapped_column(sa.String(60))
    expires_on: Mapped[date | None]
    received_on: Mapped[date]

    supply: Mapped[Supply] = relationship(back_populates="stocks")

    @property
    def is_marked(self) -> bool:
        """Whether a lot or a date tells these pieces from others."""
        return self.lot is not None or self.expires_on is not None


class SupplyChange(PublicRow, Base):
    """One change of what is at home, with its moves; taken back as a whole. `vial_ids`: vials it wrote down."""

    __tablename__ = "supply_changes"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    infusion_id: Mapped[int | None] = mapped_column(sa.ForeignKey("infusions.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    parcel_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parcels.id"))
    verb: Mapped[str] = mapped_column(sa.String(8))
    vial_ids: Mapped[list[int]] = mapped_column(JSONValue)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    infusion: Mapped[Infusion | None] = relationship()
    moves: Mapped[list["SupplyMove"]] = relationship(back_populates="change", order_by="SupplyMove.id")


class SupplyMove(Base):
    """So many pieces more (or, negative, fewer) of one stock."""

    __tablename__ = "supply_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    change_id: Mapped[int] = mapped_column(sa.ForeignKey("supply_changes.id"), index=True)
    stock_id: Mapped[int] = mapped_column(sa.ForeignKey("supply_stocks.id"), index=True)
    by: Mapped[int]

    change: Mapped[SupplyChange] = relationship(back_populates="moves")
    stock: Mapped[SupplyStock] = relationship()


class Parcel(PublicRow, Base):
    """Pieces of a supply that are on their way. `supply_id` names what; when they arrive they become stock."""

    __tablename__ = "parcels"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    supply_id: Mapped[int] = mapped_column(sa.ForeignKey("supplies.id"), index=True)
    count: Mapped[int]
    expected_on: Mapped[date | None]
    arrived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    supply: Mapped[Supply] = relationship(viewonly=True)
