"""Reads of care circles, and the scoping query that everyone uses."""

from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import g

from companion.accounts.models import Account
from companion.circles.models import Circle, Contact, Membership, Weight
from companion.extensions import db
from companion.language import LANGUAGES

Row = TypeVar("Row")


def memberships_of(account: Account) -> list[Membership]:
    """The circles of an account, oldest first; read once a request."""
    known: dict[int, list[Membership]] = g.setdefault("memberships", {})
    if account.id not in known:
        query = sa.select(Membership).where(Membership.account_id == account.id).order_by(Membership.id)
        known[account.id] = list(db.session.scalars(query))
    return known[account.id]


def visible_row(viewer: Account, model: type[Any], public_id: str) -> tuple[Any, Membership] | None:
    """A row of one of the viewer's circles with the viewer's membership; None for a stranger's or a missing one."""
    circle_id = Circle.id if model is Circle else model.circle_id
    found = db.session.execute(
        sa.select(model, Membership)
        .join(Membership, Membership.circle_id == circle_id)
        .where(model.public_id == public_id, Membership.account_id == viewer.id)
    ).first()
    return (found[0], found[1]) if found else None


def contacts_of(circle: Circle) -> dict[str, Contact]:
    """The contacts of a circle by kind."""
    return {contact.kind: contact for contact in circle.contacts}


def latest_weight(circle: Circle) -> Weight | None:
    """The last weight that was entered."""
    query = sa.select(Weight).where(Weight.circle_id == circle.id).order_by(Weight.on.desc()).limit(1)
    return db.session.scalars(query).first()


def weight_on(circle: Circle, on: date) -> Weight | None:
    """The weight that was entered for a day."""
    return db.session.scalars(sa.select(Weight).where(Weight.circle_id == circle.id, Weight.on == on)).first()


def weight_as_of(circle: Circle, on: date) -> Weight | None:
    """The last weight up to a day, that day included: what a dose of that day is read against."""
    return _last_weight(circle, Weight.on <= on)


def weight_before(circle: Circle, on: date) -> Weight | None:
    """The last weight of an earlier day."""
    return _last_weight(circle, Weight.on < on)


def _last_weight(circle: Circle, condition: sa.ColumnElement[bool]) -> Weight | None:
    query = sa.select(Weight).where(Weight.circle_id == circle.id, condition).order_by(Weight.on.desc()).limit(1)
    return db.session.scalars(query).first()


def own_circle(account: Account) -> Circle | None:
    """The circle whose patient is this account."""
    return db.session.scalars(sa.select(Circle).where(Circle.patient_account_id == account.id)).first()


def country_now(circle: Circle) -> str | None:
    """The country where the patient is now: the one that was set, else the country of the home."""
    return circle.location_country or circle.country


def language_of_patient(circle: Circle) -> str | None:
    """The language that the patient reads: what the circle says, else that of the patient's account."""
    accounts = [m.account for m in circle.memberships if m.account_id == circle.patient_account_id]
    found = circle.language or next((account.language for account in accounts), None)
    return found if found in LANGUAGES else None
