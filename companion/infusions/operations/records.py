"""What vials and reactions have in common: they can be taken away and put back."""

from datetime import datetime

from companion.extensions import db
from companion.infusions.models import Infusion, Reaction, Vial


def delete_record(record: Vial | Reaction, now: datetime) -> None:
    """Take a vial or reaction away; it can be put back."""
    record.deleted_at = record.deleted_at or now
    flush_records(record.infusion)


def restore_record(record: Vial | Reaction) -> None:
    """Put a deleted vial or reaction back."""
    record.deleted_at = None
    flush_records(record.infusion)


def flush_records(infusion: Infusion) -> None:
    """Write, and let the lists of the course be read afresh."""
    db.session.flush()
    db.session.expire(infusion, ["vials", "reactions"])
