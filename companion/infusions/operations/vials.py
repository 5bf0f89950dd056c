"""The vials of a course, with their lots."""

from datetime import date, datetime
from decimal import Decimal

from companion.domain import lots
from companion.extensions import db
from companion.infusions.models import Infusion, InfusionDay, Vial
from companion.infusions.operations.records import flush_records


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
    vial = Vial(
        circle_id=infusion.circle_id,
        infusion_id=infusion.id,
        infusion_day_id=day.id if day else None,
        product=product,
        lot=lot,
        lot_normalised=lots.normalise(lot),
        grams=grams,
        expires_on=expires_on,
        created_at=now,
    )
    db.session.add(vial)
    flush_records(infusion)
    return vial
