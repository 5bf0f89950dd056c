"""Writes of care circles: opening one, its patient, contacts and weights."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import g

from companion.accounts.models import Account
from companion.circles import queries
from companion.circles.models import CONTACT_KINDS, Circle, Contact, Membership, Weight
from companion.domain.roles import KEEPER, PATIENT, rights_of
from companion.extensions import db

PATIENT_FACTS = frozenset({"patient_name", "birth_year", "country", "language", "tz"})


class AlreadyPatient(Exception):
    """An account is the patient of one circle at most."""


def open_circle(
    account: Account, *, for_self: bool, patient_name: str | None, country: str | None, tz: str, now: datetime
) -> Circle:
    """A new circle with the account as its patient, or as keeper of somebody who has no account.

    Raises AlreadyPatient where the account has a circle of its own.
    """
    if for_self and queries.own_circle(account) is not None:
        raise AlreadyPatient
    circle = Circle(
        patient_account_id=account.id if for_self else None,
        patient_name=patient_name,
        country=country,
        tz=tz,
        created_at=now,
    )
    db.session.add(circle)
    db.session.flush()
    add_member(circle, account, PATIENT if for_self else KEEPER, now=now)
    if for_self and account.country is None:
        account.country = country
    db.session.flush()
    return circle


def add_member(
    circle: Circle, account: Account, preset: str, *, see_notes: bool = False, now: datetime
) -> Membership:
    """Give an account the rights of a role in a circle. Raises UnknownRole."""
    membership = Membership(
        circle_id=circle.id,
        account_id=account.id,
        preset=preset,
        rights=rights_of(preset, see_notes),
        created_at=now,
    )
    db.session.add(membership)
    db.session.flush()
    g.pop("memberships", None)
    return membership


def change_patient(circle: Circle, **facts: Any) -> dict[str, Any]:
    """Set facts about the patient and return what they were. Raises KeyError for anything that is none."""
    unknown = set(facts) - PATIENT_FACTS
    if unknown:
        raise KeyError(*unknown)
    before = {name: getattr(circle, name) for name in facts}
    for name, value in facts.items():
        setattr(circle, name, value)
    db.session.flush()
    return before


def set_location(circle: Circle, country: str | None) -> str | None:
    """Note the country where the patient is now (None: at home); returns the one before."""
    before, circle.location_country = circle.location_country, country
    db.session.flush()
    return before


def record_weight(circle: Circle, *, on: date, weight_kg: Decimal, now: datetime) -> tuple[Weight, Decimal | None]:
    """The weight of a day in kilograms; a second one replaces the first, which is returned beside it."""
    weight = queries.weight_on(circle, on)
    before = weight.weight_kg if weight else None
    if weight is None:
        weight = Weight(circle_id=circle.id, on=on)
        db.session.add(weight)
    weight.weight_kg, weight.recorded_at = weight_kg, now
    db.session.flush()
    return weight, before


def restore_weight(weight: Weight, before_kg: Decimal | None, *, now: datetime) -> None:
    """Take an entry back: to the weight before it, or away."""
    if before_kg is None:
        db.session.delete(weight)
    else:
        weight.weight_kg, weight.recorded_at = before_kg, now
    db.session.flush()


def save_contact(
    circle: Circle, kind: str, *, name: str | None, phone: str | None, note: str | None
) -> dict[str, str | None]:
    """Whom to call, one of a kind; without a phone number the contact is removed. Returns what was there.

    Raises KeyError for a kind that does not exist.
    """
    if kind not in CONTACT_KINDS:
        raise KeyError(kind)
    contact = queries.contacts_of(circle).get(kind)
    before = {part: getattr(contact, part) if contact else None for part in ("name", "phone", "note")}
    if phone is None:
        _remove(contact)
    else:
        contact = contact or Contact(circle_id=circle.id, kind=kind)
        db.session.add(contact)
        contact.name, contact.phone, contact.note = name, phone, note
    db.session.flush()
    db.session.expire(circle, ["contacts"])
    return before


def _remove(contact: Contact | None) -> None:
    if contact is not None:
        db.session.delete(contact)
