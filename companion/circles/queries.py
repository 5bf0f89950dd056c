"""Reads of care circles, and the scoping query that everyone uses."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import g
from sqlalchemy.orm import aliased, joinedload

from companion.accounts.models import Account
from companion.accounts.queries import token_hash
from companion.circles.models import OPEN, REVOKED, Circle, Contact, Invitation, Membership, Weight
from companion.delivery.models import ACCEPTED, CANCELLED, OPEN_STATES, Delivery, MailAddress
from companion.extensions import db
from companion.language import LANGUAGES

Row = TypeVar("Row")
INVITATION = "invitation"
SHOWN_FOR = timedelta(days=30)
"""How long an invitation that was declined or is too old stays on the page of the circle."""


def memberships_of(account: Account) -> list[Membership]:
    """The circles of an account, oldest first; read once a request."""
    known: dict[int, list[Membership]] = g.setdefault("memberships", {})
    if account.id not in known:
        query = sa.select(Membership).where(Membership.account_id == account.id).order_by(Membership.id)
        query = query.options(joinedload(Membership.circle))
        known[account.id] = list(db.session.scalars(query))
    return known[account.id]


def circles_mark(account: Account) -> str:
    """Changes with the circles of an account and its rights there: a phone sees that its copy is out of date."""
    places = sorted((m.circle.public_id, sorted(m.rights)) for m in memberships_of(account))
    return hashlib.sha256(repr(places).encode()).hexdigest()[:16]


def visible_row(viewer: Account, model: type[Any], public_id: str) -> tuple[Any, Membership] | None:
    """A row of one of the viewer's circles with the viewer's membership; None for a stranger's or a missing one."""
    circle_id = Circle.id if model is Circle else model.circle_id
    mine = aliased(Membership)
    found = db.session.execute(
        sa.select(model, mine)
        .join(mine, mine.circle_id == circle_id)
        .where(model.public_id == public_id, mine.account_id == viewer.id)
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


def patient_of(circle: Circle) -> Account | None:
    """The account of the patient, where the patient has one."""
    return next((m.account for m in circle.memberships if m.account_id == circle.patient_account_id), None)


def language_of_patient(circle: Circle) -> str | None:
    """The language that the patient reads: what the circle says, else that of the patient's account."""
    accounts = [m.account for m in circle.memberships if m.account_id == circle.patient_account_id]
    found = circle.language or next((account.language for account in accounts), None)
    return found if found in LANGUAGES else None


def invitations_of(circle: Circle, now: datetime) -> list[Invitation]:
    """What was offered and is not settled: open, and for a month declined or too old. Newest first."""
    query = (
        sa.select(Invitation)
        .where(
            Invitation.circle_id == circle.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now - SHOWN_FOR,
        )
        .order_by(Invitation.id.desc())
    )
    return list(db.session.scalars(query))


def invitations_to(circle: Circle, email_hash: str) -> list[Invitation]:
    """What was offered to a mail address and neither accepted nor taken back."""
    query = sa.select(Invitation).where(
        Invitation.circle_id == circle.id,
        Invitation.email_hash == email_hash,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    return list(db.session.scalars(query.with_for_update()))


def invitation_of_token(token: str, reader: Account) -> Invitation | None:
    """The invitation of an address, for whoever signed in by the mail address that it is bound to; else None."""
    query = sa.select(Invitation).where(
        Invitation.token_hash == token_hash(token), Invitation.email_hash.in_(_addresses_of(reader))
    )
    return db.session.scalars(query).first()


def open_invitations(reader: Account, now: datetime) -> list[Invitation]:
    """What is offered to a person now."""
    query = sa.select(Invitation).where(Invitation.email_hash.in_(_addresses_of(reader)), Invitation.expires_at > now)
    return [one for one in db.session.scalars(query.order_by(Invitation.id)) if is_open(one, now)]


def is_open(invitation: Invitation, now: datetime) -> bool:
    """Whether an invitation can be accepted: it is open, and who sent it still may invite."""
    inviter = sa.select(Membership).where(
        Membership.circle_id == invitation.circle_id, Membership.account_id == invitation.invited_by_id
    )
    member = db.session.scalars(inviter).first()
    return invitation.state_at(now) == OPEN and member is not None and "keep_circle" in member.rights


def state_for_reader(invitation: Invitation, now: datetime) -> str:
    """How an invitation stands for whom it was sent to."""
    state = invitation.state_at(now)
    return REVOKED if state == OPEN and not is_open(invitation, now) else state


def _addresses_of(reader: Account) -> list[str]:
    return [address.email_hash for address in reader.addresses if address.confirmed_at is not None]


def member_with(circle: Circle, email_hash: str) -> Membership | None:
    """The member whose mail address this is."""
    query = sa.select(MailAddress.account_id).where(MailAddress.email_hash == email_hash)
    account_id = db.session.scalar(query)
    return next((m for m in circle.memberships if m.account_id == account_id), None)


def mail_state(invitation: Invitation) -> str:
    """How the last mail of an invitation stands: waiting, sent, taken back, failed."""
    query = sa.select(Delivery.state).where(Delivery.subject_kind == INVITATION, Delivery.subject_id == invitation.id)
    state = db.session.scalar(query.order_by(Delivery.id.desc()).limit(1))
    if state in OPEN_STATES:
        return "waiting"
    return {ACCEPTED: "sent", CANCELLED: "taken back"}.get(state or "", "failed")
