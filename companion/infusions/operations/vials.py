"""The vials of a course, with their lots."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa

from companion.database import public_id
from companion.domain import lots
from companion.domain.vial_labels import Label
from companion.extensions import db
from companion.infusions.models import Infusion, InfusionDay, Vial
from companion.infusions.operations.records import flush_records


def add_vials(
    infusion: Infusion,
    labels: Sequence[Label],
    *,
    day: InfusionDay | None = None,
    product: str | None = None,
    now: datetime,
) -> list[Vial]:
    """All bottles that labels say, each as often as its count, as one entry that can be taken back together."""
    entry_id = public_id()
    vials = [
        _vial(infusion, label, day=day, product=product, entry_id=entry_id, now=now)
        for label in labels
        for _bottle in range(label.count)
    ]
    db.session.add_all(vials)
    flush_records(infusion)
    return vials


def add_vial(
    infusion: Infusion,
    *,
    lot: str,
    grams: Decimal | None = None,
    expires_on: date | None = None,
    product: str | None = None,
    day: InfusionDay | None = None,
    now: datetime,
) -> Vial:
    """One container of a course. The lot is kept as printed and, for comparing, without spaces and dashes."""
    label = Label(lot=lot, grams=grams, expires_on=expires_on)
    return add_vials(infusion, [label], day=day, product=product, now=now)[0]


def change_vial(vial: Vial, label: Label, *, day: InfusionDay | None = None, product: str | None = None) -> None:
    """Put right what was misread on one bottle; its product number stays."""
    vial.lot, vial.lot_normalised = label.lot, lots.normalise(label.lot)
    vial.grams, vial.expires_on, vial.serial = label.grams, label.expires_on, label.serial or None
    vial.infusion_day_id, vial.product = day.id if day else None, product
    flush_records(vial.infusion)
    db.session.refresh(vial)  # so that it reads as the database keeps it


def delete_entry(vial: Vial, now: datetime) -> None:
    """Take away all vials that were saved in one go with this one; they can be put back."""
    _mark_entry(vial, None, now)


def restore_entry(vial: Vial) -> None:
    """Put back the vials of an entry that were taken away together with this one."""
    if vial.deleted_at is not None:
        _mark_entry(vial, vial.deleted_at, None)


def _mark_entry(vial: Vial, was: datetime | None, to: datetime | None) -> None:
    same = Vial.entry_id == vial.entry_id if vial.entry_id else Vial.id == vial.id
    entry = sa.select(Vial).where(Vial.infusion_id == vial.infusion_id, same, Vial.deleted_at == was)
    for one in db.session.scalars(entry):
        one.deleted_at = to
    flush_records(vial.infusion)


def _vial(
    infusion: Infusion, label: Label, *, day: InfusionDay | None, product: str | None, entry_id: str, now: datetime
) -> Vial:
    return Vial(
        circle_id=infusion.circle_id,
        infusion_id=infusion.id,
        infusion_day_id=day.id if day else None,
        product=product,
        lot=label.lot,
        lot_normalised=lots.normalise(label.lot),
        grams=label.grams,
        expires_on=label.expires_on,
        serial=label.serial or None,
        gtin=label.gtin or None,
        entry_id=entry_id,
        created_at=now,
    )
