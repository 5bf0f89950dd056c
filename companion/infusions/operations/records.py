"""What belongs to a given course: the vials with their lots, and reactions."""

from datetime import date, datetime
from decimal import Decimal

from companion.domain import lots
from companion.extensions import db
from companion.infusions.models import Infusion, InfusionDay, Reaction, Vial

SEVERITIES = ("mild", "moderate", "severe")


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
    _flush(infusion)
    return vial


def add_reaction(
    infusion: Infusion,
    *,
    what: str,
    severity: str,
    started_on: date,
    done_about_it: str | None = None,
    now: datetime,
) -> Reaction:
    """What went wrong during or after a course, in the person's words; severity is one of SEVERITIES."""
    reaction = Reaction(
        circle_id=infusion.circle_id,
        infusion_id=infusion.id,
        started_on=started_on,
        severity=severity,
        created_at=now,
    )
    reaction.what, reaction.done_about_it = what, done_about_it
    db.session.add(reaction)
    _flush(infusion)
    return reaction


def delete_record(record: Vial | Reaction, now: datetime) -> None:
    """Take a vial or reaction away; it can be put back."""
    record.deleted_at = record.deleted_at or now
    _flush(record.infusion)


def restore_record(record: Vial | Reaction) -> None:
    """Put a deleted vial or reaction back."""
    record.deleted_at = None
    _flush(record.infusion)


def _flush(infusion: Infusion) -> None:
    """Write, and let the lists of the course be read afresh."""
    db.session.flush()
    db.session.expire(infusion, ["vials", "reactions"])
