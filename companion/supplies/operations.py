"""Writes of supplies: add, receive, count, use, throw away, expect; each change can be taken back."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.domain import lots
from companion.domain import supplies as rules
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.infusions.models import Infusion, Vial
from companion.supplies import queries
from companion.supplies.models import (
    COUNTED,
    RECEIVED,
    THROWN,
    USED,
    VIAL,
    Parcel,
    Supply,
    SupplyChange,
    SupplyMove,
    SupplyStock,
)


class ParcelIsOver(Exception):
    """The parcel has arrived or was called off already."""


class ShortOf(ValueError):
    """Fewer pieces of a supply are there than were to be taken."""

    def __init__(self, supply: Supply, there: int) -> None:
        super().__init__(supply.public_id)
        self.supply, self.there = supply, there


def add_supply(
    circle: Circle,
    *,
    kind: str,
    name: str,
    grams: Decimal | None = None,
    low_at: int | None = None,
    now: datetime,
) -> Supply:
    """A kind of thing that is kept at home, none of it there yet."""
    supply = Supply(circle_id=circle.id, kind=kind, name=name, grams=grams, low_at=low_at, created_at=now)
    db.session.add(supply)
    db.session.flush()
    return supply


def change_supply(supply: Supply, *, name: str, grams: Decimal | None, low_at: int | None) -> None:
    """Correct the name, the grams of a bottle, or the limit for "runs low"."""
    supply.name, supply.grams, supply.low_at = name, grams, low_at
    db.session.flush()


def delete_supply(supply: Supply, now: datetime) -> None:
    """Take a supply off the list; it can be put back with all that was there."""
    supply.deleted_at = supply.deleted_at or now
    db.session.flush()


def restore_supply(supply: Supply) -> None:
    """Put a supply back on the list."""
    supply.deleted_at = None
    db.session.flush()


def receive(
    supply: Supply,
    *,
    count: int,
    on: date,
    lot: str | None = None,
    expires_on: date | None = None,
    parcel: Parcel | None = None,
    account: Account | None = None,
    now: datetime,
) -> SupplyChange:
    """So many pieces came, or are found at the first count. The same lot and expiry joins what is there.

    With `parcel` it is the parcel that came. Raises ParcelIsOver.
    """
    _lock(supply)
    if parcel is not None:
        _refuse_over(parcel)
        parcel.arrived_at = now
    change = _change(supply, RECEIVED, account, now, parcel_id=parcel.id if parcel else None)
    _move(change, _stock(supply, lot, expires_on, on), count)
    return _done(change, supply)


def count_again(
    stock: SupplyStock, count: int, *, account: Account | None = None, now: datetime
) -> SupplyChange | None:
    """Say how many pieces of a stock are really there; None where that is what the app has."""
    _lock(stock.supply)
    known = queries.counts_of([stock.supply_id]).get(stock.id, 0)
    if count == known:
        return None
    change = _change(stock.supply, COUNTED, account, now)
    _move(change, stock, count - known)
    return _done(change, stock.supply)


def throw_away(stock: SupplyStock, *, account: Account | None = None, now: datetime) -> SupplyChange | None:
    """All pieces of a stock are gone: past their date, broken, called back. None where there are none."""
    _lock(stock.supply)
    known = queries.counts_of([stock.supply_id]).get(stock.id, 0)
    if known <= 0:
        return None
    change = _change(stock.supply, THROWN, account, now)
    _move(change, stock, -known)
    return _done(change, stock.supply)


def use_in_infusion(
    infusion: Infusion,
    counts: dict[Supply, int],
    *,
    with_vials: bool,
    account: Account | None = None,
    now: datetime,
) -> SupplyChange:
    """An infusion used so many pieces of each supply, the earliest expiry first.

    With `with_vials` each bottle of a known lot is written down as a vial of the infusion. Raises ShortOf, and
    then changes nothing.
    """
    for supply in sorted(counts, key=lambda one: one.id):
        _lock(supply)
    plan = [(supply, _take(supply, count)) for supply, count in counts.items() if count]
    change = _change(infusion, USED, account, now, infusion_id=infusion.id)
    for supply, taken in plan:
        stocks = {stock.id: stock for stock in supply.stocks}
        for one in taken:
            _move(change, stocks[one.id], -one.count)
            if with_vials and supply.kind == VIAL and stocks[one.id].lot:
                change.vial_ids = change.vial_ids + _write_vials(infusion, stocks[one.id], one.count, now)
    db.session.flush()
    db.session.expire(change, ["moves"])
    return change


def expect_parcel(supply: Supply, *, count: int, expected_on: date | None, now: datetime) -> Parcel:
    """So many pieces are on their way."""
    parcel = Parcel(
        circle_id=supply.circle_id, supply_id=supply.id, count=count, expected_on=expected_on, created_at=now
    )
    db.session.add(parcel)
    db.session.flush()
    db.session.expire(supply, ["parcels"])
    return parcel


def call_off_parcel(parcel: Parcel, now: datetime) -> None:
    """The parcel does not come. Raises ParcelIsOver."""
    _refuse_over(parcel)
    parcel.cancelled_at = now
    db.session.flush()
    db.session.expire(parcel.supply, ["parcels"])


def expect_again(parcel: Parcel) -> None:
    """The parcel comes after all."""
    parcel.cancelled_at = None
    db.session.flush()
    db.session.expire(parcel.supply, ["parcels"])


def undo_change(change: SupplyChange, now: datetime) -> None:
    """Take a change back with the vials it wrote down; a parcel is on its way again. A second time does nothing."""
    db.session.refresh(change, with_for_update=True)
    if change.undone_at is not None:
        return
    change.undone_at = now
    for vial in db.session.scalars(sa.select(Vial).where(Vial.id.in_(change.vial_ids))):
        infusions.delete_record(vial, now)
    if change.parcel_id is not None:
        db.session.get_one(Parcel, change.parcel_id).arrived_at = None
    db.session.flush()
    db.session.expire_all()


def _take(supply: Supply, count: int) -> list[rules.Taken]:
    try:
        return rules.take(queries.held_of(supply), count)
    except rules.NotEnough as refused:
        raise ShortOf(supply, refused.there) from None


def _refuse_over(parcel: Parcel) -> None:
    db.session.refresh(parcel, with_for_update=True)
    if parcel.arrived_at is not None or parcel.cancelled_at is not None:
        raise ParcelIsOver


def _lock(supply: Supply) -> None:
    """Hold a supply until the end of the transaction, so that two people never take the same piece."""
    db.session.flush()
    db.session.execute(sa.select(Supply.id).where(Supply.id == supply.id).with_for_update())


def _change(row: Supply | Infusion, verb: str, account: Account | None, now: datetime, **values: Any) -> SupplyChange:
    change = SupplyChange(
        circle_id=row.circle_id,
        account_id=account.id if account else None,
        verb=verb,
        vial_ids=[],
        at=now,
        **values,
    )
    db.session.add(change)
    db.session.flush()
    return change


def _move(change: SupplyChange, stock: SupplyStock, by: int) -> None:
    db.session.add(SupplyMove(change_id=change.id, stock_id=stock.id, by=by))


def _done(change: SupplyChange, supply: Supply) -> SupplyChange:
    db.session.flush()
    db.session.expire(change, ["moves"])
    db.session.expire(supply, ["stocks", "parcels"])
    return change


def _stock(supply: Supply, lot: str | None, expires_on: date | None, on: date) -> SupplyStock:
    normalised = lots.normalise(lot) if lot else None
    for known in supply.stocks:
        if (known.lot_normalised, known.expires_on) == (normalised, expires_on):
            return known
    stock = SupplyStock(
        circle_id=supply.circle_id,
        supply_id=supply.id,
        lot=lot,
        lot_normalised=normalised,
        expires_on=expires_on,
        received_on=on,
    )
    db.session.add(stock)
    db.session.flush()
    return stock


def _write_vials(infusion: Infusion, stock: SupplyStock, count: int, now: datetime) -> list[int]:
    vials = [
        infusions.add_vial(
            infusion,
            lot=stock.lot or "",
            grams=stock.supply.grams,
            expires_on=stock.expires_on,
            product=stock.supply.name,
            now=now,
        )
        for _number in range(count)
    ]
    return [vial.id for vial in vials]
