"""Reactions during or after a course."""

from collections.abc import Collection
from datetime import date, datetime

from companion.extensions import db
from companion.infusions.models import Infusion, Reaction
from companion.infusions.operations.records import flush_records

SEVERITIES = ("mild", "moderate", "severe")


def add_reaction(
    infusion: Infusion,
    *,
    severity: str,
    started_on: date,
    kinds: Collection[str] = (),
    what: str | None = None,
    during: bool = False,
    started_time: str | None = None,
    actions: Collection[str] = (),
    done_about_it: str | None = None,
    told: Collection[str] = (),
    now: datetime,
) -> Reaction:
    """What went wrong during or after a course: REACTION_KINDS and the person's words; severity is one of SEVERITIES.

    `started_time` is a wall time `HH:MM`. A late one is kept like any other.
    """
    reaction = Reaction(
        circle_id=infusion.circle_id,
        infusion_id=infusion.id,
        kinds=frozenset(kinds),
        during=during,
        started_on=started_on,
        started_time=started_time,
        severity=severity,
        actions=frozenset(actions),
        told=frozenset(told),
        created_at=now,
    )
    reaction.what, reaction.done_about_it = what, done_about_it
    db.session.add(reaction)
    flush_records(infusion)
    return reaction


def change_reaction(reaction: Reaction, fresh: Reaction, now: datetime) -> Reaction:
    """Let a fresh row, made by `add_reaction`, stand in the place of an older one, which can come back."""
    fresh.replaces_id, fresh.created_at = reaction.id, reaction.created_at
    reaction.deleted_at = reaction.deleted_at or now
    flush_records(reaction.infusion)
    return fresh


def undo_change_of_reaction(reaction: Reaction, now: datetime) -> Reaction:
    """Put the row back that this one replaced. Undoing twice does nothing the second time."""
    older = db.session.get(Reaction, reaction.replaces_id) if reaction.replaces_id else None
    if older is None or reaction.deleted_at is not None:
        return older or reaction
    reaction.deleted_at, older.deleted_at = now, None
    flush_records(reaction.infusion)
    return older
