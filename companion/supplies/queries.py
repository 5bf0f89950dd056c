"""Reads of supplies, always within one circle."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from companion.circles.models import Circle
from companion.domain import supplies as rules
from companion.domain.supplies import Held
from companion.extensions import db
from companion.infusions.models import Infusion
from companion.supplies.models import USED, Supply, SupplyChange, SupplyMove, SupplyStock


@dataclass(frozen=True)
class Shelf:
    """One supply as it stands: its stocks in order of use with their counts, and how far they last."""

    supply: Supply
    stocks: list[tuple[SupplyStock, int]]
    each: int | None
    past: list[SupplyStock]

    @property
    def count(self) -> int:
        """How many pieces there are."""
        return sum(count for _stock, count in self.stocks)

    @property
    def lasts(self) -> int | None:
        """For how many infusions; None where nobody knows how many one takes."""
        return rules.lasts_for(self.count, self.each)

    @property
    def is_low(self) -> bool:
        """Whether to say that it runs low."""
        return rules.is_low(self.count, self.supply.low_at, self.each)

    def expiring(self, today: date) -> list[SupplyStock]:
        """What is there and past its last day of use in two weeks, or already."""
        soon = today + rules.EXPIRES_SOON
        return [stock for stock, _count in self.stocks if stock.expires_on is not None and stock.expires_on < soon]


def shelves(circle: Circle, today: date) -> list[Shelf]:
    """Every supply of a circle: bottles first, then material, by name. Three statements, however many there are."""
    query = (
        sa.select(Supply)
        .where(Supply.circle_id == circle.id, Supply.deleted_at.is_(None))
        .options(selectinload(Supply.stocks), selectinload(Supply.parcels))
        .order_by(Supply.kind.desc(), Supply.name, Supply.id)
    )
    found = list(db.session.scalars(query))
    if not found:
        return []
    counts, uses = counts_of([one.id for one in found]), _last_uses([one.id for one in found])
    return [_shelf(one, counts, uses.get(one.id), today) for one in found]


def shelf_of(supply: Supply, today: date) -> Shelf:
    """One supply as it stands."""
    return _shelf(supply, counts_of([supply.id]), _last_uses([supply.id]).get(supply.id), today)


def held_of(supply: Supply) -> list[Held]:
    """The stocks of a supply as the rules see them."""
    return _held(supply, counts_of([supply.id]))


def counts_of(supply_ids: list[int]) -> dict[int, int]:
    """How many pieces each stock of these supplies has."""
    query = (
        sa.select(SupplyStock.id, sa.func.sum(SupplyMove.by))
        .join(SupplyMove, SupplyMove.stock_id == SupplyStock.id)
        .join(SupplyChange, SupplyChange.id == SupplyMove.change_id)
        .where(SupplyStock.supply_id.in_(supply_ids), SupplyChange.undone_at.is_(None))
        .group_by(SupplyStock.id)
    )
    return {stock_id: int(count) for stock_id, count in db.session.execute(query)}


def runs_low(circle: Circle, today: date) -> list[Shelf]:
    """The supplies that run low, for the line on Today."""
    return [shelf for shelf in shelves(circle, today) if shelf.is_low]


def needing_a_look(circle: Circle, today: date) -> list[Shelf]:
    """The supplies that run low or hold something that expires soon, for the weekly message."""
    return [shelf for shelf in shelves(circle, today) if shelf.is_low or shelf.expiring(today)]


def uses_in(infusion: Infusion) -> list[SupplyChange]:
    """What an infusion used, in order."""
    query = (
        sa.select(SupplyChange)
        .where(SupplyChange.infusion_id == infusion.id, SupplyChange.verb == USED, SupplyChange.undone_at.is_(None))
        .options(selectinload(SupplyChange.moves).joinedload(SupplyMove.stock).joinedload(SupplyStock.supply))
        .order_by(SupplyChange.id)
    )
    return list(db.session.scalars(query))


def changes_of(supply: Supply, most: int = 12) -> list[SupplyChange]:
    """The latest changes of a supply, the newest first."""
    query = (
        sa.select(SupplyChange)
        .where(SupplyChange.circle_id == supply.circle_id, SupplyChange.undone_at.is_(None))
        .where(SupplyChange.moves.any(SupplyMove.stock_id.in_([stock.id for stock in supply.stocks])))
        .options(selectinload(SupplyChange.moves), selectinload(SupplyChange.infusion))
        .order_by(SupplyChange.id.desc())
        .limit(most)
    )
    return list(db.session.scalars(query))


def _last_uses(supply_ids: list[int]) -> dict[int, int]:
    """How many pieces of each supply the last infusion that used it took."""
    per_infusion = (
        sa.select(
            SupplyStock.supply_id,
            SupplyChange.infusion_id,
            -sa.func.sum(SupplyMove.by),
            sa.func.max(SupplyChange.id).label("latest"),
        )
        .join(SupplyMove, SupplyMove.change_id == SupplyChange.id)
        .join(SupplyStock, SupplyStock.id == SupplyMove.stock_id)
        .where(SupplyStock.supply_id.in_(supply_ids), SupplyChange.verb == USED, SupplyChange.undone_at.is_(None))
        .group_by(SupplyStock.supply_id, SupplyChange.infusion_id)
        .order_by(sa.literal_column("latest"))
    )
    return {supply_id: int(count) for supply_id, _infusion, count, _latest in db.session.execute(per_infusion)}


def _held(supply: Supply, counts: dict[int, int]) -> list[Held]:
    return [Held(one.id, counts.get(one.id, 0), one.expires_on, one.received_on) for one in supply.stocks]


def _shelf(supply: Supply, counts: dict[int, int], last_use: int | None, today: date) -> Shelf:
    held, by_id = _held(supply, counts), {stock.id: stock for stock in supply.stocks}
    ordered = [(by_id[one.id], one.count) for one in rules.in_order_of_use(held)]
    each = rules.usual_count([last_use] if last_use is not None else [])
    return Shelf(supply, ordered, each, [by_id[one.id] for one in rules.past_date(held, today)])
