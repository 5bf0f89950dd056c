"""Reminders of somebody who leaves a circle, or keeps it no longer."""

from typing import Any

from companion.circles.operations import Loss, register_loss
from companion.extensions import db
from companion.reminders import queries

SWITCHES = ("is_on", "gets_escalations", "switched_on_by_id")


def lose(loss: Loss) -> dict[str, Any] | None:
    """Switch everything off for who sees no dates any more; gives how it was.

    Who kept the circle and stays in it is reminded as before, from now on by the new keeper's leave.
    """
    rule = queries.rule_of(loss.circle.id, loss.account.id)
    if rule is None:
        return None
    if "see_dates" not in loss.rights:
        if "keep_circle" in loss.rights and rule.is_on:
            rule.switched_on_by_id = rule.switched_on_by_id or loss.by.id
            db.session.flush()
        return None
    before = {name: getattr(rule, name) for name in SWITCHES}
    rule.is_on, rule.gets_escalations, rule.switched_on_by_id = False, False, None
    db.session.flush()
    return before


def put_back(loss: Loss, kept: dict[str, Any]) -> None:
    """As it was before."""
    rule = queries.rule_of(loss.circle.id, loss.account.id)
    if rule is not None:
        for name in SWITCHES:
            setattr(rule, name, kept[name])
        db.session.flush()


register_loss("reminders", lose, put_back)
