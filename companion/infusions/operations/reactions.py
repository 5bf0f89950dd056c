"""Reactions during or after a course."""

from datetime import date, datetime

from companion.extensions import db
from companion.infusions.models import Infusion, Reaction
from companion.infusions.operations.records import flush_records

SEVERITIES = ("mild", "moderate", "severe")


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
    flush_records(infusion)
    return reaction
